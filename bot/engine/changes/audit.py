"""The audit: what happened, sealed and chained. The only way in is :meth:`Audit.event`."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.engine.changes.seal import Seal
from bot.model.audit import AuditEvent, AuditRecord, Event
from bot.model.change import Change
from bot.model.errors import StoreUnavailable
from bot.store.audit import FIRST, AuditChain, link

logger = logging.getLogger(__name__)

PAGE = 500
LONGEST = 2_000
"""Characters of a detail."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found. ``broken_at`` is the number of the first record that does not hold, with
    ``why``; ``first`` is above 1 where older records are not kept any more."""

    records: int
    first: int
    head: str
    sealed: bool
    broken_at: int | None = None
    why: str = ""


class Audit:
    """The audit of one store. Without a ``seal`` it can be read, and its chain verified."""

    def __init__(self, chain: AuditChain, seal: Seal | None) -> None:
        self._chain = chain
        self._seal = seal

    def event(
        self,
        event: Event,
        change: Change | None = None,
        *,
        who: str = "",
        where: str = "",
        cluster: str = "",
        detail: str = "",
    ) -> AuditEvent:
        """A sealed event, to be written together with what it is about."""
        request = change.request if change else None
        made = AuditEvent(
            id=secrets.token_hex(8),
            at=datetime.now(UTC),
            event=event,
            cluster=cluster or (request.cluster if request else ""),
            who=who,
            where=where or (request.channel if request else ""),
            change=change.id if change else "",
            remedy=request.remedy if request else "",
            digest=change.plan.digest if change and change.plan else "",
            detail=detail[:LONGEST],
        )
        return made if self._seal is None else self._seal.event(made)

    async def put(self, event: AuditEvent) -> None:
        """Keep an event that comes with no change of state. Raises :class:`StoreUnavailable`."""
        await self._chain.put(event)
        await self._chain.link()

    async def link(self) -> None:
        """Chain what waits; while the store is away it goes on waiting."""
        try:
            await self._chain.link()
        except StoreUnavailable as error:
            logger.warning("audit records are linked later: %s", error)

    async def head(self) -> tuple[int, str]:
        """Number and hash of the last record."""
        return await self._chain.head()

    async def records(self, most: int = 50, *, change: str = "") -> list[AuditRecord]:
        """The last records, oldest first; of one change where it is named."""
        found: list[AuditRecord] = []
        end = await self._chain.length()
        while end > 0 and len(found) < most:
            start = max(0, end - PAGE)
            page = await self._chain.page(start, end - start)
            wanted = [record for record in page if not change or record.event.change == change]
            found, end = wanted + found, start
        return found[-most:]

    async def verify(self, each: Callable[[AuditRecord], None] = lambda _: None) -> Verification:
        """Follow the whole chain; ``each`` is called with every record, oldest first."""
        number, head = await self._chain.head()
        previous, expected, first, seen, start = "", 0, 1, 0, 0
        broken: tuple[int, str] | None = None
        while page := await self._chain.page(start, PAGE):
            start += len(page)
            for record in page:
                each(record)
                if not seen:
                    expected, first = record.number, record.number
                    previous = FIRST if record.number == 1 else record.previous
                why = self._trouble(record, expected, previous)
                if why and broken is None:
                    broken = record.number, why
                seen, expected, previous = seen + 1, record.number + 1, record.hash
            await asyncio.sleep(0)
        if broken is None and (head or FIRST) != (previous or FIRST):
            broken = number, "The head names another last record: the end of the chain is missing."
        broken_at, why = broken or (None, "")
        return Verification(seen, first, head, self._seal is not None, broken_at, why)

    def _trouble(self, record: AuditRecord, expected: int, previous: str) -> str:
        if record.number != expected:
            return f"Record {expected} is missing; {record.number} follows."
        if record.previous != previous:
            return "It does not follow the record before it."
        if record.hash != link(record.event, record.previous, record.number).hash:
            return "Its text was altered: the hash does not fit."
        if self._seal is not None and not self._seal.holds_for_event(record.event):
            return "Its seal does not hold: no bot with this key wrote it."
        return ""
