"""From an approved change to its last step: planned again, held by the brakes, carried out.

What is approved is a digest. So the plan is made again before anything is done; one that differs
is not carried out but asked for anew, showing what changed.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import msgspec

from bot.engine.changes.acting import (
    Act,
    CancelAsked,
    InDoubt,
    Look,
    StepFailed,
    WordNeeded,
)
from bot.engine.changes.authority import is_late, why_not
from bot.engine.changes.brakes import lock_brake
from bot.engine.changes.journal import Moved, StoredJournal
from bot.engine.changes.lock import LockTaken
from bot.engine.changes.parts import Parts
from bot.engine.changes.planning import ask, hold_back, make_plan, refuse
from bot.engine.journal import Superseded
from bot.model.audit import Event
from bot.model.brakes import Brake
from bot.model.change import Change, ChangeState, ChangeStep, Check, Decision, StepState, Word
from bot.model.errors import ClientError, OncallError, StoreUnavailable, TimedOut, Unreachable
from bot.model.expiry import Expiry
from bot.model.plan import Plan, what_changed

logger = logging.getLogger(__name__)

AGAIN = 5.0
"""Seconds after which a cluster that could not be reached is tried again."""
GIVE_UP = 1_800.0
"""Seconds after its begin in which a change waits for a cluster that cannot be reached."""
LOOK_IN = 60.0
"""Seconds between two looks at a change that waits for a human: its lock is renewed."""


async def begin(parts: Parts, journal: StoredJournal) -> None:
    """Go on with a change in ``approved``: nothing was done yet."""
    change = journal.change
    if change.said(Word.CANCEL, Word.STOP):
        await _cancelled(parts, journal)
        return
    if trouble := why_not(parts, change):
        await refuse(parts, journal, f"Not carried out: {trouble}", "Ask for it anew.")
        return
    if is_late(change, datetime.now(UTC), parts.time_scale):
        await expire(parts, journal, "The approval was given too long ago to begin now.")
        return
    assert change.plan is not None  # noqa: S101  why_not
    cluster = parts.cluster(change)
    try:
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
        await hold_back(parts, journal, [lock_brake(error.held)], change.plan)
        return
    except (Unreachable, TimedOut):
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


_BUDGET = Brake(
    name="restart-budget",
    reason="Other changes have used up the restarts of this hour.",
    fix="/cilium changes",
)


async def void(parts: Parts, journal: StoredJournal, plan: Plan) -> None:
    """The plan made again is another one: what was approved is not done, and asked for anew."""
    change = journal.change
    assert change.plan is not None  # noqa: S101  the caller compared it
    differences = what_changed(change.plan, plan)
    event = parts.audit.event(Event.VOIDED, change, detail="; ".join(differences))
    await journal.write(change, event)
    await ask(parts, journal, plan, differences)


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


async def execute(parts: Parts, journal: StoredJournal, told: Told) -> None:
    """Go on with a change in ``executing``: its steps, from the first that is not done."""
    change = journal.change
    if trouble := why_not(parts, change):
        await end(parts, journal, ChangeState.STOPPED, f"Not gone on with: {trouble}")
        return
    act = act_of(parts, journal, told)
    try:
        await parts.remedy(change).apply(act)
    except CancelAsked:
        await _cancelled(parts, journal)
    except WordNeeded as needed:
        waiting = msgspec.structs.replace(
            journal.change, state=ChangeState.CONFIRMING, outcome=needed.step
        )
        await journal.write(waiting, due=0)
    except InDoubt as doubt:
        unknown = msgspec.structs.replace(journal.change, state=ChangeState.UNKNOWN)
        said = parts.audit.event(Event.STEP, unknown, detail=f"{doubt}: a human must say")
        await journal.write(unknown, said, due=0)
    except (Superseded, Moved, StoreUnavailable):
        raise
    except StepFailed as error:
        await end(parts, journal, ChangeState.FAILED, error.message, error.hint)
    except (Unreachable, TimedOut) as error:
        await _later(parts, journal, error)
    except OncallError as error:
        await end(parts, journal, ChangeState.FAILED, error.message, error.hint)
    except Exception:  # the border between remedies and people: no traceback passes it
        logger.exception("change %s broke", change.id)
        broke = f"The remedy broke; the bot's log has the reason under {change.id}."
        await end(parts, journal, ChangeState.FAILED, broke)
    else:
        verifying = msgspec.structs.replace(
            journal.change,
            state=ChangeState.VERIFYING,
            checks_end=datetime.now(UTC)
            + timedelta(seconds=parts.time_scale.seconds(parts.remedy(change).verify_within)),
        )
        await journal.write(verifying, due=0)


Told = tuple[Callable[[Change, str], None], Callable[[Change], Awaitable[None]]]
"""How far a step is, and that a step began or ended."""


def act_of(parts: Parts, journal: StoredJournal, told: Told, *, prefix: str = "") -> Act:
    """What carries the steps of a change out, or with ``prefix`` those of its revert."""

    async def keep(expiry: Expiry) -> None:
        await parts.expiries.put(expiry, due=expiry.at)

    cluster = parts.cluster(journal.change)
    return Act(
        journal,
        cluster,
        parts.brakes.lock(cluster),
        parts.audit,
        keep,
        *told,
        time_scale=parts.time_scale,
        prefix=prefix,
    )


async def confirm(parts: Parts, journal: StoredJournal) -> None:
    """Go on with a change in ``confirming``, once somebody said so."""
    change = journal.change
    step = change.outcome
    if change.said(Word.CANCEL, Word.STOP):
        await _cancelled(parts, journal)
    elif any(said.about == step for said in change.said(Word.CONFIRM)):
        gone_on = msgspec.structs.replace(change, state=ChangeState.EXECUTING, outcome="")
        await journal.write(gone_on, due=0)
    else:
        await keep_lock(parts, change)
        await journal.sleep(LOOK_IN)


async def resolve(parts: Parts, journal: StoredJournal) -> None:
    """Go on with a change in ``unknown``, once a human said what became of the step in doubt."""
    change = journal.change
    doubt = change.doubt
    words = (Word.HAPPENED, Word.DID_NOT, Word.STOP, Word.CANCEL)
    said = next((one for one in reversed(change.said(*words)) if _settles(one, doubt)), None)
    if doubt is None:
        await journal.write(msgspec.structs.replace(change, state=ChangeState.EXECUTING), due=0)
    elif said is None or not parts.seal.holds_for_word(change.id, said):
        await keep_lock(parts, change)
        await journal.sleep(LOOK_IN)
    elif said.word in (Word.STOP, Word.CANCEL):
        who = said.by.name or said.by.id
        why = f"{who} stopped it; whether “{doubt.name}” happened is not known."
        await end(parts, journal, ChangeState.STOPPED, why)
    else:
        steps = tuple(_settled(one, said.word) for one in change.steps)
        kept = tuple(one for one in steps if one is not None)
        resolved = msgspec.structs.replace(change, state=ChangeState.EXECUTING, steps=kept)
        await journal.write(resolved, due=0)


def _settles(said: Decision, doubt: ChangeStep | None) -> bool:
    if doubt is None or said.about not in ("", doubt.name):
        return False
    return doubt.ended_at is None or said.at >= doubt.ended_at


def _settled(step: ChangeStep, word: Word) -> ChangeStep | None:
    """A step in doubt after somebody's word: done, or as if it had never begun."""
    if step.state is not StepState.DOUBTFUL:
        return step
    if word is Word.DID_NOT:
        return None
    return msgspec.structs.replace(step, state=StepState.DONE)


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


async def checks_of(parts: Parts, change: Change) -> tuple[Check, ...]:
    """What the remedy's checks say now; none when they could not be asked."""
    look = Look(change, parts.cluster(change))
    try:
        return await parts.remedy(change).verify(look)
    except OncallError as error:
        logger.info("the checks of %s could not be asked: %s", change.id, error)
        return ()


async def _cancelled(parts: Parts, journal: StoredJournal) -> None:
    change = journal.change
    words = await journal.words()
    by = next((said.by for said in words if said.word in (Word.CANCEL, Word.STOP)), None)
    journal.change = msgspec.structs.replace(change, cancelled_by=by)
    done = [step.name for step in change.steps if step.state is StepState.DONE]
    what = f"Done before: {', '.join(done)}." if done else "Nothing was done."
    who = (by.name or by.id) if by else "somebody"
    await end(parts, journal, ChangeState.CANCELLED, f"Cancelled by {who}. {what}")


async def _later(parts: Parts, journal: StoredJournal, error: ClientError) -> None:
    """The cluster cannot be reached between two steps: nothing is in doubt, and it goes on then."""
    began = journal.change.began_at or datetime.now(UTC)
    waited = (datetime.now(UTC) - began).total_seconds() * parts.time_scale.factor
    if waited > GIVE_UP:
        why = f"The cluster could not be reached for long: {error.message}"
        await end(parts, journal, ChangeState.FAILED, why, error.hint)
    else:
        await journal.sleep(AGAIN)


async def keep_lock(parts: Parts, change: Change) -> None:
    """Renew the lock of a change that waits; what cannot be renewed lapses by itself."""
    try:
        title, name = change.plan.title if change.plan else "", change.request.requester.name
        await parts.brakes.lock(parts.cluster(change)).take(change.id, title, holder_name=name)
    except (ClientError, LockTaken) as error:
        logger.warning("the lock of %s is not renewed: %s", change.request.cluster, error)
