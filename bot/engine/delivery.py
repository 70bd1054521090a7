"""Run ids on their way to workers: pydocket on the store, and nothing of it outside this file.

A task's only argument is the id of a run, and its key is the same id, so that a run is pending or
running once. What a task is about lies in the run's record; nothing is pickled but that text.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress

from docket import Docket, Worker

from bot.store.connection import Store, credentials

logger = logging.getLogger(__name__)

LEASE = 8.0
"""Seconds without a sign of life after which a worker's runs are delivered to another."""
RECONNECT = 1.0
ENQUEUE = 1.0
"""Seconds to hand a run over; the sweeper does it when that was too little."""
DRAIN = 5.0
"""Seconds for what is under way to stop at the end; the kubelet waits 30 in all."""
_TASK = "carry"

# pydocket logs a traceback for every call it could not make while the store is away, several a
# second. That the store is away is said once, by the carrier; our task raises nothing.
logging.getLogger("docket").setLevel(logging.CRITICAL)


class Delivery:
    """Delivers run ids to ``carry``, at most ``concurrency`` at a time. Opens without a store."""

    def __init__(
        self, store: Store, carry: Callable[[str], Awaitable[None]], concurrency: int
    ) -> None:
        scale = store.time_scale
        self._docket = Docket(
            name=store.key("runs"),
            url=store.address.url,
            credential_provider=credentials(store.address),
            execution_ttl=scale.span(0),
        )
        self._worker = Worker(
            self._docket,
            name=f"worker-{secrets.token_hex(6)}",
            concurrency=concurrency,
            redelivery_timeout=scale.span(LEASE),
            reconnection_delay=scale.span(RECONNECT),
            schedule_automatic_tasks=False,
        )
        self._living: asyncio.Task[None] | None = None
        self._opened = asyncio.Event()
        self._draining = asyncio.Event()
        self._drained = asyncio.Event()
        self._closing = asyncio.Event()

        async def task(run_id: str) -> None:
            await carry(run_id)

        self._docket.register(task, names=[_TASK])

    async def open(self) -> None:
        """Begin to work."""
        self._living = asyncio.create_task(self._live(), name="run delivery")
        await self._opened.wait()

    async def enqueue(self, run_id: str) -> bool:
        """Have ``run_id`` delivered, unless it already is; ``False`` when that failed."""
        try:
            async with asyncio.timeout(ENQUEUE):
                await self._docket.add(_TASK, key=run_id)(run_id)
        except Exception as error:  # noqa: BLE001  the border to pydocket: redis' errors, OSError
            logger.info("run %s is enqueued later: %s", run_id, type(error).__name__)
            return False
        return True

    async def drain(self) -> None:
        """Take no more; returns when every task that was begun has returned."""
        self._draining.set()
        try:
            async with asyncio.timeout(DRAIN):
                await self._drained.wait()
        except TimeoutError:  # what is left is delivered to another when our lease lapses
            logger.warning("runs did not stop within %.0f s and are left behind", DRAIN)
            if self._living is not None:
                self._living.cancel()

    async def close(self) -> None:
        """Close the connections; drained before."""
        self._closing.set()
        if self._living is not None:
            await asyncio.wait([self._living], timeout=DRAIN)

    async def _live(self) -> None:
        """One task opens and closes everything: pydocket's context variables demand it."""
        async with self._docket:
            async with self._worker:
                working = asyncio.create_task(self._work(), name="run worker")
                self._opened.set()
                await self._draining.wait()
            await working
            self._drained.set()
            await self._closing.wait()

    async def _work(self) -> None:
        """Until drained. pydocket waits out a store that is away; only a fault of its own ends.

        A worker that was stopped must not begin again: it would run without an end.
        """
        while not self._draining.is_set():
            try:
                await self._worker.run_forever()
                return
            except Exception:  # the border to pydocket: a bot that stops working helps nobody
                logger.exception("the run worker failed and begins again")
            with suppress(TimeoutError):
                async with asyncio.timeout(RECONNECT):
                    await self._draining.wait()
