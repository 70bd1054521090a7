"""Carries changes: whichever bot is there goes on with what is due, one at a time per change.

A change is told first and gone on with afterwards, each time it is taken, so that what a dead bot
did not tell is told by the next one. Who took it before can write no more.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from contextlib import suppress
from datetime import UTC, datetime

import msgspec

from bot.engine.changes.beginning import begin
from bot.engine.changes.daily import DailyHead
from bot.engine.changes.ending import expire
from bot.engine.changes.executing import confirm, execute, resolve
from bot.engine.changes.journal import Moved, StoredJournal
from bot.engine.changes.parts import Parts
from bot.engine.changes.planning import plan_change
from bot.engine.changes.reverting import revert
from bot.engine.changes.verifying import check_again, verify
from bot.engine.journal import Superseded
from bot.engine.run import run_in_context
from bot.model.change import Change, ChangeState, Word
from bot.model.errors import RecordTooNew, StoreDenies, StoreUnavailable
from bot.store.ending import end

logger = logging.getLogger(__name__)

MOST_TURNS = 200
"""Of one change without a pause; more is a fault that must not spin."""


class ChangeCarrier:
    """Goes on with changes that are delivered to this process."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._carried: dict[str, asyncio.Task[None]] = {}
        self._closing = False
        self._daily = DailyHead(parts)
        self._generation, self._notices = "", True
        self._anew: set[str] = set()
        """Changes whose state is told anew: the store may have lost its last second, and what was
        told since then with it."""

    async def due(self) -> list[str]:
        """Changes that somebody should go on with now, expiries that are due included.

        Raises :class:`StoreUnavailable`.
        """
        await self._notice_restart()
        changes = [*await self._parts.changes.due(), *self._anew]
        late = await self._parts.expiries.open(until=datetime.now(UTC))
        await self._parts.audit.link()
        await self._daily.look()
        ids = dict.fromkeys([*(expiry.change for expiry in late), *changes])
        return [one for one in ids if one not in self._carried]

    async def _notice_restart(self) -> None:
        """A store may deny this question to the bot; then it is not asked again."""
        if not self._notices:
            return
        try:
            generation = await self._parts.changes.generation()
        except StoreDenies as error:
            self._notices = False
            logger.warning("restarts of the store are not noticed: %s", error)
            return
        if generation != self._generation:
            self._anew |= set(await self._parts.changes.open_ids())
            self._generation = generation

    async def carry(self, change_id: str) -> None:
        """Go on with a change until it waits or has ended. Raises nothing."""
        if change_id in self._carried or self._closing:
            return
        task = asyncio.create_task(self._carry(change_id), name=f"change {change_id}")
        self._carried[change_id] = task
        try:
            await asyncio.wait([task])
        finally:
            if not task.done():
                task.cancel()
            del self._carried[change_id]

    async def let_go(self) -> list[str]:
        """Stop at once and say nothing: another bot goes on with these."""
        self._closing = True
        left = dict(self._carried)
        await end(left.values())
        return list(left)

    async def _carry(self, change_id: str) -> None:
        run_in_context.set(change_id)
        try:
            for _ in range(MOST_TURNS):
                with suppress(Moved):
                    if self._closing or not await self._turn(change_id):
                        return
            logger.error("change %s does not come to rest", change_id)
        except Superseded:
            logger.info("change %s is carried by another process now", change_id)
        except StoreUnavailable as error:
            logger.warning("change %s waits for the store: %s", change_id, error)
        except RecordTooNew as error:
            logger.warning("change %s is left to another process: %s", change_id, error)
        except Exception:  # the border: a fault of ours must not end the worker
            logger.exception("change %s could not be carried", change_id)

    async def _turn(self, change_id: str) -> bool:
        """Tell it and go on with it once; whether there may be more to do at once."""
        carrier = secrets.token_hex(8)
        taken = await self._parts.changes.take(change_id, carrier)
        if taken is None:
            return False
        change = taken.change
        if not self._parts.knows(change):
            logger.warning("change %s is left to a bot that knows it", change_id)
            return False
        journal = StoredJournal(self._parts.changes, self._parts.audit, change, carrier)
        if change_id in self._anew and taken.due_in is not None:
            anew = msgspec.structs.replace(change, tellings=change.tellings + 1)
            await journal.write(anew, due=0)
            self._anew.discard(change_id)
            return True
        self._anew.discard(change_id)
        due = taken.due_in is not None and taken.due_in <= 0
        if due:
            await self._parts.teller.tell(change)
            if not await self._parts.teller.kept():
                raise StoreUnavailable("What is to be told is not kept yet.")
        elif not change.state.terminal:
            return False
        return await self._go_on(journal, change, due=due)

    async def _go_on(self, journal: StoredJournal, change: Change, *, due: bool) -> bool:
        parts, told = self._parts, (self._parts.teller.progressed, self._parts.teller.tell)
        match change.state:
            case ChangeState.PLANNING:
                await plan_change(parts, journal)
            case ChangeState.WAITING:
                await self._wait_for_decision(journal, change)
            case ChangeState.APPROVED:
                await begin(parts, journal)
            case ChangeState.EXECUTING:
                await execute(parts, journal, told)
            case ChangeState.CONFIRMING:
                await confirm(parts, journal)
            case ChangeState.UNKNOWN:
                await resolve(parts, journal)
            case ChangeState.VERIFYING:
                await verify(parts, journal)
            case _:
                return await self._after_the_end(journal, change, due=due)
        return True

    async def _wait_for_decision(self, journal: StoredJournal, change: Change) -> None:
        now, half, by = datetime.now(UTC), change.half_time, change.decide_by
        factor = self._parts.time_scale.factor
        if by is not None and now >= by:
            said = f"{len(change.approvals)} of {change.needed} approvals came in time."
            await expire(self._parts, journal, f"Nobody decided in time: {said}")
        elif half is not None and now >= half and not change.reminded:
            await journal.write(msgspec.structs.replace(change, reminded=True), due=0)
        else:
            ahead = [at for at in (half, by, change.solo_from) if at is not None and at > now]
            next_ = min(ahead, default=now)
            await journal.sleep(max(0.05, (next_ - now).total_seconds() * factor))

    async def _after_the_end(self, journal: StoredJournal, change: Change, *, due: bool) -> bool:
        """Whether anything is left to do: another look that was asked for, an expiry."""
        if change.state is ChangeState.UNVERIFIED and await check_again(self._parts, journal):
            return True
        if change.review_due and change.said(Word.REVIEWED):
            await journal.write(msgspec.structs.replace(change, review_due=False), due=0)
            return True
        if due:
            await journal.close()
        now = datetime.now(UTC)
        for expiry in await self._parts.expiries.open(until=now):
            if expiry.change == change.id:
                told = self._parts.teller.progressed, self._parts.teller.tell
                await revert(self._parts, journal, expiry, told)
        return False
