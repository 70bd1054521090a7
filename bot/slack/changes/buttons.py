"""The buttons of changes: a closed table, and what a click on one of them says.

A button's value is an opaque id and nothing else: of the request for approval where it decides on a
plan, of the change otherwise. What is to be done is looked up under that id. Where a word is about
one step, the row's ``block_id`` tells the step apart, so that a late click is not taken for a word
on the next one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from bot.model.change import Change, ChangeState, Word, is_ask_id, is_change_id
from bot.model.plan import Risk
from bot.slack.blocks import Block
from bot.slack.changes import words
from bot.slack.mrkdwn import plain

PREFIX = "change."
ROW = "change"
"""``block_id`` of a row; with a dot and the mark of a step where it is about one."""

LABELS = {
    Word.APPROVE: words.APPROVE,
    Word.REJECT: words.REJECT,
    Word.SOLO: words.SOLO,
    Word.WITHDRAW: words.WITHDRAW,
    Word.CANCEL: words.CANCEL,
    Word.CONFIRM: words.CONFIRM,
    Word.HAPPENED: words.HAPPENED,
    Word.DID_NOT: words.DID_NOT,
    Word.STOP: words.STOP,
    Word.CHECK: words.CHECK,
    Word.REVIEWED: words.REVIEWED,
}
ON_A_PLAN = frozenset([Word.APPROVE, Word.REJECT, Word.SOLO])
ON_A_STEP = frozenset([Word.CONFIRM, Word.HAPPENED, Word.DID_NOT])
_QUESTIONS = {
    Word.WITHDRAW: words.ASK_WITHDRAW,
    Word.CANCEL: words.ASK_CANCEL,
    Word.CONFIRM: words.ASK_CONFIRM,
    Word.HAPPENED: words.ASK_HAPPENED,
    Word.DID_NOT: words.ASK_DID_NOT,
    Word.STOP: words.ASK_STOP,
}
_STYLES: dict[Word, Literal["primary", "danger"]] = {
    Word.APPROVE: "primary",
    Word.CONFIRM: "primary",
    Word.STOP: "danger",
}


class Press(msgspec.Struct, frozen=True, kw_only=True):
    """A click. ``target`` is an ask's id or a change's, ``step`` the mark of the step it is about,
    ``message`` the ``ts`` of what was clicked."""

    word: Word
    target: str
    step: str = ""
    message: str = ""


def action_of(word: Word) -> str:
    """The ``action_id`` of a word's button."""
    return f"{PREFIX}{word.value}"


def rows(change: Change, now: datetime, *, own: bool = True) -> tuple[Block, ...]:
    """The row of buttons that the state of ``change`` takes; none where it takes no word.

    ``own``: with those that are the requester's, for a message that the requester reads, too.
    """
    offered = [word for word in offers(change, now) if own or word is not Word.WITHDRAW]
    if not offered:
        return ()
    block_id = f"{ROW}.{mark(change)}" if ON_A_STEP & set(offered) else ROW
    elements = [_button(change, word) for word in offered]
    return ({"type": "actions", "block_id": block_id, "elements": elements},)


def offers(change: Change, now: datetime) -> list[Word]:
    """The words that ``change`` takes now, the likeliest first."""
    match change.state:
        case ChangeState.PLANNING:
            return [Word.WITHDRAW]
        case ChangeState.WAITING:
            alone = change.solo_from is not None and now >= change.solo_from
            return [Word.APPROVE, Word.REJECT, *([Word.SOLO] if alone else []), Word.WITHDRAW]
        case ChangeState.APPROVED | ChangeState.EXECUTING | ChangeState.VERIFYING:
            return [] if change.said(Word.CANCEL) else [Word.CANCEL]
        case ChangeState.CONFIRMING:
            return [Word.CONFIRM, Word.STOP]
        case ChangeState.UNKNOWN:
            return [Word.HAPPENED, Word.DID_NOT, Word.STOP]
        case ChangeState.UNVERIFIED:
            return [Word.CHECK]
        case ChangeState.DONE if change.review_due:
            return [Word.REVIEWED]
    return []


def mark(change: Change) -> str:
    """Tells the step that waits for a word from every other of the change."""
    step = change.doubt.name if change.doubt is not None else change.outcome
    about = f"{change.id} {step} {len(change.steps)}"
    return hashlib.sha256(about.encode()).hexdigest()[:12]


def row_for_deciding(change: Change) -> Block:
    """Approve and Reject alone, for places that show many changes."""
    elements = [_button(change, word) for word in (Word.APPROVE, Word.REJECT)]
    return {"type": "actions", "block_id": f"{ROW}.{change.ask}", "elements": elements}


def pressed(body: Mapping[str, Any]) -> Press | None:
    """What a ``block_actions`` payload says to a change; ``None`` for what is none of our buttons.

    Source: "block_actions payload", docs.slack.dev.
    """
    actions, container = body.get("actions"), body.get("container")
    if not isinstance(actions, list) or len(actions) != 1 or not isinstance(actions[0], dict):
        return None
    word, value = _word(actions[0].get("action_id")), actions[0].get("value")
    if word is None or not isinstance(value, str):
        return None
    if not (is_ask_id(value) if word in ON_A_PLAN else is_change_id(value)):
        return None
    block_id = actions[0].get("block_id")
    where = container if isinstance(container, Mapping) else {}
    return Press(
        word=word,
        target=value,
        step=block_id.removeprefix(f"{ROW}.") if isinstance(block_id, str) else "",
        message=str(where.get("message_ts") or where.get("view_id") or ""),
    )


def _word(action_id: object) -> Word | None:
    if not isinstance(action_id, str) or not action_id.startswith(PREFIX):
        return None
    name = action_id.removeprefix(PREFIX)
    return Word(name) if name in list(Word) else None


def _button(change: Change, word: Word) -> Block:
    made: Block = {
        "type": "button",
        "action_id": action_of(word),
        "text": _plain(LABELS[word], 75),
        "value": change.ask if word in ON_A_PLAN else change.id,
    }
    style = _STYLES.get(word)
    question = _question(change, word)
    return (
        made
        | ({"style": style} if style else {})
        | ({"confirm": _confirm(word, question)} if question else {})
    )


def _question(change: Change, word: Word) -> str:
    """What is asked before the click counts; empty where a form asks, or nothing."""
    plan, request = change.plan, change.request
    title = plan.title if plan else request.remedy
    if word is Word.APPROVE:
        if plan is None or plan.risk is Risk.BREAKGLASS:
            return ""
        parameters = " ".join(request.parameters.values())
        return words.ASK_APPROVE.format(
            title=plain(title, 100),
            cluster=plain(request.cluster, 60),
            remedy=plain(request.remedy, 40),
            parameters=plain(parameters, 70),
        )
    asked = _QUESTIONS.get(word, "")
    step = change.doubt.name if change.doubt is not None else change.outcome
    return asked.format(
        title=plain(title, 100), cluster=plain(request.cluster, 60), step=plain(step, 90)
    )


def _confirm(word: Word, question: str) -> dict[str, Any]:
    label = LABELS[word].rstrip("…")
    return {
        "title": _plain(f"{label}?", 100),
        "text": _plain(question, 300),
        "confirm": _plain(label, 30),
        "deny": _plain(words.NOT_NOW, 30),
    }


def _plain(text: str, most: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": plain(text, most), "emoji": False}
