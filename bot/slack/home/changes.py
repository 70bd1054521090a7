"""The sections of changes: what waits for the person, what holds back, the last ones. Pure."""

from __future__ import annotations

from bot.slack.blocks import Block, header
from bot.slack.changes import lists
from bot.slack.home import words
from bot.slack.home.seen import Seen

MOST_WAITING = 3


def approvals(seen: Seen) -> list[Block]:
    """What waits for a decision, those the person may decide on with their buttons."""
    blocks = lists.waiting(seen.changes.waiting, MOST_WAITING)
    return [header(words.APPROVALS), *blocks] if blocks else []


def holding(seen: Seen) -> list[Block]:
    """Freezes, locks and expiries."""
    changes = seen.changes
    held = lists.holding(changes.freezes, changes.locks, changes.gaps)
    promised = lists.promised(changes.expiries)
    return [header(words.HOLDING), *held, *promised] if held or promised else []


def changes(seen: Seen) -> list[Block]:
    """The last changes, and those under way."""
    blocks = lists.done(seen.changes.recent, words.MOST_CHANGES)
    return [header(words.CHANGES), *blocks] if blocks else []
