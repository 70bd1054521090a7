"""Where run records are kept. In process for now; the durable journal takes this interface."""

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol

from bot.model.run import RunRecord


class Journal(Protocol):
    """Keeps the truth about runs. ``put`` replaces the record of the same id."""

    def put(self, record: RunRecord) -> None:
        """Keep ``record``."""

    def get(self, run_id: str) -> RunRecord | None:
        """The record of ``run_id``, if it is still kept."""

    def recent(self) -> list[RunRecord]:
        """Newest first."""


class MemoryJournal:
    """The last ``most`` runs of this process. Lost with it, which its records say."""

    def __init__(self, most: int = 200) -> None:
        self._most = most
        self._records: OrderedDict[str, RunRecord] = OrderedDict()

    def put(self, record: RunRecord) -> None:
        """Keep ``record``; the oldest go first."""
        self._records[record.id] = record
        while len(self._records) > self._most:
            self._records.popitem(last=False)

    def get(self, run_id: str) -> RunRecord | None:
        """The record of ``run_id``, if it is still kept."""
        return self._records.get(run_id)

    def recent(self) -> list[RunRecord]:
        """Newest first."""
        return list(reversed(self._records.values()))
