"""Impatient fingers: of several clicks that want the same, the first one counts."""

from __future__ import annotations

import logging

from bot.model.errors import StoreUnavailable
from bot.slack.clock import Clock
from bot.store.claims import Claims

logger = logging.getLogger(__name__)

AGAIN_AFTER = 5.0
"""Seconds after which the same click is meant anew."""


class Doubles:
    """Clicks of the last seconds: of all replicas where there is a store, else of this process."""

    def __init__(self, clock: Clock, claims: Claims | None = None) -> None:
        self._clock = clock
        self._claims = claims
        self._here: dict[str, float] = {}

    async def is_first(self, click: str) -> bool:
        """Whether ``click`` was not made within :data:`AGAIN_AFTER`; from now on it was. Atomic."""
        now = self._clock.monotonic()
        self._here = {key: until for key, until in self._here.items() if until > now}
        if click in self._here:
            return False
        self._here[click] = now + AGAIN_AFTER
        if self._claims is None:
            return True
        try:
            return await self._claims.once(f"click:{click}", AGAIN_AFTER)
        except StoreUnavailable as error:
            logger.warning("double clicks are known to this process only: %s", error)
            return True
