"""Checks the blocks that show work and its results: tasks, plans, cards, alerts, feedback.

Source: "Task card", "Plan", "Card", "Alert" and "Context actions" in Slack's Block Kit reference,
and the constants and checks of slack-sdk 3.47 (`slack_sdk/models/blocks`). Slack documents no size
for titles of tasks and plans nor for a plan's number of tasks; the general sizes stand in.
"""

from typing import Final

from bot.playground.slack import elements
from bot.playground.slack.inspection import Inspection, Json
from bot.playground.slack.limits import SIZES
from bot.playground.slack.rich_text import rich_text

_TASK_STATES: Final = ("pending", "in_progress", "complete", "error")
_ALERT_LEVELS: Final = ("default", "info", "warning", "error", "success")
_MOST_SOURCES: Final = 10


def task_card(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    task = seen.object(
        value,
        pointer,
        allowed=("block_id", "details", "output", "sources", "status"),
        required=("type", "task_id", "title"),
    )
    if task is None:
        return
    for key, most in (("task_id", SIZES["block_id"]), ("title", SIZES["text"])):
        if task.get(key) is not None:
            seen.string(task[key], f"{pointer}/{key}", most=most)
    if task.get("status") is not None:
        seen.choice(task["status"], f"{pointer}/status", _TASK_STATES)
    for key in ("details", "output"):
        if task.get(key) is not None:
            seen.by_type(task[key], f"{pointer}/{key}", {"rich_text": rich_text})
    if task.get("sources") is not None:
        where = f"{pointer}/sources"
        for index, source in enumerate(seen.array(task["sources"], where, most=_MOST_SOURCES)):
            seen.by_type(source, f"{where}/{index}", {"url": _source})


def _source(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    source = seen.object(value, pointer, allowed=(), required=("type", "url", "text"))
    if source is None:
        return
    if source.get("url") is not None:
        elements.url(seen, source["url"], f"{pointer}/url")
    if source.get("text") is not None:
        seen.string(source["text"], f"{pointer}/text", most=SIZES["text"])


def plan(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    shown = seen.object(value, pointer, allowed=("block_id", "tasks"), required=("type", "title"))
    if shown is None:
        return
    if shown.get("title") is not None:
        seen.string(shown["title"], f"{pointer}/title", most=SIZES["text"])
    if shown.get("tasks") is not None:
        where = f"{pointer}/tasks"
        tasks = seen.array(shown["tasks"], where, most=SIZES["message.blocks"], least=0)
        for index, task in enumerate(tasks):
            seen.by_type(task, f"{where}/{index}", {"task_card": task_card})


def card(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    shown = seen.object(
        value,
        pointer,
        allowed=("block_id", "hero_image", "icon", "title", "subtitle", "body", "actions"),
        required=("type",),
    )
    if shown is None:
        return
    if not any(shown.get(key) for key in ("hero_image", "title", "body", "actions")):
        seen.refuse(pointer, "must define one of hero_image, title, body and actions")
    for key in ("title", "subtitle", "body"):
        if shown.get(key) is not None:
            elements.text_object(seen, shown[key], f"{pointer}/{key}", most=SIZES[f"card.{key}"])
    for key in ("hero_image", "icon"):
        if shown.get(key) is not None:
            seen.by_type(shown[key], f"{pointer}/{key}", {"image": elements.image})
    if shown.get("actions") is not None:
        where = f"{pointer}/actions"
        buttons = seen.array(shown["actions"], where, most=SIZES["actions.elements"])
        for index, button in enumerate(buttons):
            seen.by_type(button, f"{where}/{index}", {"button": elements.button})


def alert(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    shown = seen.object(value, pointer, allowed=("block_id", "level"), required=("type", "text"))
    if shown is None:
        return
    if shown.get("text") is not None:
        elements.text_object(seen, shown["text"], f"{pointer}/text", most=SIZES["text"])
    if shown.get("level") is not None:
        seen.choice(shown["level"], f"{pointer}/level", _ALERT_LEVELS)


def context_actions(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    block = seen.object(value, pointer, allowed=("block_id",), required=("type", "elements"))
    if block is None or block.get("elements") is None:
        return
    where = f"{pointer}/elements"
    listed = seen.array(block["elements"], where, most=SIZES["context_actions.elements"])
    checks = {"feedback_buttons": _feedback, "icon_button": _icon_button}
    for index, element in enumerate(listed):
        seen.by_type(element, f"{where}/{index}", checks)
    elements.unique_action_ids(seen, listed, where)


def _feedback(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    element = seen.object(
        value,
        pointer,
        allowed=("action_id",),
        required=("type", "positive_button", "negative_button"),
    )
    if element is None:
        return
    elements.interactive(seen, element, pointer)
    for key in ("positive_button", "negative_button"):
        if element.get(key) is None:
            continue
        where = f"{pointer}/{key}"
        button = seen.object(
            element[key], where, allowed=("accessibility_label",), required=("text", "value")
        )
        if button is None:
            continue
        if button.get("text") is not None:
            most = SIZES["feedback.text"]
            elements.text_object(seen, button["text"], f"{where}/text", most=most, plain_only=True)
        if button.get("value") is not None:
            seen.string(button["value"], f"{where}/value", most=SIZES["feedback.value"])


def _icon_button(seen: Inspection, value: dict[str, Json], pointer: str) -> None:
    element = seen.object(
        value,
        pointer,
        allowed=("action_id", "value", "confirm", "accessibility_label", "visible_to_user_ids"),
        required=("type", "icon", "text"),
    )
    if element is None:
        return
    elements.interactive(seen, element, pointer)
    if element.get("icon") is not None:
        seen.choice(element["icon"], f"{pointer}/icon", ("trash",))
    if element.get("text") is not None:
        most = SIZES["button.text"]
        elements.text_object(seen, element["text"], f"{pointer}/text", most=most, plain_only=True)
    if element.get("value") is not None:
        seen.string(element["value"], f"{pointer}/value", most=SIZES["button.value"])
