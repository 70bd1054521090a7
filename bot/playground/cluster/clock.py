"""The simulator's clock: wall time for timestamps, scaled time for waiting.

Objects carry true wall-clock times, because clients compare them with their own clock. Durations
(an agent's start, a back-off, a lease renewal) are divided by the time scale, so that a test can
make a cluster live faster.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


def rfc3339(moment: datetime) -> str:
    """``2026-11-22T21:02:26Z``: what Kubernetes calls metav1.Time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc3339_micro(moment: datetime) -> str:
    """``2026-11-22T21:02:26.000000Z``: metav1.MicroTime, used by Leases."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def rfc3339_milli(moment: datetime) -> str:
    """``2026-11-22T21:02:26.000Z``: how the agent's API (go-swagger) prints times."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def rfc3339_nano(moment: datetime) -> str:
    """``2026-11-22T21:02:26.000000000Z``: how ``pods/log?timestamps=true`` prefixes a line."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")


def parse_time(text: str) -> datetime:
    """Read any of the forms above."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


@dataclass
class Clock:
    """Wall time plus one factor for every duration."""

    scale: float = 1.0
    _behind: timedelta = field(default_factory=timedelta, init=False)

    def now(self) -> datetime:
        """The present, with a time zone."""
        return datetime.now(UTC) - self._behind

    @contextmanager
    def back(self, seconds: float) -> Iterator[None]:
        """Live a moment of the past: what is written inside bears its date.

        Only for code that does not await. The past is told in real seconds, not scaled ones.
        """
        before, self._behind = self._behind, timedelta(seconds=seconds)
        try:
            yield
        finally:
            self._behind = before

    def stamp(self) -> str:
        """The present as metav1.Time."""
        return rfc3339(self.now())

    def scaled(self, seconds: float) -> float:
        """How long a duration of the simulated world lasts here, in seconds."""
        return seconds / self.scale

    async def sleep(self, seconds: float) -> None:
        """Wait for a duration of the simulated world."""
        await asyncio.sleep(self.scaled(seconds))
