"""Checks `rich_text` blocks: sections, lists, quotes and preformatted text.

Source: "Rich text block" in Slack's Block Kit reference.
"""

from typing import Final

from bot.playground.slack.elements import url
from bot.playground.slack.inspection import Inspection, Json
from bot.playground.slack.limits import SIZES

_MOST_ELEMENTS: Final = 1_000
"""Slack documents no number; this only bounds the work of the check."""

_LEAVES: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    # type: (required, allowed)
    "text": (("text",), ("style",)),
    "link": (("url",), ("text", "unsafe", "style")),
    "emoji": (("name",), ("unicode", "style")),
    "user": (("user_id",), ("style",)),
    "channel": (("channel_id",), ("style",)),
    "usergroup": (("usergroup_id",), ("style",)),
    "broadcast": (("range",), ("style",)),
    "date": (("timestamp", "format"), ("url", "fallback", "style")),
    "color": (("value",), ("style",)),
}
_STYLES: Final = ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight")


def rich_text(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    block = seen.object(value, pointer, allowed=("block_id",), required=("type", "elements"))
    if block is None or block.get("elements") is None:
        return
    where = f"{pointer}/elements"
    for index, element in enumerate(seen.array(block["elements"], where, most=_MOST_ELEMENTS)):
        seen.by_type(
            element,
            f"{where}/{index}",
            {
                "rich_text_section": _line,
                "rich_text_preformatted": _line,
                "rich_text_quote": _line,
                "rich_text_list": _list,
            },
        )


def _line(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    line = seen.object(
        value, pointer, allowed=("border", "language"), required=("type", "elements")
    )
    if line is None or line.get("elements") is None:
        return
    where = f"{pointer}/elements"
    for index, leaf in enumerate(seen.array(line["elements"], where, most=_MOST_ELEMENTS, least=0)):
        seen.by_type(leaf, f"{where}/{index}", dict.fromkeys(_LEAVES, _leaf))


def _list(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    items = seen.object(
        value,
        pointer,
        allowed=("indent", "offset", "border"),
        required=("type", "style", "elements"),
    )
    if items is None:
        return
    if items.get("style") is not None:
        seen.choice(items["style"], f"{pointer}/style", ("bullet", "ordered"))
    if items.get("elements") is not None:
        where = f"{pointer}/elements"
        for index, item in enumerate(seen.array(items["elements"], where, most=_MOST_ELEMENTS)):
            seen.by_type(item, f"{where}/{index}", {"rich_text_section": _line})


def _leaf(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    required, allowed = _LEAVES[value["type"]]
    seen.object(value, pointer, allowed=allowed, required=("type", *required))
    if value.get("text") is not None:
        seen.string(value["text"], f"{pointer}/text", most=SIZES["message.text"])
    if value.get("url") is not None:
        url(seen, value["url"], f"{pointer}/url")
    if value.get("style") is not None:
        style = seen.object(value["style"], f"{pointer}/style", allowed=_STYLES)
        for name, wanted in (style or {}).items():
            seen.boolean(wanted, f"{pointer}/style/{name}")
