"""The buttons of a run's messages: a closed table, and what a click on one of them says.

A button's value is the id of its run and nothing else, so that nothing can be smuggled in by it;
what is to be done is looked up under that id.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from bot.model.run import is_run_id
from bot.slack import messages
from bot.slack.asked import Asked
from bot.slack.blocks import Block, Message, button, context, section

ROW = "run"
"""``block_id`` of the row of buttons: one per message. Remedy offers get rows of their own."""


class Button(StrEnum):
    """Every button there is, by its ``action_id``."""

    CANCEL = "run.cancel"
    AGAIN = "run.again"
    SHARE = "run.share"


_LABELS = {
    Button.CANCEL: messages.CANCEL_BUTTON,
    Button.AGAIN: messages.AGAIN_BUTTON,
    Button.SHARE: messages.SHARE_BUTTON,
}


class Press(msgspec.Struct, frozen=True, kw_only=True):
    """A click. ``message`` is the ``ts`` of what was clicked, ``ephemeral`` when one person's."""

    button: Button
    run_id: str
    message: str
    ephemeral: bool


def row(run_id: str, *buttons: Button) -> Block:
    """``buttons`` side by side."""
    return {"type": "actions", "block_id": ROW, "elements": [_button(run_id, b) for b in buttons]}


def row_of(message: Message) -> tuple[Block, ...]:
    """The buttons that ``message`` has."""
    return tuple(block for block in message.blocks if block.get("block_id") == ROW)


def with_share(message: Message) -> Message:
    """``message`` with one more button beside those it has."""
    return msgspec.structs.replace(message, blocks=tuple(map(_with_share, message.blocks)))


def with_note(message: Message, note: str) -> Message:
    """``message`` with one more line of small print, above its buttons."""
    blocks = message.blocks or (section(message.text),)
    rows = row_of(message)
    rest = tuple(block for block in blocks if block not in rows)
    return msgspec.structs.replace(message, blocks=(*rest, context(note), *rows))


def _with_share(block: Block) -> Block:
    if block.get("block_id") != ROW:
        return block
    run_id = block["elements"][0]["value"]
    return {**block, "elements": [*block["elements"], _button(run_id, Button.SHARE)]}


def _button(run_id: str, wanted: Button) -> Block:
    return button(_LABELS[wanted], wanted.value, run_id)


def pressed(body: Mapping[str, Any]) -> Press | None:
    """What a ``block_actions`` payload asks for; ``None`` for what is none of our buttons.

    Source: "block_actions payload", docs.slack.dev.
    """
    actions, where = body.get("actions"), _object(body, "container")
    if not isinstance(actions, list) or len(actions) != 1 or not isinstance(actions[0], dict):
        return None
    action_id, value = actions[0].get("action_id"), actions[0].get("value")
    if action_id not in list(Button) or not isinstance(value, str) or not is_run_id(value):
        return None
    return Press(
        button=Button(action_id),
        run_id=value,
        message=_text(where, "message_ts"),
        ephemeral=where.get("is_ephemeral") is True,
    )


def asked_by_click(body: Mapping[str, Any]) -> Asked:
    """Who clicked, and where: a request that has no words yet.

    The first message of a thread carries its own ``ts`` as ``thread_ts``; it stands in the channel.
    """
    user, container = _object(body, "user"), _object(body, "container")
    thread = _text(container, "thread_ts") or _text(_object(body, "message"), "thread_ts")
    return Asked(
        channel=_text(container, "channel_id") or _text(_object(body, "channel"), "id"),
        user=_text(user, "id"),
        user_name=_text(user, "username") or _text(user, "name"),
        text="",
        response_url=_text(body, "response_url"),
        thread="" if thread == _text(container, "message_ts") else thread,
        trigger=_text(body, "trigger_id"),
    )


def _object(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    return value if isinstance(value, Mapping) else {}


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""
