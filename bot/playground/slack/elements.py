"""Checks the parts of blocks: text objects, buttons, menus, images, confirm dialogs.

Source: "Block elements" and "Composition objects" in Slack's Block Kit reference; sizes in
`limits`. What people fill in is in `inputs`. Elements that Slack knows and this workspace does not
are refused as unsupported, so that a first use of one is noticed here and modelled then.
"""

import re
from typing import Final

from bot.playground.slack.inspection import Inspection, Json
from bot.playground.slack.limits import SIZES

_URL: Final = re.compile(r"(https?|slack|mailto|tel):\S+", re.IGNORECASE)


def text_object(
    seen: Inspection, value: Json, pointer: str, *, most: int, plain_only: bool = False
) -> None:
    """`{"type": "plain_text" | "mrkdwn", "text": ...}` of at most `most` characters."""
    text = seen.object(value, pointer, allowed=("emoji", "verbatim"), required=("type", "text"))
    if text is None:
        return
    kinds = ("plain_text",) if plain_only else ("plain_text", "mrkdwn")
    if "type" in text:
        seen.choice(text["type"], f"{pointer}/type", kinds)
    if text.get("text") is not None:
        seen.string(text["text"], f"{pointer}/text", most=most)
    if text.get("emoji") is not None:
        seen.boolean(text["emoji"], f"{pointer}/emoji")
        if text.get("type") == "mrkdwn":
            seen.refuse(pointer, "invalid additional property: emoji")
    if text.get("verbatim") is not None:
        seen.boolean(text["verbatim"], f"{pointer}/verbatim")


def url(seen: Inspection, value: Json, pointer: str) -> None:
    """A link a person may follow; Slack refuses schemes that run code."""
    link = seen.string(value, pointer, most=SIZES["url"])
    if link and not _URL.fullmatch(link):
        seen.refuse(pointer, "must be a valid url")


def confirm(seen: Inspection, value: Json, pointer: str) -> None:
    """The question asked before a click counts."""
    dialog = seen.object(
        value, pointer, allowed=("style",), required=("title", "text", "confirm", "deny")
    )
    if dialog is None:
        return
    for key, most in (
        ("title", SIZES["confirm.title"]),
        ("confirm", SIZES["confirm.button"]),
        ("deny", SIZES["confirm.button"]),
    ):
        if dialog.get(key) is not None:
            text_object(seen, dialog[key], f"{pointer}/{key}", most=most, plain_only=True)
    if dialog.get("text") is not None:
        text_object(seen, dialog["text"], f"{pointer}/text", most=SIZES["confirm.text"])
    if dialog.get("style") is not None:
        seen.choice(dialog["style"], f"{pointer}/style", ("primary", "danger"))


def button(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    element = seen.object(
        value,
        pointer,
        allowed=("action_id", "url", "value", "style", "confirm", "accessibility_label"),
        required=("type", "text"),
    )
    if element is None:
        return
    if element.get("text") is not None:
        most = SIZES["button.text"]
        text_object(seen, element["text"], f"{pointer}/text", most=most, plain_only=True)
    if element.get("url") is not None:
        url(seen, element["url"], f"{pointer}/url")
    for key in ("value", "accessibility_label"):
        if element.get(key) is not None:
            seen.string(element[key], f"{pointer}/{key}", most=SIZES[f"button.{key}"])
    if element.get("style") is not None:
        seen.choice(element["style"], f"{pointer}/style", ("primary", "danger"))
    interactive(seen, element, pointer)


def overflow(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    element = seen.object(
        value, pointer, allowed=("action_id", "confirm"), required=("type", "options")
    )
    if element is not None:
        options(seen, element, pointer, most=SIZES["overflow.options"])
        interactive(seen, element, pointer)


def image(
    seen: Inspection, value: dict[str, Json], pointer: str, *, also: tuple[str, ...] = ()
) -> None:
    """An image element, or with `also` allowed keys the common part of an image block."""
    element = seen.object(
        value,
        pointer,
        allowed=("image_url", "slack_file", *also),
        required=("type", "alt_text"),
    )
    if element is None:
        return
    if element.get("alt_text") is not None:
        seen.string(element["alt_text"], f"{pointer}/alt_text", most=SIZES["alt_text"])
    match element.get("image_url"), element.get("slack_file"):
        case None, None:
            seen.refuse(pointer, "must define either image_url or slack_file")
        case link, None:
            url(seen, link, f"{pointer}/image_url")
        case None, file:
            _slack_file(seen, file, f"{pointer}/slack_file")
        case _:
            seen.refuse(pointer, "must define only one of image_url and slack_file")


def unique_action_ids(seen: Inspection, elements: list[Json], pointer: str) -> None:
    """Slack refuses an `action_id` that comes twice within one block."""
    known: set[str] = set()
    for index, element in enumerate(elements):
        action_id = element.get("action_id") if isinstance(element, dict) else None
        if not isinstance(action_id, str):
            continue
        if action_id in known:
            where = f"{pointer}/{index}/action_id"
            seen.refuse(where, f'`action_id` "{action_id}" already exists in this block')
        known.add(action_id)


def interactive(seen: Inspection, element: dict[str, Json], pointer: str) -> None:
    """What all controls share: an action id and perhaps a question before they act."""
    if element.get("action_id") is not None:
        seen.string(element["action_id"], f"{pointer}/action_id", most=SIZES["action_id"])
    if element.get("confirm") is not None:
        confirm(seen, element["confirm"], f"{pointer}/confirm")


def options(
    seen: Inspection,
    element: dict[str, Json],
    pointer: str,
    *,
    most: int,
    plain_only: bool = True,
) -> None:
    """The choices of a menu; those of radio buttons and check boxes may be `mrkdwn`."""
    if element.get("options") is None:
        return
    for index, value in enumerate(seen.array(element["options"], f"{pointer}/options", most=most)):
        where = f"{pointer}/options/{index}"
        option = seen.object(
            value, where, allowed=("description", "url"), required=("text", "value")
        )
        if option is None:
            continue
        for key in ("text", "description"):
            if option.get(key) is not None:
                size = SIZES[f"option.{key}"]
                text_object(seen, option[key], f"{where}/{key}", most=size, plain_only=plain_only)
        if option.get("value") is not None:
            seen.string(option["value"], f"{where}/value", most=SIZES["option.value"])


def _slack_file(seen: Inspection, value: Json, pointer: str) -> None:
    file = seen.object(value, pointer, allowed=("id", "url"))
    if file is not None and len(file) != 1:
        seen.refuse(pointer, "must define either id or url")
