"""What must be typed: a reason, or the name of the cluster. Pure.

Source: "Modals" and the ``input`` block, docs.slack.dev.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from bot.model.change import Change, Word, is_ask_id
from bot.slack import limits
from bot.slack.asked import Asked
from bot.slack.blocks import Block, Message, section
from bot.slack.changes import card, words
from bot.slack.changes.live import summary
from bot.slack.mrkdwn import bold, escape, plain

CALLBACK = "change"
FIELD = "typed"
BLOCK = "typed"
MOST_TYPED = 1_000
"""Characters of a reason; it stands in messages and in the audit."""

View = dict[str, Any]


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """What a form carries for itself: the word, what it is about, and where the click was."""

    word: Word
    target: str
    channel: str = ""
    thread: str = ""
    user_name: str = ""
    response_url: str = ""


def view(word: Word, target: str, asked: Asked, change: Change) -> View:
    """The form for one word on one request for approval."""
    memory = Memory(
        word=word,
        target=target,
        channel=asked.channel,
        thread=asked.thread,
        user_name=asked.user_name,
        response_url=asked.response_url,
    )
    return {
        "type": "modal",
        "callback_id": CALLBACK,
        "title": _plain(words.TITLES[word]),
        "submit": _plain(words.SUBMITS[word]),
        "close": _plain(words.CLOSE),
        "private_metadata": msgspec.json.encode(memory).decode(),
        "blocks": [*_explained(word, change), _field(word, change)],
    }


def notice(message: Message) -> View:
    """The same form when nothing came of it: why, and nothing to submit."""
    blocks = [*message.blocks] or [section(message.text)]
    return {
        "type": "modal",
        "title": _plain(words.NOTICE_TITLE),
        "close": _plain(words.CLOSE),
        "blocks": blocks,
    }


def memory_of(shown: Mapping[str, Any]) -> Memory | None:
    """What a form of ours remembers; ``None`` for anything else."""
    try:
        memory = msgspec.json.decode(str(shown.get("private_metadata", "")), type=Memory)
    except msgspec.MsgspecError:
        return None
    forms = (Word.APPROVE, Word.REJECT, Word.SOLO)
    return memory if memory.word in forms and is_ask_id(memory.target) else None


def typed_in(shown: Mapping[str, Any]) -> str:
    """What stands in the field."""
    values = (shown.get("state") or {}).get("values") or {}
    field = values.get(BLOCK, {}).get(FIELD, {})
    return str(field.get("value") or "").strip()


def _explained(word: Word, change: Change) -> list[Block]:
    lines = [bold(summary(change), 250), card.asked(change)]
    if word is Word.APPROVE:
        lines.append(words.BREAKGLASS_MEANS)
    if word is Word.SOLO:
        lines.append(words.SOLO_MEANS)
    if change.plan is not None and word is not Word.REJECT:
        lines.append(words.UNDO.format(what=escape(change.plan.undo, 300)))
    return [section("\n".join(lines))]


def _field(word: Word, change: Change) -> Block:
    cluster = change.request.cluster
    typing_cluster = word is Word.APPROVE
    label = words.TYPE_CLUSTER if typing_cluster else words.REASON
    hint = words.TYPE_CLUSTER_HINT.format(cluster=cluster) if typing_cluster else words.REASON_HINT
    element: dict[str, Any] = {
        "type": "plain_text_input",
        "action_id": FIELD,
        "max_length": limits.TYPED if typing_cluster else MOST_TYPED,
    }
    if not typing_cluster:
        element["multiline"] = True
    return {
        "type": "input",
        "block_id": BLOCK,
        "label": _plain(label),
        "hint": _plain(hint),
        "element": element,
    }


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": plain(text, 150), "emoji": False}
