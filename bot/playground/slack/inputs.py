"""Checks what people fill in: `input` blocks, text and number boxes, menus, pickers, choices.

Source: "Input block" and "Block elements" in Slack's Block Kit reference; sizes in `limits`.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final

from bot.playground.slack import elements
from bot.playground.slack.inspection import Inspection, Json
from bot.playground.slack.limits import SIZES

Check = Callable[[Inspection, dict[str, Json], str], None]

_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_COMMON: Final = ("action_id", "confirm", "focus_on_load", "placeholder")


def input_block(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    """A labelled element whose value goes with a submission."""
    block = seen.object(
        value,
        pointer,
        allowed=("block_id", "hint", "optional", "dispatch_action"),
        required=("type", "label", "element"),
    )
    if block is None:
        return
    for key in ("label", "hint"):
        if block.get(key) is not None:
            most = SIZES[f"input.{key}"]
            elements.text_object(seen, block[key], f"{pointer}/{key}", most=most, plain_only=True)
    for key in ("optional", "dispatch_action"):
        if block.get(key) is not None:
            seen.boolean(block[key], f"{pointer}/{key}")
    if block.get("element") is not None:
        seen.by_type(block["element"], f"{pointer}/element", IN_INPUT)


def _element(
    seen: Inspection,
    value: dict[str, Json],
    pointer: str,
    *,
    allowed: Iterable[str],
    required: Iterable[str] = (),
) -> dict[str, Json] | None:
    """What all of these share: action id, placeholder, confirm dialog, focus."""
    element = seen.object(
        value, pointer, allowed=(*_COMMON, *allowed), required=("type", *required)
    )
    if element is None:
        return None
    if element.get("placeholder") is not None:
        most = SIZES["placeholder"]
        where = f"{pointer}/placeholder"
        elements.text_object(seen, element["placeholder"], where, most=most, plain_only=True)
    if element.get("focus_on_load") is not None:
        seen.boolean(element["focus_on_load"], f"{pointer}/focus_on_load")
    elements.interactive(seen, element, pointer)
    return element


def text_input(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    """`plain_text_input`, and without lengths the boxes for e-mail addresses and links."""
    lengths = (
        ("min_length", "max_length", "multiline") if value.get("type") == "plain_text_input" else ()
    )
    element = _element(
        seen, value, pointer, allowed=("initial_value", "dispatch_action_config", *lengths)
    )
    if element is None:
        return
    most = SIZES["text_input.characters"]
    for key, least in (("min_length", 0), ("max_length", 1)):
        length = element.get(key)
        if length is not None and not (_is_whole(length) and least <= length <= most):
            seen.refuse(f"{pointer}/{key}", f"must be between {least} and {most}")
    if element.get("initial_value") is not None:
        seen.string(element["initial_value"], f"{pointer}/initial_value", most=most, least=0)
    if element.get("multiline") is not None:
        seen.boolean(element["multiline"], f"{pointer}/multiline")


def number_input(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    """Numbers travel as text."""
    keys = ("min_value", "max_value", "initial_value")
    element = _element(
        seen,
        value,
        pointer,
        allowed=("dispatch_action_config", *keys),
        required=("is_decimal_allowed",),
    )
    if element is None:
        return
    for key in keys:
        if element.get(key) is None:
            continue
        text = seen.string(element[key], f"{pointer}/{key}", most=100)
        if text is not None and not re.fullmatch(r"-?\d+(\.\d+)?", text):
            seen.refuse(f"{pointer}/{key}", "must be a valid number")


def static_menu(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    """`static_select` and `multi_static_select`: options, or groups of them."""
    several = value.get("type") == "multi_static_select"
    initial = "initial_options" if several else "initial_option"
    element = _element(
        seen,
        value,
        pointer,
        allowed=("options", "option_groups", initial, *(("max_selected_items",) * several)),
    )
    if element is None:
        return
    if (element.get("options") is None) == (element.get("option_groups") is None):
        seen.refuse(pointer, "must define either options or option_groups")
        return
    elements.options(seen, element, pointer, most=SIZES["select.options"])
    if element.get("option_groups") is not None:
        where = f"{pointer}/option_groups"
        groups = seen.array(element["option_groups"], where, most=SIZES["select.groups"])
        for index, group in enumerate(groups):
            _group(seen, group, f"{where}/{index}")
    _initial(seen, element, initial, pointer)


def _group(seen: Inspection, value: Json, pointer: str) -> None:
    group = seen.object(value, pointer, allowed=(), required=("label", "options"))
    if group is None:
        return
    if group.get("label") is not None:
        most = SIZES["option.text"]
        elements.text_object(seen, group["label"], f"{pointer}/label", most=most, plain_only=True)
    elements.options(seen, group, pointer, most=SIZES["select.options"])


def choices(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    """`radio_buttons` and `checkboxes`."""
    initial = "initial_option" if value.get("type") == "radio_buttons" else "initial_options"
    element = seen.object(
        value,
        pointer,
        allowed=("action_id", "confirm", "focus_on_load", initial),
        required=("type", "options"),
    )
    if element is None:
        return
    elements.options(seen, element, pointer, most=SIZES["choices.options"], plain_only=False)
    elements.interactive(seen, element, pointer)
    _initial(seen, element, initial, pointer)


def _initial(seen: Inspection, element: dict[str, Json], key: str, pointer: str) -> None:
    chosen = element.get(key)
    if chosen is None:
        return
    offered = all_options(element)
    for one in chosen if isinstance(chosen, list) else [chosen]:
        if one not in offered:
            seen.refuse(f"{pointer}/{key}", "must be one of the provided options")


def all_options(element: dict[str, Json]) -> list[Json]:
    """The options of a menu, those in groups too; empty where they are malformed."""
    groups = element.get("option_groups")
    lists = [element.get("options")]
    if isinstance(groups, list):
        lists += [group.get("options") for group in groups if isinstance(group, dict)]
    return [option for listed in lists if isinstance(listed, list) for option in listed]


def of_workspace(*extra: str) -> Check:
    """Menus that Slack fills: people, channels, conversations."""

    def check(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
        _element(seen, value, pointer, allowed=extra)

    return check


def datepicker(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    element = _element(seen, value, pointer, allowed=("initial_date",))
    if element is not None:
        _matches(seen, element, "initial_date", _DATE, "must be in the format YYYY-MM-DD", pointer)


def timepicker(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    element = _element(seen, value, pointer, allowed=("initial_time", "timezone"))
    if element is not None:
        _matches(seen, element, "initial_time", _TIME, "must be in the format HH:mm", pointer)


def datetimepicker(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    element = seen.object(
        value,
        pointer,
        allowed=("action_id", "confirm", "focus_on_load", "initial_date_time"),
        required=("type",),
    )
    if element is None:
        return
    elements.interactive(seen, element, pointer)
    at = element.get("initial_date_time")
    if at is not None and not (_is_whole(at) and len(str(at)) == 10):
        seen.refuse(f"{pointer}/initial_date_time", "must be a UNIX timestamp of 10 digits")


def _matches(
    seen: Inspection,
    element: dict[str, Json],
    key: str,
    shape: re.Pattern[str],
    complaint: str,
    pointer: str,
) -> None:
    value = element.get(key)
    if value is not None and not (isinstance(value, str) and shape.fullmatch(value)):
        seen.refuse(f"{pointer}/{key}", complaint)


def _is_whole(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_CHOSEN_ONCE: Final[dict[str, Check]] = {
    "static_select": static_menu,
    "users_select": of_workspace("initial_user"),
    "channels_select": of_workspace("initial_channel", "response_url_enabled"),
    "conversations_select": of_workspace(
        *("initial_conversation", "default_to_current_conversation"),
        *("response_url_enabled", "filter"),
    ),
    "datepicker": datepicker,
    "timepicker": timepicker,
    "radio_buttons": choices,
    "checkboxes": choices,
}
_CHOSEN_SEVERAL: Final[dict[str, Check]] = {
    "multi_static_select": static_menu,
    "multi_users_select": of_workspace("initial_users", "max_selected_items"),
    "multi_channels_select": of_workspace("initial_channels", "max_selected_items"),
    "multi_conversations_select": of_workspace(
        *("initial_conversations", "default_to_current_conversation"),
        *("max_selected_items", "filter"),
    ),
}
IN_INPUT: Final[dict[str, Check]] = {
    **_CHOSEN_ONCE,
    **_CHOSEN_SEVERAL,
    "datetimepicker": datetimepicker,
    "plain_text_input": text_input,
    "email_text_input": text_input,
    "url_text_input": text_input,
    "number_input": number_input,
}
"""What an `input` block may hold."""

IN_ACTIONS: Final[dict[str, Check]] = {
    **_CHOSEN_ONCE,
    "datetimepicker": datetimepicker,
    "button": elements.button,
    "overflow": elements.overflow,
}
"""What an `actions` block may hold."""

AS_ACCESSORY: Final[dict[str, Check]] = {
    **_CHOSEN_ONCE,
    **_CHOSEN_SEVERAL,
    "button": elements.button,
    "overflow": elements.overflow,
    "image": elements.image,
}
"""What may stand beside a section's text."""
