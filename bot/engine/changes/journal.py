"""The journal of one change: what is written before and after each step, by one carrier."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol

from bot.engine.changes.audit import Audit
from bot.engine.journal import Superseded
from bot.model.audit import AuditEvent
from bot.model.change import Change, ChangeState, Decision
from bot.store.changes import Asking, StoredChanges, Written

logger = logging.getLogger(__name__)


class Moved(Exception):
    """Somebody's word changed the state meanwhile: look at the change again."""


class ChangeJournal(Protocol):
    """Where the truth about a change is kept while it is carried."""

    change: Change

    async def write(self, change: Change, *events: AuditEvent, due: float | None = None) -> None:
        """Keep ``change`` as it is now. Raises :class:`~bot.engine.journal.Superseded`,
        :class:`Moved` and :class:`~bot.model.errors.StoreUnavailable`."""

    async def words(self) -> Sequence[Decision]:
        """What people have said by now."""


class StoredJournal:
    """A journal in the store, of one carrier."""

    def __init__(self, changes: StoredChanges, audit: Audit, change: Change, carrier: str) -> None:
        self.change = change
        self.carrier = carrier
        self._changes = changes
        self._audit = audit
        self._sequence = 0

    async def write(
        self,
        change: Change,
        *events: AuditEvent,
        due: float | None = None,
        asking: Asking | None = None,
    ) -> None:
        """Keep ``change``, due again in ``due`` seconds where that is given."""
        self._sequence += 1
        written = await self._changes.write(
            self.change.state,
            change,
            self.carrier,
            self._sequence,
            due=due,
            events=events,
            asking=asking,
        )
        if written is Written.LOST:
            raise Superseded(change.id)
        if written is Written.MOVED:
            raise Moved(change.id)
        self.change = change
        if events:
            await self._audit.link()

    async def words(self) -> Sequence[Decision]:
        """Read anew; raises :class:`Superseded` when somebody else carries the change by now."""
        if await self._changes.carrier_of(self.change.id) != self.carrier:
            raise Superseded(self.change.id)
        now = await self._changes.get(self.change.id)
        return now.decisions if now else ()

    async def sleep(self, seconds: float) -> None:
        """Nothing to do for ``seconds``, unless somebody says something."""
        state: ChangeState = self.change.state
        await self._changes.sleep(self.change.id, self.carrier, state, seconds)

    async def close(self) -> None:
        """The end was told."""
        await self._changes.close(self.change.id, self.carrier)
