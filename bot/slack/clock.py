"""Time as this room sees it: one place to replace it in tests and to scale it.

Waits and durations are divided by the time scale; the wall clock is not, because Slack's
timestamps are compared with it.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any, Protocol

from bot.model.time_scale import REAL_TIME, TimeScale


class Clock(Protocol):
    """Seconds. ``wall`` is Unix time, compared with Slack's; ``monotonic`` only with itself."""

    def wall(self) -> float:
        """Unix time."""

    def monotonic(self) -> float:
        """A time that never goes back."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's own time, by a time scale."""

    def __init__(self, time_scale: TimeScale = REAL_TIME) -> None:
        self._scale = time_scale

    def wall(self) -> float:
        """Unix time."""
        return time.time()

    def monotonic(self) -> float:
        """A time that never goes back."""
        return time.monotonic() * self._scale.factor

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(self._scale.seconds(seconds))


async def ends_within(clock: Clock, seconds: float, task: asyncio.Future[Any]) -> bool:
    """Whether ``task`` ends within ``seconds``; it goes on when it does not."""
    limit = asyncio.create_task(clock.sleep(seconds))
    try:
        await asyncio.wait({task, limit}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        limit.cancel()
    return task.done()


async def until(clock: Clock, event: asyncio.Event, seconds: float) -> None:
    """Wait for ``event``, but not longer than ``seconds``."""
    waits = {
        asyncio.ensure_future(clock.sleep(seconds)),
        asyncio.ensure_future(event.wait()),
    }
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
