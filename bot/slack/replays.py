"""Which signed requests were seen before, so that a recorded one runs nothing twice."""

from __future__ import annotations

import hashlib
import logging
from collections import OrderedDict
from typing import Protocol

import msgspec

from bot.model.errors import StoreUnavailable
from bot.slack.signature import WINDOW, Claim
from bot.store.claims import Claims

logger = logging.getLogger(__name__)

KEPT = 2 * WINDOW + 60
"""Seconds: a timestamp from the future is acceptable for two windows, and a little longer."""


class Replays(Protocol):
    """Remembers claims. A store shared by replicas takes this interface."""

    async def is_new(self, claim: Claim, now: float) -> bool:
        """Whether ``claim`` was never seen; from now on it was. Atomic."""

    async def forget(self, claim: Claim) -> None:
        """As if ``claim`` was never seen: what it let in came to nothing."""


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

    async def forget(self, claim: Claim) -> None:
        """As if ``claim`` was never seen."""
        self._seen.pop(claim, None)

    def __len__(self) -> int:
        return len(self._seen)

    def _forget(self, now: float) -> None:
        while self._seen:
            oldest = next(iter(self._seen.values()))
            if now - oldest <= KEPT and len(self._seen) < self._most:
                return
            self._seen.popitem(last=False)


class StoreReplays:
    """The claims all replicas saw; while the store is away, those this process saw."""

    def __init__(self, claims: Claims) -> None:
        self._claims = claims
        self._here = MemoryReplays()

    async def is_new(self, claim: Claim, now: float) -> bool:
        """Whether ``claim`` was never seen; from now on it was."""
        if not await self._here.is_new(claim, now):
            return False
        try:
            return await self._claims.once(_key(claim), KEPT)
        except StoreUnavailable as error:
            logger.warning("replays are known to this process only: %s", error)
            return True

    async def forget(self, claim: Claim) -> None:
        """As if ``claim`` was never seen."""
        await self._here.forget(claim)
        try:
            await self._claims.free(_key(claim))
        except StoreUnavailable as error:
            logger.warning("a request that failed is refused when it comes again: %s", error)


def _key(claim: Claim) -> str:
    return f"replay:{hashlib.sha256(msgspec.msgpack.encode(claim)).hexdigest()}"
