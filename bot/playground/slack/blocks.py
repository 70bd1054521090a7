"""Checks the blocks of a message, modal or home tab as Slack does before it takes them.

Source: "Blocks" in Slack's Block Kit reference; sizes in `limits`.
"""

import copy
import secrets
from typing import Final, Literal

from bot.playground.slack import elements, work_blocks
from bot.playground.slack.inputs import AS_ACCESSORY, IN_ACTIONS, IN_INPUT, input_block
from bot.playground.slack.inspection import Inspection, Json, Problem
from bot.playground.slack.limits import SIZES
from bot.playground.slack.rich_text import rich_text
from bot.playground.slack.tables import table

Surface = Literal["message", "modal", "home"]
"""Where blocks are shown: each place takes other types."""

NOT_MODELLED: Final = (
    *("auth_provider", "call", "carousel", "container", "data_table", "data_visualization"),
    *("file", "video"),
)
"""Block types that Slack has and this workspace refuses, saying so."""

_COUNTED_KEYS: Final = ("text", "alt_text")


def problems(
    blocks: Json, pointer: str = "/blocks", *, surface: Surface = "message"
) -> list[Problem]:
    """Why Slack would refuse these blocks with `invalid_blocks`; empty when it would take them."""
    seen = Inspection()
    most = SIZES["message.blocks"] if surface == "message" else SIZES["view.blocks"]
    listed = seen.array(blocks, pointer, most=most, least=0)
    for index, block in enumerate(listed):
        where = f"{pointer}/{index}"
        if isinstance(block, dict) and block.get("type") in NOT_MODELLED:
            seen.refuse(where, f"unsupported type: {block['type']} (not modelled here)")
            continue
        seen.by_type(block, where, _BLOCKS[surface])
    _check_block_ids(seen, listed, pointer)
    _check_once_per_message(seen, listed, pointer)
    return seen.problems


def characters(value: Json) -> int:
    """How many characters of text these blocks show, as Slack's total counts them."""
    if isinstance(value, list):
        return sum(characters(item) for item in value)
    if isinstance(value, dict):
        own = sum(len(value[key]) for key in _COUNTED_KEYS if isinstance(value.get(key), str))
        return own + sum(characters(item) for item in value.values())
    return 0


def with_ids(blocks: list[Json]) -> list[dict[str, Json]]:
    """A copy in which each block has a `block_id` and each control an `action_id`, as in Slack."""
    named = copy.deepcopy(blocks)
    for block in named:
        block.setdefault("block_id", _short_id())
        for element in controls(block):
            element.setdefault("action_id", _short_id())
    return named


def find_control(blocks: list[Json], block_id: str, action_id: str) -> dict[str, Json] | None:
    """The button, menu or box that a click names."""
    for block in blocks:
        if block.get("block_id") == block_id:
            for element in controls(block):
                if element.get("action_id") == action_id:
                    return element
    return None


def find_fields(blocks: list[Json]) -> list[tuple[dict[str, Json], dict[str, Json]]]:
    """Every block with an element that holds a value, and the element."""
    return [
        (block, element)
        for block in blocks
        for element in controls(block)
        if element.get("type") in IN_INPUT
    ]


def controls(block: dict[str, Json]) -> list[dict[str, Json]]:
    """The elements of a block that a person can use."""
    found = [block["accessory"]] if block.get("accessory") else []
    match block.get("type"):
        case "actions" | "context_actions":
            found += block["elements"]
        case "input":
            found.append(block["element"])
        case "card":
            found += block.get("actions") or []
    return [element for element in found if element.get("type") != "image"]


def _short_id() -> str:
    return secrets.token_urlsafe(4)[:5]


def _section(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    seen.object(
        value,
        pointer,
        allowed=("block_id", "text", "fields", "accessory", "expand"),
        required=("type",),
    )
    if value.get("text") is None and value.get("fields") is None:
        seen.refuse(pointer, "must define either text or fields")
    if value.get("text") is not None:
        elements.text_object(seen, value["text"], f"{pointer}/text", most=SIZES["section.text"])
    if value.get("fields") is not None:
        where = f"{pointer}/fields"
        fields = seen.array(value["fields"], where, most=SIZES["section.fields"])
        for index, field in enumerate(fields):
            elements.text_object(seen, field, f"{where}/{index}", most=SIZES["section.field"])
    if value.get("accessory") is not None:
        seen.by_type(value["accessory"], f"{pointer}/accessory", AS_ACCESSORY)


def _header(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    seen.object(value, pointer, allowed=("block_id",), required=("type", "text"))
    if value.get("text") is not None:
        most = SIZES["header.text"]
        elements.text_object(seen, value["text"], f"{pointer}/text", most=most, plain_only=True)


def _divider(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    seen.object(value, pointer, allowed=("block_id",), required=("type",))


def _context(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    seen.object(value, pointer, allowed=("block_id",), required=("type", "elements"))
    if value.get("elements") is None:
        return
    where = f"{pointer}/elements"
    for index, element in enumerate(
        seen.array(value["elements"], where, most=SIZES["context.elements"])
    ):
        if isinstance(element, dict) and element.get("type") == "image":
            elements.image(seen, element, f"{where}/{index}")
        else:
            elements.text_object(seen, element, f"{where}/{index}", most=SIZES["text"])


def _actions(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    seen.object(value, pointer, allowed=("block_id",), required=("type", "elements"))
    if value.get("elements") is None:
        return
    where = f"{pointer}/elements"
    listed = seen.array(value["elements"], where, most=SIZES["actions.elements"])
    for index, element in enumerate(listed):
        seen.by_type(element, f"{where}/{index}", IN_ACTIONS)
    elements.unique_action_ids(seen, listed, where)


def _image(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    elements.image(seen, value, pointer, also=("block_id", "title"))
    if value.get("title") is not None:
        most = SIZES["image.title"]
        elements.text_object(seen, value["title"], f"{pointer}/title", most=most, plain_only=True)


def _markdown(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    seen.object(value, pointer, allowed=("block_id",), required=("type", "text"))
    if value.get("text") is not None:
        seen.string(value["text"], f"{pointer}/text", most=SIZES["message.markdown_characters"])


_EVERYWHERE = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "context": _context,
    "actions": _actions,
    "image": _image,
    "input": input_block,
    "rich_text": rich_text,
}
_BLOCKS: Final = {
    "message": {
        **_EVERYWHERE,
        "markdown": _markdown,
        "table": table,
        "context_actions": work_blocks.context_actions,
        "task_card": work_blocks.task_card,
        "plan": work_blocks.plan,
        "card": work_blocks.card,
    },
    "modal": {**_EVERYWHERE, "alert": work_blocks.alert},
    "home": _EVERYWHERE,
}


def _check_block_ids(seen: Inspection, blocks: list[Json], pointer: str) -> None:
    known: set[str] = set()
    for index, block in enumerate(blocks):
        if not isinstance(block, dict) or block.get("block_id") is None:
            continue
        where = f"{pointer}/{index}/block_id"
        block_id = seen.string(block["block_id"], where, most=SIZES["block_id"])
        if block_id in known:
            seen.refuse(where, f'`block_id` "{block_id}" already exists in this message')
        if block_id is not None:
            known.add(block_id)


def _check_once_per_message(seen: Inspection, blocks: list[Json], pointer: str) -> None:
    """One table a message; all markdown blocks together stay within one allowance."""
    tables = 0
    markdown = 0
    for index, block in enumerate(blocks):
        if not isinstance(block, dict):
            continue
        if block.get("type") == "table":
            tables += 1
            if tables > SIZES["message.tables"]:
                seen.refuse(f"{pointer}/{index}", "only_one_table_allowed")
        elif block.get("type") == "markdown" and isinstance(block.get("text"), str):
            before, markdown = markdown, markdown + len(block["text"])
            if before and markdown > SIZES["message.markdown_characters"]:
                limit = SIZES["message.markdown_characters"]
                seen.refuse(
                    f"{pointer}/{index}/text",
                    f"all markdown blocks together must be less than {limit + 1} characters",
                )
