"""What waits, what holds changes back and what was done, as short lists. Pure.

For private answers and the home tab alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from bot.model.brakes import Freeze, LockState
from bot.model.change import Change, ChangeState
from bot.model.expiry import Expiry, ExpiryState
from bot.model.report import Gap
from bot.slack.blocks import Block, context, lines_within, section
from bot.slack.changes import words
from bot.slack.changes.buttons import row_for_deciding
from bot.slack.changes.live import summary
from bot.slack.changes.people import who
from bot.slack.dates import ago, at
from bot.slack.limits import SECTION
from bot.slack.mrkdwn import bold, code, escape, sentence

MOST_LINES = 15


class ChangeSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A change as one person sees it: whether they may decide on it, and where its message is."""

    change: Change
    may_decide: bool = False
    link: str = ""


def waiting(seen: Sequence[ChangeSeen], most: int) -> list[Block]:
    """What waits for a decision, with its buttons where the person may decide."""
    blocks: list[Block] = []
    for one in seen[:most]:
        blocks.append(section(_waiting(one)))
        if one.may_decide:
            blocks.append(row_for_deciding(one.change))
    if len(seen) > most:
        blocks.append(context(words.MORE.format(count=len(seen) - most)))
    return blocks


def done(seen: Sequence[ChangeSeen], most: int = MOST_LINES) -> list[Block]:
    """The last changes: verdict, what, where, who, when."""
    lines = [_done(one) for one in seen[:most]]
    return [section(lines_within(lines, SECTION))] if lines else []


def holding(
    freezes: Sequence[Freeze], locks: Sequence[LockState], gaps: Sequence[Gap] = ()
) -> list[Block]:
    """What holds changes back; what could not be asked is said."""
    lines = [*map(_freeze, freezes), *map(_lock, locks)][:MOST_LINES]
    lines += [
        words.NOT_ASKED_CLUSTER.format(what=escape(gap.subject, 120), why=sentence(gap.reason))
        for gap in gaps[:MOST_LINES]
    ]
    return [section(lines_within(lines, SECTION))] if lines else []


def promised(expiries: Sequence[Expiry], most: int = MOST_LINES) -> list[Block]:
    """Time-boxed states that will be taken back, the next first."""
    lines = [_expiry(one) for one in expiries[:most]]
    if len(expiries) > most:
        lines.append(words.MORE.format(count=len(expiries) - most))
    return [section(lines_within(lines, SECTION))] if lines else []


def _waiting(seen: ChangeSeen) -> str:
    change = seen.change
    first = bold(summary(change), 250)
    parts = [words.ASKED_BY.format(who=who(change.request.requester))]
    if change.decide_by is not None:
        parts.append(words.DECIDE_BY.format(at=at(change.decide_by)))
    if change.needed:
        given = len(change.approvals)
        parts.append(words.APPROVALS.format(given=given, needed=change.needed))
    reason = f"\n“{escape(change.request.reason, 200)}”" if change.request.reason else ""
    return f"{first}\n{' · '.join([*parts, *_link(seen)])}{reason}"


def _done(seen: ChangeSeen) -> str:
    change = seen.change
    when = ago(change.ended_at or change.began_at or change.asked_at)
    parts = [escape(summary(change), 250), who(change.request.requester), when]
    if change.state is ChangeState.DONE and change.review_due:
        parts.append(words.STILL_TO_REVIEW)
    return " · ".join([*parts, code(change.id, 40), *_link(seen)])


def _link(seen: ChangeSeen) -> list[str]:
    return [f"<{seen.link}|{words.MESSAGE}>"] if seen.link else []


def _freeze(freeze: Freeze) -> str:
    return words.FROZEN.format(
        who=who(freeze.by),
        cluster=bold(freeze.cluster, 90),
        until=until(freeze.until),
        reason=escape(freeze.reason, 300),
    )


def _lock(lock: LockState) -> str:
    holder = f"@{lock.holder_name}" if lock.holder_name else lock.holder
    said = words.LOCKED if lock.by_hand else words.BEING_CHANGED
    return said.format(
        who=escape(holder, 80),
        cluster=bold(lock.cluster, 90),
        until=until(lock.until),
        reason=escape(lock.reason, 300),
    )


def until(moment: datetime | None) -> str:
    """`` until today at 03:15``, or nothing."""
    return words.UNTIL.format(at=at(moment)) if moment is not None else ""


def _expiry(expiry: Expiry) -> str:
    asks = f" ❗ {sentence(expiry.trouble, 200)}" if expiry.state is ExpiryState.ASKS else ""
    said = words.EXPIRY[ExpiryState.OPEN].format(
        what=escape(expiry.what, 200),
        cluster=escape(expiry.cluster, 80),
        at=at(expiry.at),
        then=escape(expiry.then, 200),
    )
    return f"{said} ({code(expiry.change, 40)}){asks}"
