"""Which signed requests were seen before, so that a recorded one runs nothing twice."""

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol

from bot.slack.signature import WINDOW, Claim

KEPT = 2 * WINDOW + 60
"""Seconds: a timestamp from the future is acceptable for two windows, and a little longer."""


class Replays(Protocol):
    """Remembers claims. A store shared by replicas takes this interface."""

    async def is_new(self, claim: Claim, now: float) -> bool:
        """Whether ``claim`` was never seen; from now on it was. Atomic."""


class MemoryReplays:
    """The claims this process saw, at most ``most`` of them, the oldest forgotten first.

    Only requests with a valid signature get here, so nobody but Slack can push entries out.
    """

    def __init__(self, most: int = 100_000) -> None:
        self._most = most
        self._seen: OrderedDict[Claim, float] = OrderedDict()

    async def is_new(self, claim: Claim, now: float) -> bool:
        """Whether ``claim`` was never seen; from now on it was."""
        self._forget(now)
        if claim in self._seen:
            return False
        self._seen[claim] = now
        return True

    def __len__(self) -> int:
        return len(self._seen)

    def _forget(self, now: float) -> None:
        while self._seen:
            oldest = next(iter(self._seen.values()))
            if now - oldest <= KEPT and len(self._seen) < self._most:
                return
            self._seen.popitem(last=False)
