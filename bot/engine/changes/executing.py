"""Carrying a change out: its steps from the first that is not done, and what holds them up.

Resuming after a kill, after somebody's word and after the cluster came back is the same: the remedy
is applied again, and what is journaled as done is not done again.
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
    StepFailed,
    WordNeeded,
)
from bot.engine.changes.authority import why_not
from bot.engine.changes.beginning import AGAIN
from bot.engine.changes.ending import cancelled, end, keep_lock
from bot.engine.changes.journal import Moved, StoredJournal
from bot.engine.changes.parts import Parts
from bot.engine.journal import Superseded
from bot.model.audit import Event
from bot.model.change import Change, ChangeState, ChangeStep, Decision, StepState, Word
from bot.model.errors import ClientError, OncallError, StoreUnavailable, TimedOut, Unreachable
from bot.model.expiry import Expiry

logger = logging.getLogger(__name__)

GIVE_UP = 1_800.0
"""Seconds after its begin in which a change waits for a cluster that cannot be reached."""
LOOK_IN = 60.0
"""Seconds between two looks at a change that waits for a human: its lock is renewed."""


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
        await cancelled(parts, journal)
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
        await cancelled(parts, journal)
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
        # One whose begin was lost is begun anew: planned again, and held by the brakes.
        on = ChangeState.EXECUTING if kept or change.began_at else ChangeState.APPROVED
        resolved = msgspec.structs.replace(change, state=on, steps=kept)
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


async def _later(parts: Parts, journal: StoredJournal, error: ClientError) -> None:
    """The cluster cannot be reached between two steps: nothing is in doubt, and it goes on then."""
    began = journal.change.began_at or datetime.now(UTC)
    waited = (datetime.now(UTC) - began).total_seconds() * parts.time_scale.factor
    if waited > GIVE_UP:
        why = f"The cluster could not be reached for long: {error.message}"
        await end(parts, journal, ChangeState.FAILED, why, error.hint)
    else:
        await journal.sleep(AGAIN)
