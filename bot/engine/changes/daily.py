"""The head of the audit chain, made public once a day: what is public cannot be rewritten."""

from __future__ import annotations

import logging

from bot.engine.changes.parts import Parts
from bot.model.audit import Event

logger = logging.getLogger(__name__)

DAY = 86_400.0


class DailyHead:
    """Tells the head, whichever replica does it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def look(self) -> None:
        """Tell the head unless somebody told it within the last day."""
        number, digest = await self._parts.audit.head()
        if not number or not await self._parts.claims.once("audit head", DAY):
            return
        logger.info("audit head: record %d, %s", number, digest)
        await self._parts.teller.tell_head(number, digest)
        said = self._parts.audit.event(Event.HEAD, detail=f"record {number}: {digest}")
        await self._parts.audit.put(said)
