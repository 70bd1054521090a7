"""Tells whoever asked that their run has not begun yet: once a minute, however much they asked."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from bot.engine.executor import Executor
from bot.model.errors import StoreUnavailable
from bot.model.run import RunRecord, RunState
from bot.slack import messages
from bot.slack.asked import Asked
from bot.slack.clock import Clock
from bot.slack.outbox import Outbox

PATIENCE = 2.5
"""Seconds a person waits for a run to begin before being told that it waits."""
AGAIN = 60.0
"""Seconds before the same person is told so of another run."""
MOST_TOLD = 500


class Waiting:
    """Watches over the runs that this process accepted, until they begin."""

    def __init__(self, executor: Executor, outbox: Outbox, clock: Clock) -> None:
        self._executor = executor
        self._outbox = outbox
        self._clock = clock
        self._watches: set[asyncio.Task[None]] = set()
        self._told: OrderedDict[str, float] = OrderedDict()

    def watch(self, record: RunRecord) -> None:
        """Tell in a while, should the run not have begun by then."""
        watch = asyncio.create_task(self._watch(record), name="slack waiting")
        self._watches.add(watch)
        watch.add_done_callback(self._watches.discard)

    def close(self) -> None:
        """Tell nobody any more."""
        for watch in self._watches:
            watch.cancel()

    async def _watch(self, record: RunRecord) -> None:
        await self._clock.sleep(PATIENCE)
        person = record.request.requester.id
        if self._knows(person):
            return
        try:
            now = await self._executor.get(record.id)
        except StoreUnavailable:  # it waits for the store, too
            now = record
        if now is not None and now.state is RunState.QUEUED and not self._knows(person):
            asked = Asked.of_record(record)
            waits = messages.fixed(messages.WAITING)
            self._outbox.private(asked.private, waits, asked.once("waits"))
            self._remember(person)

    def _knows(self, person: str) -> bool:
        told = self._told.get(person)
        return told is not None and self._clock.monotonic() - told < AGAIN

    def _remember(self, person: str) -> None:
        self._told[person] = self._clock.monotonic()
        self._told.move_to_end(person)
        if len(self._told) > MOST_TOLD:
            self._told.popitem(last=False)
