"""The moment before a change acts: checked, planned again, held by the brakes, locked.

What is approved is a digest. So the plan is made again before anything is done; one that differs
is not carried out but asked for anew, showing what changed.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from bot.engine.changes.authority import is_late, why_not
from bot.engine.changes.brakes import lock_brake
from bot.engine.changes.ending import cancelled, checks_of, end, expire, release
from bot.engine.changes.journal import StoredJournal
from bot.engine.changes.lock import LockTaken
from bot.engine.changes.parts import Parts
from bot.engine.changes.planning import ask, forgotten_step, hold_back, make_plan, refuse
from bot.model.audit import Event
from bot.model.brakes import Brake
from bot.model.change import ChangeState, ChangeStep, StepState, Word
from bot.model.errors import OncallError, StoreUnavailable, TimedOut, Unreachable
from bot.model.plan import Plan, what_changed

AGAIN = 5.0
"""Seconds after which a cluster that could not be reached is tried again."""

_BUDGET = Brake(
    name="restart-budget",
    reason="Other changes have used up the restarts of this hour.",
    fix="/cilium changes",
)


async def begin(parts: Parts, journal: StoredJournal) -> None:
    """Go on with a change in ``approved``: nothing was done yet."""
    change = journal.change
    if change.steps:
        why = "It was begun once already, and a change is carried out once."
        await end(
            parts, journal, ChangeState.STOPPED, why, "Ask for it anew if it is still needed."
        )
        return
    cluster = parts.cluster(change)
    try:
        if step := await forgotten_step(parts, change):
            await _ask_what_became_of(parts, journal, step)
            return
        if await _is_over(parts, journal):
            return
        assert change.plan is not None  # noqa: S101  why_not
        plan = await make_plan(parts, change)
        if plan.digest != change.plan.digest:
            await void(parts, journal, plan)
            return
        brakes = await parts.brakes.on(plan, change.id, cluster)
        if brakes:
            await hold_back(parts, journal, brakes, change.plan)
            return
        await parts.brakes.lock(cluster).take(
            change.id, plan.title, holder_name=change.request.requester.name
        )
        if not await parts.brakes.spend(plan, change.id, cluster):
            await release(parts, change)
            await hold_back(parts, journal, [_BUDGET], change.plan)
            return
    except LockTaken as error:
        await hold_back(parts, journal, [lock_brake(error.held)], plan)
        return
    except (Unreachable, TimedOut):
        if not await _is_over(parts, journal):
            await journal.sleep(AGAIN)
        return
    except StoreUnavailable:
        raise
    except OncallError as error:
        await refuse(parts, journal, error.message, error.hint)
        return
    now = datetime.now(UTC)
    begun = msgspec.structs.replace(
        change,
        state=ChangeState.EXECUTING,
        began_at=now,
        checks_before=await checks_of(parts, change),
    )
    await journal.write(begun, parts.audit.event(Event.BEGAN, begun, detail=plan.title), due=0)


async def _is_over(parts: Parts, journal: StoredJournal) -> bool:
    """Whether it is cancelled, not approved by its seals, or too late; then it has ended."""
    change = journal.change
    if change.said(Word.CANCEL, Word.STOP):
        await cancelled(parts, journal)
    elif trouble := why_not(parts, change):
        await refuse(parts, journal, f"Not carried out: {trouble}", "Ask for it anew.")
    elif is_late(change, datetime.now(UTC), parts.time_scale):
        await expire(parts, journal, "The approval was given too long ago to begin now.")
    else:
        return False
    return True


async def _ask_what_became_of(parts: Parts, journal: StoredJournal, step: str) -> None:
    """The cluster's Lease knows a step of this change that the store has lost."""
    now = datetime.now(UTC)
    lost = ChangeStep(name=step, state=StepState.DOUBTFUL, started_at=now, ended_at=now)
    unknown = msgspec.structs.replace(journal.change, state=ChangeState.UNKNOWN, steps=(lost,))
    said = f"{step}: begun before, and lost by the store: a human must say"
    await journal.write(unknown, parts.audit.event(Event.STEP, unknown, detail=said), due=0)


async def void(parts: Parts, journal: StoredJournal, plan: Plan) -> None:
    """The plan made again is another one: what was approved is not done, and asked for anew."""
    change = journal.change
    assert change.plan is not None  # noqa: S101  the caller compared it
    differences = what_changed(change.plan, plan)
    event = parts.audit.event(Event.VOIDED, change, detail="; ".join(differences))
    await journal.write(change, event)
    await ask(parts, journal, plan, differences)
