"""The store: does it answer, how fast, and does it keep what it is given."""

from __future__ import annotations

import asyncio
import statistics
import time

from bot.doctor.sheet import Sheet
from bot.model.errors import StoreUnavailable
from bot.model.report import Severity
from bot.store.connection import Store
from bot.store.durability import condition

ASKED = 5
SLOW = 0.2
"""Seconds for one answer: an acknowledgement waits for a few, and Slack for three seconds."""


class StorePart:
    """``store`` as the bot reaches it; ``embedded`` when it is the bot's own."""

    name = "store"

    def __init__(self, store: Store, *, embedded: bool) -> None:
        self._store = store
        self._embedded = embedded

    async def examine(self, within: float) -> Sheet:
        """Reachable first; the rest only when it is."""
        sheet = Sheet(self.name)
        try:
            async with asyncio.timeout(within):
                await self._store.ping()
                took = statistics.median([await self._ping() for _ in range(ASKED)])
                found = await condition(self._store)
        except (StoreUnavailable, TimeoutError) as error:
            self._away(sheet, error)
            return sheet
        if self._embedded:
            sheet.well("reachable", "embedded: for one bot; replicas share a store.url")
        else:
            sheet.well("reachable", str(self._store.address))
        sheet.facts.append(("Store", found.version))
        self._speed(sheet, took)
        for weakness in found.weaknesses:
            sheet.wrong("settings", weakness.id, weakness.cause, weakness.fix)
        if not found.weaknesses:
            sheet.well("settings", "it keeps what it is given")
        return sheet

    def _away(self, sheet: Sheet, error: StoreUnavailable | TimeoutError) -> None:
        if self._embedded and not isinstance(error, TimeoutError):
            folder = str(self._store.address).removeprefix("unix://").rpartition("/")[0]
            fix = f"Where the bot runs: tail {folder}/store.log. It is started again by itself."
        else:
            fix = "Check that it runs, and store.url and STORE_PASSWORD (docs/settings.md)."
        said = error.message if isinstance(error, StoreUnavailable) else "No answer in time."
        cause = f"{said} Answers are given, but not recorded."
        hint = getattr(error, "hint", "")
        sheet.wrong("reachable", "store-unavailable", cause, fix, hint, severity=Severity.WARNING)

    async def _ping(self) -> float:
        began = time.monotonic()
        await self._store.ping()
        return time.monotonic() - began

    def _speed(self, sheet: Sheet, took: float) -> None:
        shown = f"{1000 * took:.1f} ms"
        if took > SLOW:
            cause = f"One answer takes {shown}, and each acknowledgement waits for a few."
            sheet.wrong("speed", "store-slow", cause, "Use a store nearer to the bot.")
        else:
            sheet.well("speed", shown)
