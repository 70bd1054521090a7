"""Taking time-boxed states back when their expiry is due, by the approval that set them up."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import msgspec

from bot.engine.changes.acting import InDoubt
from bot.engine.changes.authority import why_not
from bot.engine.changes.executing import Told, act_of
from bot.engine.changes.journal import Moved, StoredJournal
from bot.engine.changes.lock import LockTaken
from bot.engine.changes.parts import Parts
from bot.engine.journal import Superseded
from bot.model.audit import Event
from bot.model.errors import ClientError, OncallError, StoreUnavailable
from bot.model.expiry import Expiry, ExpiryState

logger = logging.getLogger(__name__)

AGAIN = 60.0
"""Seconds after which a revert that failed is tried again; doubled each time."""
LONGEST = 3_600.0
ASKS_AFTER = 3
"""Attempts after which a human is asked; it is tried again all the same."""


async def revert(parts: Parts, journal: StoredJournal, expiry: Expiry, told: Told) -> None:
    """Keep the promise ``expiry`` of a change that has ended, or say why that failed."""
    change = journal.change
    lock = parts.brakes.lock(parts.cluster(change))
    try:
        if trouble := why_not(parts, change):
            raise OncallError(trouble, hint="Take it back by hand.")
        await lock.take(change.id, expiry.then, holder_name=change.request.requester.name)
        prefix = f"{expiry.id} {expiry.attempts}: "
        undone = await parts.remedy(change).revert(act_of(parts, journal, told, prefix=prefix))
    except (Superseded, Moved, StoreUnavailable):
        raise
    except LockTaken as error:
        await _later(parts, expiry, f"the lock is held by {error.held.holder}", counts=False)
    except InDoubt as doubt:
        await _later(parts, expiry, f"whether “{doubt}” happened cannot be seen")
    except OncallError as error:
        await _later(parts, expiry, str(error))
    except Exception:  # the border between remedies and people: no traceback passes it
        logger.exception("expiry %s of %s broke", expiry.id, change.id)
        await _later(parts, expiry, f"the bot's log has the reason under {expiry.id}")
    else:
        state = ExpiryState.REVERTED if undone else ExpiryState.GONE
        ended = msgspec.structs.replace(expiry, state=state, trouble="", ended_at=datetime.now(UTC))
        await _keep(parts, ended, None)
    finally:
        try:
            await lock.release(change.id)
        except ClientError as error:
            logger.warning("the lock of %s lapses by itself: %s", expiry.cluster, error)


async def _later(parts: Parts, expiry: Expiry, trouble: str, *, counts: bool = True) -> None:
    attempts = expiry.attempts + (1 if counts else 0)
    pause = parts.time_scale.seconds(min(LONGEST, AGAIN * 2 ** max(0, attempts - 1)))
    state = ExpiryState.ASKS if attempts >= ASKS_AFTER else ExpiryState.OPEN
    tried = msgspec.structs.replace(expiry, attempts=attempts, trouble=trouble, state=state)
    await _keep(parts, tried, datetime.now(UTC) + timedelta(seconds=pause))


async def _keep(parts: Parts, expiry: Expiry, due: datetime | None) -> None:
    await parts.expiries.put(expiry, due=due)
    detail = f"{expiry.what}: {expiry.state}{f' ({expiry.trouble})' if expiry.trouble else ''}"
    event = parts.audit.event(Event.EXPIRY, cluster=expiry.cluster, detail=detail)
    await parts.audit.put(event)
    change = await parts.changes.get(expiry.change)
    if change is not None:
        await parts.teller.tell_expiry(expiry, change)
