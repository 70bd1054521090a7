"""Whether the change did what it should: said only after all checks held twice, a time apart."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from bot.engine.changes.ending import checks_of, end, keep_lock, leave
from bot.engine.changes.executing import LOOK_IN
from bot.engine.changes.journal import StoredJournal
from bot.engine.changes.parts import Parts
from bot.model.audit import Event
from bot.model.change import Change, ChangeState, Word

LOOK_AGAIN = 15.0
"""Seconds after which checks that do not hold are asked again."""


async def verify(parts: Parts, journal: StoredJournal) -> None:
    """Go on with a change in ``verifying``."""
    change = journal.change
    now = datetime.now(UTC)
    if change.said(Word.CANCEL, Word.STOP):
        await end(parts, journal, ChangeState.UNVERIFIED, "Somebody ended the checks early.")
        return
    apart, since = parts.remedy(change).verify_apart, change.held_since
    if since is not None:
        passed = (now - since).total_seconds() * parts.time_scale.factor
        if passed < apart:
            await keep_lock(parts, change)
            await journal.sleep(min(apart - passed, LOOK_IN))
            return
    checks = await checks_of(parts, change)
    held = bool(checks) and all(check.held for check in checks)
    if held and since is not None:
        journal.change = msgspec.structs.replace(change, checks=checks)
        await _done(parts, journal)
        return
    seen = msgspec.structs.replace(change, checks=checks, held_since=now if held else None)
    over = change.checks_end is not None and now >= change.checks_end
    if held or not over:
        said = "held once" if held else _not_held(seen)
        event = parts.audit.event(Event.CHECKED, seen, detail=said)
        news = seen.checks != change.checks or held
        due = min(apart, LOOK_IN) if held else LOOK_AGAIN
        await journal.write(seen, *((event,) if news else ()), due=due)
        return
    journal.change = seen
    await end(
        parts,
        journal,
        ChangeState.UNVERIFIED,
        f"It was carried out, and its checks did not hold: {_not_held(seen)}",
        f"/cilium status, then press “Check again”; {change.plan.undo if change.plan else ''}",
    )


async def check_again(parts: Parts, journal: StoredJournal) -> bool:
    """After ``unverified``: somebody wants another look. ``False`` when nobody asked."""
    change = journal.change
    asked = change.said(Word.CHECK)
    if not asked or (change.ended_at and asked[-1].at <= change.ended_at):
        return False
    checks = await checks_of(parts, change)
    journal.change = msgspec.structs.replace(change, checks=checks)
    if checks and all(check.held for check in checks):
        await _done(parts, journal)
    else:
        why = f"Its checks still do not hold: {_not_held(journal.change)}"
        await end(parts, journal, ChangeState.UNVERIFIED, why)
    return True


async def _done(parts: Parts, journal: StoredJournal) -> None:
    change = journal.change
    await leave(parts, change)
    title = change.plan.title if change.plan else change.request.remedy
    alone = bool(change.said(Word.SOLO))
    ended = msgspec.structs.replace(
        change,
        state=ChangeState.DONE,
        outcome=f"{title}: done, and all checks held.",
        hint="",
        ended_at=datetime.now(UTC),
        review_due=alone,
    )
    event = parts.audit.event(Event.ENDED, ended, detail="done: all checks held twice")
    await journal.write(ended, event, due=0)


def _not_held(change: Change) -> str:
    missing = [check for check in change.checks if not check.held]
    told = [f"{check.name} ({check.said})" if check.said else check.name for check in missing]
    return "; ".join(told) or "they could not be asked"
