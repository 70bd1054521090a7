"""Where run records are kept: in this process, or in the store."""

from __future__ import annotations

import logging
from collections import OrderedDict
from typing import TYPE_CHECKING, Protocol

import msgspec

from bot.model.errors import StoreUnavailable
from bot.model.run import RunRecord

if TYPE_CHECKING:
    from bot.store.runs import Runs

logger = logging.getLogger(__name__)


class Superseded(Exception):
    """Somebody else carries this run by now: stop, and say nothing more about it."""


class Journal(Protocol):
    """Keeps the truth about runs."""

    async def put(self, record: RunRecord) -> RunRecord:
        """Replace the record of the same id; returns it as it is kept (``recorded`` or not).

        Raises :class:`Superseded`.
        """


class MemoryJournal:
    """The last ``most`` runs of this process. Lost with it, which its records say."""

    def __init__(self, most: int = 200) -> None:
        self._most = most
        self._records: OrderedDict[str, RunRecord] = OrderedDict()

    async def put(self, record: RunRecord) -> RunRecord:
        """Keep ``record``; the oldest go first."""
        self._records[record.id] = record
        while len(self._records) > self._most:
            self._records.popitem(last=False)
        return record

    def get(self, run_id: str) -> RunRecord | None:
        """The record of ``run_id``, if it is still kept."""
        return self._records.get(run_id)

    def recent(self) -> list[RunRecord]:
        """Newest first."""
        return list(reversed(self._records.values()))


class StoreJournal:
    """The record of one run, written by one carrier.

    While the store is away a read-only run goes on: its record says ``recorded=False`` until a
    write succeeds again. ``unsaved`` is what the store has not seen yet.
    """

    def __init__(self, runs: Runs, carrier: str) -> None:
        self._runs = runs
        self._carrier = carrier
        self._sequence = 0
        self._let_go = False
        self.unsaved: RunRecord | None = None

    def let_go(self) -> None:
        """From now on every :meth:`put` raises :class:`Superseded`."""
        self._let_go = True

    async def put(self, record: RunRecord) -> RunRecord:
        """Write ``record``; goes on without the store when that is away."""
        if self._let_go:
            raise Superseded(record.id)
        self._sequence += 1
        kept = msgspec.structs.replace(record, recorded=True)
        try:
            still_ours = await self._runs.write(kept, self._carrier, self._sequence)
        except StoreUnavailable as error:
            logger.warning("run %s goes on unrecorded: %s", record.id, error)
            self.unsaved = kept
            return msgspec.structs.replace(record, recorded=False)
        self.unsaved = None
        if not still_ours:
            raise Superseded(record.id)
        return kept

    async def save(self) -> None:
        """Write what was not written; raises :class:`StoreUnavailable` or :class:`Superseded`."""
        if self.unsaved is not None:
            self._sequence += 1
            if not await self._runs.write(self.unsaved, self._carrier, self._sequence):
                raise Superseded(self.unsaved.id)
            self.unsaved = None
