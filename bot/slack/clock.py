"""Time as this room sees it: one place to replace it in tests and to scale it."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Seconds. ``wall`` is Unix time, compared with Slack's; ``monotonic`` only with itself."""

    def wall(self) -> float:
        """Unix time."""

    def monotonic(self) -> float:
        """A time that never goes back."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's own time."""

    def wall(self) -> float:
        """Unix time."""
        return time.time()

    def monotonic(self) -> float:
        """A time that never goes back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
