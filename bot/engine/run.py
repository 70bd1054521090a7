"""What a runbook is given: its cluster, its time, and a way to say how far it is."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

import msgspec

from bot.engine.journal import Journal
from bot.model.run import Progress, RunRecord, RunState, Step

if TYPE_CHECKING:
    from bot.clients.cluster import Cluster

T = TypeVar("T")

run_in_context: ContextVar[str] = ContextVar("run_in_context", default="")
"""The id of the run that the current task works for; empty outside of runs. For log lines."""


class Run:
    """One execution, as its runbook sees it.

    ``deadline`` is in seconds from the start; a runbook returns what it has by then.
    """

    def __init__(
        self,
        record: RunRecord,
        cluster: Cluster,
        deadline: float,
        journal: Journal,
        on_progress: Callable[[RunRecord, Progress], None],
    ) -> None:
        self.record = record
        self.cluster = cluster
        self.deadline = deadline
        self._journal = journal
        self._on_progress = on_progress
        self._ends = time.monotonic() + deadline

    @property
    def remaining(self) -> float:
        """Seconds until the deadline, never negative."""
        return max(0.0, self._ends - time.monotonic())

    def now(self) -> datetime:
        """The wall clock, in UTC."""
        return datetime.now(UTC)

    def progress(self, what: str, done: int = 0, total: int = 0) -> None:
        """Tell whoever waits how far the run is. Cheap: doors coalesce."""
        self._on_progress(self.record, Progress(what=what, done=done, total=total))

    async def step(self, name: str, action: Callable[[], Awaitable[T]]) -> T:
        """Carry out ``action`` as a journaled step: written before it starts and after it ends."""
        index = len(self.record.steps)
        await self._write(index, Step(name=name, started_at=self.now()))
        result = await action()
        started = self.record.steps[index].started_at
        await self._write(index, Step(name=name, started_at=started, finished_at=self.now()))
        return result

    async def _write(self, index: int, step: Step) -> None:
        steps = (*self.record.steps[:index], step, *self.record.steps[index + 1 :])
        await self.advance(steps=steps)

    async def advance(self, **changes: object) -> None:
        """Replace fields of the record and journal it."""
        self.record = await self._journal.put(msgspec.structs.replace(self.record, **changes))

    async def finish(self, state: RunState, **changes: object) -> None:
        """Bring the record to a terminal state."""
        await self.advance(state=state, finished_at=self.now(), **changes)
