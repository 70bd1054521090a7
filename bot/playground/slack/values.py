"""What people filled in: from the page's plain values to Slack's `state`, and what Slack refuses.

A plain value is text, or a list of texts for boxes and menus that take several: an option's
`value`, an id, a date, a time, seconds since the epoch. Source of the shapes: "View interaction
payloads" and the elements' own pages in Slack's Block Kit reference. The words for people are
Slack's as far as remembered.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from bot.playground.slack.blocks import find_fields
from bot.playground.slack.inputs import all_options
from bot.playground.slack.inspection import Json

Typed = Mapping[str, Mapping[str, Any]]
"""Plain values by block id and action id."""

_PLAIN: Final = {
    # element type: (key in the state, key of the initial value)
    "plain_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
}
_SEVERAL: Final = ("multi_static_select", "checkboxes")


def state(blocks: list[Json], typed: Typed) -> dict[str, Any]:
    """`{"values": {block_id: {action_id: ...}}}` of every field, filled in or not."""
    values: dict[str, dict[str, Any]] = {}
    for block, element in find_fields(blocks):
        given = typed.get(block["block_id"], {})
        known = element["action_id"] in given
        shaped = chosen(element, given.get(element["action_id"])) if known else _initial(element)
        values.setdefault(block["block_id"], {})[element["action_id"]] = {
            "type": element["type"],
            **shaped,
        }
    return {"values": values}


def chosen(element: dict[str, Json], given: Any) -> dict[str, Any]:
    """One field's part of the state; KeyError for an option that is not offered."""
    kind = element["type"]
    if kind in _PLAIN:
        key, _ = _PLAIN[kind]
        if kind.startswith("multi_"):
            return {key: list(given or [])}
        if kind == "datetimepicker" and given:
            return {key: int(given)}
        return {key: given or None}
    options = {option["value"]: option for option in all_options(element)}
    if kind in _SEVERAL:
        return {"selected_options": [options[value] for value in given or []]}
    return {"selected_option": options[given] if given else None}


def _initial(element: dict[str, Json]) -> dict[str, Any]:
    kind = element["type"]
    if kind in _PLAIN:
        key, initial = _PLAIN[kind]
        return {key: element.get(initial, [] if kind.startswith("multi_") else None)}
    if kind in _SEVERAL:
        return {"selected_options": element.get("initial_options") or []}
    return {"selected_option": element.get("initial_option")}


def complaints(blocks: list[Json], state: dict[str, Any]) -> dict[str, str]:
    """What Slack's client refuses to submit, in its words, by block id."""
    found = {}
    for block, element in find_fields(blocks):
        if block["type"] != "input":
            continue
        shaped = state["values"][block["block_id"]][element["action_id"]]
        value = next(shaped[key] for key in shaped if key != "type")
        if value in (None, "", []):
            if not block.get("optional"):
                found[block["block_id"]] = "Please complete this required field."
        elif words := _complaint(element, value):
            found[block["block_id"]] = words
    return found


def _complaint(element: dict[str, Json], value: Any) -> str | None:
    match element["type"]:
        case "plain_text_input":
            if len(value) < element.get("min_length", 0):
                return f"Must be at least {element['min_length']} characters."
            if len(value) > element.get("max_length", 3_000):
                return f"Must be at most {element.get('max_length', 3_000)} characters."
        case "number_input":
            return _number_complaint(element, value)
        case "email_text_input" if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
            return "Please enter a valid email address."
        case "url_text_input" if not re.fullmatch(r"https?://\S+", value):
            return "Please enter a valid URL."
    most = element.get("max_selected_items")
    if most is not None and len(value) > most:
        return f"Choose at most {most}."
    return None


def _number_complaint(element: dict[str, Json], value: str) -> str | None:
    shape = r"-?\d+(\.\d+)?" if element["is_decimal_allowed"] else r"-?\d+"
    if not re.fullmatch(shape, value):
        return "Please enter a number."
    if element.get("min_value") and float(value) < float(element["min_value"]):
        return f"Must be {element['min_value']} or more."
    if element.get("max_value") and float(value) > float(element["max_value"]):
        return f"Must be {element['max_value']} or less."
    return None
