"""How a change ends: its checks asked, its lock given back, its target left in peace."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import msgspec

from bot.engine.changes.journal import StoredJournal
from bot.engine.changes.lock import LockTaken
from bot.engine.changes.looking import Look
from bot.engine.changes.parts import Parts
from bot.model.audit import Event
from bot.model.change import Change, ChangeState, Check, StepState, Word
from bot.model.errors import ClientError, OncallError

logger = logging.getLogger(__name__)


async def end(
    parts: Parts, journal: StoredJournal, state: ChangeState, why: str, hint: str = ""
) -> None:
    """End a change that may have acted: give the lock back, leave the target in peace."""
    change = journal.change
    await leave(parts, change)
    ended = msgspec.structs.replace(
        change, state=state, outcome=why, hint=hint, ended_at=datetime.now(UTC)
    )
    detail = f"{state}: {why}"
    await journal.write(ended, parts.audit.event(Event.ENDED, ended, detail=detail), due=0)


async def expire(parts: Parts, journal: StoredJournal, why: str) -> None:
    """Nobody decided in time, or too long ago."""
    ended = msgspec.structs.replace(
        journal.change,
        state=ChangeState.EXPIRED,
        outcome=why,
        hint="Ask for it anew when it is still needed.",
        ended_at=datetime.now(UTC),
    )
    await journal.write(ended, parts.audit.event(Event.EXPIRED, ended, detail=why), due=0)


async def leave(parts: Parts, change: Change) -> None:
    """Begin the target's cooldown and release the lock."""
    plan = change.plan
    if plan is not None and change.steps:
        seconds = parts.remedy(change).cooldown
        if seconds > 0:
            await parts.brakes.stored.cool(plan.cluster, plan.target, change.id, seconds)
    await release(parts, change)


async def release(parts: Parts, change: Change) -> None:
    """Give the lock back; one that cannot be released lapses."""
    try:
        await parts.brakes.lock(parts.cluster(change)).release(change.id)
    except ClientError as error:
        logger.warning("the lock of %s lapses by itself: %s", change.request.cluster, error)


async def keep_lock(parts: Parts, change: Change) -> None:
    """Renew the lock of a change that waits; what cannot be renewed lapses by itself.

    Never taken anew: whoever lost the change to another bot would hold a lock that nobody releases.
    """
    try:
        title, name = change.plan.title if change.plan else "", change.request.requester.name
        await parts.brakes.lock(parts.cluster(change)).renew(change.id, title, holder_name=name)
    except (ClientError, LockTaken) as error:
        logger.warning("the lock of %s is not renewed: %s", change.request.cluster, error)


async def checks_of(parts: Parts, change: Change) -> tuple[Check, ...]:
    """What the remedy's checks say now; none when they could not be asked."""
    look = Look(change, parts.cluster(change))
    try:
        return await parts.remedy(change).verify(look)
    except OncallError as error:
        logger.info("the checks of %s could not be asked: %s", change.id, error)
        return ()


async def cancelled(parts: Parts, journal: StoredJournal) -> None:
    change = journal.change
    words = await journal.words()
    by = next((said.by for said in words if said.word in (Word.CANCEL, Word.STOP)), None)
    journal.change = msgspec.structs.replace(change, cancelled_by=by)
    done = [step.name for step in change.steps if step.state is StepState.DONE]
    what = f"Done before: {', '.join(done)}." if done else "Nothing was done."
    who = (by.name or by.id) if by else "somebody"
    await end(parts, journal, ChangeState.CANCELLED, f"Cancelled by {who}. {what}")
