"""Block Kit, built so that a message cannot outgrow Slack's limits."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec

from bot.slack import limits
from bot.slack.mrkdwn import CUT, plain

Block = dict[str, Any]

NO_CELL = "-"
"""What an empty cell says."""
WRAPPED_FROM = 24
"""Characters: names stay whole on a phone, sentences are folded."""


_RESERVED = 9


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """What Slack is to show. ``text`` is the notification; with blocks it is read nowhere else.

    ``replaces``: it takes the place of the message that its ``response_url`` is about.
    """

    text: str
    blocks: tuple[Block, ...] = ()
    replaces: bool = False


def mrkdwn(text: str) -> Block:
    """A text object. ``verbatim``: nothing in it becomes a link or a mention by itself."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def header(text: str) -> Block:
    """A large line, plain text, cut at Slack's limit."""
    shown = plain(text, limits.HEADER)
    return {"type": "header", "text": {"type": "plain_text", "text": shown, "emoji": False}}


def section(text: str) -> Block:
    """A paragraph of mrkdwn; the caller keeps it within ``limits.SECTION``."""
    return {"type": "section", "text": mrkdwn(text)}


def context(text: str) -> Block:
    """Small print."""
    return {"type": "context", "elements": [mrkdwn(text)]}


def button(label: str, action_id: str, value: str = "") -> Block:
    """A button; ``value`` comes back with the click."""
    shown = {"type": "plain_text", "text": plain(label, limits.OPTION), "emoji": False}
    made: Block = {"type": "button", "action_id": action_id, "text": shown}
    return made | ({"value": value} if value else {})


def table(rows: Sequence[Sequence[str]], *, right: Collection[int] = ()) -> Block:
    """Cells of plain text, the names of the columns first; columns in ``right`` are aligned so.

    The caller keeps it within ``limits.TABLE_*``. Slack takes no empty cell and no row that is
    shorter than the others.
    """
    cells = [[plain(cell, limits.CELL) or NO_CELL for cell in row] for row in rows]
    return {
        "type": "table",
        "rows": [[{"type": "raw_text", "text": cell} for cell in row] for row in cells],
        "column_settings": [
            {
                "align": "right" if index in right else "left",
                "is_wrapped": max(map(len, column)) > WRAPPED_FROM,
            }
            for index, column in enumerate(zip(*cells, strict=True))
        ],
    }


def lines_within(lines: Iterable[str], most: int) -> str:
    """As many whole lines as fit into ``most`` characters; "…" says that some did not."""
    kept: list[str] = []
    room = most - len(CUT) - 1
    for line in lines:
        if len(line) + 1 > room:
            return "\n".join([*kept, CUT])
        room -= len(line) + 1
        kept.append(line)
    return "\n".join(kept)


def characters(block: Block) -> int:
    """How many characters of text a block counts towards its message's total."""
    if block["type"] == "actions":
        return sum(map(_of_a_button, block["elements"]))
    if block["type"] == "table":
        return sum(len(cell["text"]) for row in block["rows"] for cell in row)
    texts = block.get("elements") or [block["text"]]
    return sum(len(text["text"]) for text in texts)


def _of_a_button(element: Block) -> int:
    question = element.get("confirm", {})
    asked = (question[part]["text"] for part in ("title", "text", "confirm", "deny") if question)
    return len(element["text"]["text"]) + sum(map(len, asked))


class Page:
    """Blocks of one message, as long as they fit: 50 blocks, 12,000 characters.

    ``reserve`` characters and some blocks are kept free for small print and buttons at the end,
    and for what is said around an answer that turns private.
    """

    def __init__(self, reserve: int = 0) -> None:
        self.blocks: list[Block] = []
        self._room = limits.MESSAGE_CHARACTERS - reserve
        self._most = limits.BLOCKS - (_RESERVED if reserve else 0)

    def add(self, *blocks: Block) -> bool:
        """Add all of ``blocks``, or none when they do not fit."""
        size = sum(map(characters, blocks))
        if size > self._room or len(self.blocks) + len(blocks) > self._most:
            return False
        self._room -= size
        self.blocks.extend(blocks)
        return True

    def end(self, *blocks: Block) -> tuple[Block, ...]:
        """The finished blocks, with the small print the reserve was kept for."""
        return (*self.blocks, *blocks)
