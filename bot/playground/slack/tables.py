"""Checks `table` blocks.

Source: "Table block" in Slack's Block Kit reference, and answers of the service reported by
others: `column_settings` entries must be objects (null is refused), a `raw_text` cell needs at
least one character, and `raw_number` cells, though documented, could not be posted
(slack-go/slack pull request 1560), so they are refused here.
"""

from bot.playground.slack.inspection import Inspection, Json
from bot.playground.slack.limits import SIZES
from bot.playground.slack.rich_text import rich_text


def table(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    block = seen.object(
        value, pointer, allowed=("block_id", "column_settings"), required=("type", "rows")
    )
    if block is None:
        return
    if block.get("rows") is not None:
        where = f"{pointer}/rows"
        for index, row in enumerate(seen.array(block["rows"], where, most=SIZES["table.rows"])):
            _row(seen, row, f"{where}/{index}")
    if block.get("column_settings") is not None:
        _columns(seen, block["column_settings"], f"{pointer}/column_settings")


def _row(seen: Inspection, value: Json, pointer: str) -> None:
    for index, cell in enumerate(seen.array(value, pointer, most=SIZES["table.columns"])):
        seen.by_type(cell, f"{pointer}/{index}", {"raw_text": _raw_text, "rich_text": rich_text})


def _raw_text(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    seen.object(value, pointer, allowed=(), required=("type", "text"))
    if value.get("text") is not None:
        seen.string(value["text"], f"{pointer}/text", most=SIZES["text"])


def _columns(seen: Inspection, value: Json, pointer: str) -> None:
    for index, column in enumerate(
        seen.array(value, pointer, most=SIZES["table.columns"], least=0)
    ):
        where = f"{pointer}/{index}"
        settings = seen.object(column, where, allowed=("align", "is_wrapped"))
        if settings is None:
            continue
        if "align" in settings:
            seen.choice(settings["align"], f"{where}/align", ("left", "center", "right"))
        if "is_wrapped" in settings:
            seen.boolean(settings["is_wrapped"], f"{where}/is_wrapped")
