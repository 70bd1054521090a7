"""Carries runs from the store: any process may, one does, and another goes on when that one dies.

pydocket delivers the id of a run to one worker at a time and, when that worker's lease lapses, to
another (facts: 3.4 s after a SIGKILL with a lease of 3 s). It is at-least-once: a worker that hung
for longer than its lease may still be there. So a worker first *takes* the run in the store
(:meth:`bot.store.runs.Runs.take`); whoever took it before can write no more.

What pydocket cannot know: a run that was accepted and never enqueued, because the process died in
between. A sweeper adds every open run again; adding twice is harmless, the key is the run's id. A
run is open until its end was told.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from bot.engine.carriage import CANCELLED, Carriage, Stop
from bot.engine.delivery import Delivery
from bot.engine.journal import StoreJournal, Superseded
from bot.engine.reporter import DoorSide
from bot.model.errors import ConfigurationError, RecordTooNew, StoreUnavailable
from bot.model.run import Door, Requester, RunRecord, RunState
from bot.store.connection import Store
from bot.store.ending import end
from bot.store.runs import Runs, Taken

logger = logging.getLogger(__name__)

SWEEP = 5.0
"""Seconds between two looks for runs that nobody delivers."""
WATCH = 0.5
"""Seconds after which a cancellation, or another carrier, is noticed."""
CALM = 0.02
"""Seconds after an acceptance in which no run is begun: another may come."""
BURST = 0.5
"""Seconds for which a burst of acceptances may hold a run back."""
SAVE = 0.5
"""Seconds between two attempts to write what happened while the store was away."""


class Carried:
    """A run while this process carries it."""

    def __init__(self, run_id: str, runs: Runs) -> None:
        self.run_id = run_id
        self.carrier = secrets.token_hex(8)
        self.journal = StoreJournal(runs, self.carrier)
        self.stop = Stop()

    async def through(self, carrying: asyncio.Task[RunRecord]) -> RunRecord:
        """Wait for the end; what is asked meanwhile reaches ``carrying``."""
        self.stop.holds(carrying)
        return await carrying

    def let_go(self) -> None:
        """Stop and say nothing: another carries it, or will."""
        self.journal.let_go()
        self.stop.let_go()


class Carries(Protocol):
    """What else is delivered by id: something durable that is due from time to time."""

    async def due(self) -> list[str]:
        """Ids that somebody should go on with. Raises :class:`StoreUnavailable`."""

    async def carry(self, one: str) -> None:
        """Go on with it until it waits or has ended. Raises nothing."""

    async def let_go(self) -> list[str]:
        """Stop at once; another process goes on with these."""


class Carrier:
    """Accepts runs into the store and carries those that are delivered to this process.

    Beside runs it delivers what ``also`` carries, by the first letter of an id.
    """

    def __init__(self, store: Store) -> None:
        self.runs = Runs(store)
        self._store = store
        self._scale = store.time_scale
        self._carried: dict[str, Carried] = {}
        self._loops: list[asyncio.Task[None]] = []
        self._delivery: Delivery | None = None
        self._closing = False
        self._accepted: asyncio.Queue[str] = asyncio.Queue()
        self._accepted_at = 0.0
        self.backlog = (0, 0.0)
        """Open runs of all bots and the age of the oldest in seconds, as last seen."""
        self._sides: Mapping[Door, DoorSide] = {}
        self.also: dict[str, Carries] = {}

    async def open(self, carriage: Carriage, sides: Mapping[Door, DoorSide]) -> None:
        """Begin to carry; a store that is away is waited for."""
        self._carriage = carriage
        self._sides = sides
        self._delivery = Delivery(self._store, self._delivered, carriage.most_runs)
        await self._delivery.open()
        self._loops = [
            asyncio.create_task(self._enqueue(), name="run enqueuer"),
            asyncio.create_task(self._sweep(), name="run sweeper"),
            asyncio.create_task(self._watch(), name="run watcher"),
        ]

    async def accept(self, record: RunRecord) -> bool:
        """Commit a new run and have it delivered soon; ``False`` when it was accepted before.

        Raises :class:`StoreUnavailable`.
        """
        is_new = await self.runs.accept(record)
        if is_new:
            self._accepted_at = time.monotonic()
            self._accepted.put_nowait(record.id)
        return is_new

    async def cancel(self, run_id: str, by: Requester) -> bool:
        """Ask a run to stop, wherever it is carried. Raises :class:`StoreUnavailable`."""
        asked = await self.runs.cancel(run_id, by)
        if asked and run_id in self._carried:
            self._carried[run_id].stop.ask(await self.runs.cancelled_by(run_id))
        return asked

    async def close(self) -> None:
        """Take no more runs and hand over those under way: another process begins them again."""
        self._closing = True
        await end(self._loops)
        if self._delivery is None:
            return
        left = list(self._carried)
        for other in self.also.values():
            left += await other.let_go()
        for carried in list(self._carried.values()):
            carried.let_go()
        await self._delivery.drain()
        while not self._accepted.empty():
            left.append(self._accepted.get_nowait())
        for run_id in left:  # only now: this process' worker would have taken them again
            await self._delivery.enqueue(run_id)
        await self._delivery.close()

    def soon(self, one: str) -> None:
        """Have ``one`` delivered now rather than with the next sweep."""
        self._accepted.put_nowait(one)

    async def _delivered(self, one: str) -> None:
        """What pydocket calls."""
        other = self.also.get(one[:1])
        await (self._carry(one) if other is None else other.carry(one))

    async def _carry(self, run_id: str) -> None:
        """Raises nothing: a run that is still open is delivered again."""
        if run_id in self._carried or self._closing:
            return
        carried = self._carried[run_id] = Carried(run_id, self.runs)
        try:
            taken = await self.runs.take(run_id, carried.carrier)
            if taken is not None and taken.open:
                await self._carry_taken(carried, taken)
        except Superseded:
            logger.info("run %s is carried by another process now", run_id)
        except StoreUnavailable as error:
            logger.warning("run %s waits for the store: %s", run_id, error)
        except (ConfigurationError, RecordTooNew) as error:
            logger.warning("run %s is left to another process: %s", run_id, error)
        except Exception:  # the border: a fault of ours must not end the worker
            logger.exception("run %s could not be carried", run_id)
        finally:
            del self._carried[run_id]

    async def _carry_taken(self, carried: Carried, taken: Taken) -> None:
        record = taken.record
        side = self._side(record)
        if not record.state.terminal and taken.cancelled:
            ended = datetime.now(UTC)
            record = await carried.journal.put(
                msgspec.structs.replace(
                    record,
                    state=RunState.CANCELLED,
                    finished_at=ended,
                    error=CANCELLED,
                    cancelled_by=await self.runs.cancelled_by(record.id),
                )
            )
        if record.state.terminal:
            await self._carriage.tell(record, side.reporter_of(record))
        else:
            carrying = self._carriage.carry(record, carried.journal, side, carried.stop)
            await carried.through(asyncio.create_task(carrying, name=f"run {record.id}"))
        await self._close_run(carried, side)

    async def _close_run(self, carried: Carried, side: DoorSide) -> None:
        """The end was told: close the run once that is kept, however long the store is away."""
        while not self._closing:
            with suppress(StoreUnavailable):
                await carried.journal.save()
                if await side.kept():
                    await self.runs.told(carried.run_id, carried.carrier)
                    return
            await asyncio.sleep(self._scale.seconds(SAVE))

    def _side(self, record: RunRecord) -> DoorSide:
        door = record.request.requester.door
        if door not in self._sides:
            raise ConfigurationError(f"This process does not answer through {door}.")
        return self._sides[door]

    async def _enqueue(self) -> None:
        """One after another and once no command came for a moment, so that in a burst
        acknowledgements go before the runs."""
        while not self._closing and self._delivery is not None:
            run_id = await self._accepted.get()
            try:
                await self._calm()
                await self._delivery.enqueue(run_id)
            except asyncio.CancelledError:
                self._accepted.put_nowait(run_id)
                raise

    async def _calm(self) -> None:
        """Wait for :data:`CALM` without a new run, but not longer than :data:`BURST`."""
        until = time.monotonic() + BURST
        while (left := min(until, self._accepted_at + CALM) - time.monotonic()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(left)  # for silence, which no event tells

    async def _deliver(self, one: str) -> None:
        if self._delivery is not None:
            await self._delivery.enqueue(one)

    async def _sweep(self) -> None:
        while True:
            try:
                for run_id in await self.runs.open_runs(older_than=SWEEP):
                    if run_id not in self._carried:
                        await self._deliver(run_id)
                for other in self.also.values():
                    for one in await other.due():
                        await self._deliver(one)
                self.backlog = await self.runs.backlog()
            except StoreUnavailable as error:
                logger.warning("runs are not recorded meanwhile: %s", error)
            await asyncio.sleep(self._scale.seconds(SWEEP))

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._scale.seconds(WATCH))
            carried = [one for one in self._carried.values() if one.stop.under_way]
            if not carried:
                continue
            try:
                seen = await self.runs.watch([(one.run_id, one.carrier) for one in carried])
                for one, what in zip(carried, seen, strict=True):
                    if what == "cancel":
                        one.stop.ask(await self.runs.cancelled_by(one.run_id))
                    elif what == "lost":
                        one.let_go()
            except StoreUnavailable:
                continue
