"""A door's side of a run: whether it may begin, and what the engine tells whoever waits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from bot.model.errors import OncallError
from bot.model.run import Progress, RunRecord


class Reporter(Protocol):
    """Told by whoever carries the run, which may be another process than took it.

    A run that lost its carrier is carried again from its start and everything is told again: each
    telling must be harmless twice.
    """

    async def refused(self, error: OncallError) -> None:
        """The run never began; tell the person who asked, and nobody else."""

    async def started(self, record: RunRecord) -> None:
        """The run has begun."""

    def progressed(self, record: RunRecord, progress: Progress) -> None:
        """How far the run is. Must not block; called often."""

    async def finished(self, record: RunRecord) -> None:
        """The run has ended; ``record.state`` is terminal."""


class Watcher(Protocol):
    """Told of every run that this process carries, whatever its door. Must not block or raise."""

    def began(self, record: RunRecord) -> None:
        """The run has begun, or begins again after its carrier was lost."""

    def progressed(self, record: RunRecord, progress: Progress) -> None:
        """How far the run is; called often."""

    def ended(self, record: RunRecord) -> None:
        """The run has ended; its requester may not know yet."""


ReporterFactory = Callable[[RunRecord], Reporter]
"""Makes the reporter of a run from its record alone: ``request.origin`` is the door's own."""

Admit = Callable[[RunRecord], Awaitable[None]]
"""Returns when the person who asked may; raises :class:`~bot.model.errors.NotAllowed`."""


async def anyone(record: RunRecord) -> None:
    """Where whoever comes through the door has the rights already, as in a terminal."""


Kept = Callable[[], Awaitable[bool]]
"""Whether what reporters were told survives this process."""


async def at_once() -> bool:
    """Where telling is all there is to do."""
    return True


@dataclass(frozen=True, slots=True)
class DoorSide:
    """How the runs of one door are admitted and told."""

    reporter_of: ReporterFactory
    admit: Admit = anyone
    kept: Kept = at_once
