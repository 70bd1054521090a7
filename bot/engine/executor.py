"""Takes runs from doors and has them carried: durably where there is a store, else right here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from bot.engine.carriage import USUAL, Carriage, Deadlines, Stop
from bot.engine.grammar import Command
from bot.engine.journal import MemoryJournal
from bot.engine.registry import Registry
from bot.engine.reporter import (
    Admit,
    DoorSide,
    Kept,
    Reporter,
    ReporterFactory,
    Watcher,
    anyone,
    at_once,
)
from bot.model.errors import ConfigurationError, StoreUnavailable, UsageError
from bot.model.nearest import did_you_mean, quoted
from bot.model.run import Door, Requester, RunRecord, RunRequest, RunState, new_run_id
from bot.model.time_scale import REAL_TIME, TimeScale

if TYPE_CHECKING:
    from bot.clients.cluster import Cluster
    from bot.engine.carrier import Carrier
    from bot.engine.changes.service import Changes

logger = logging.getLogger(__name__)


class Executor:
    """What doors talk to. Without a ``carrier`` every run lives and dies with this process.

    With one, a run that was started is in the store before :meth:`start` returns, and its answer
    does not depend on this process. While the store is away, read-only runs go on here.
    ``on_ended`` is called with every run that ended in this process.
    """

    def __init__(
        self,
        registry: Registry,
        clusters: Mapping[str, Cluster],
        *,
        deadlines: Deadlines = USUAL,
        most_runs: int = 16,
        carrier: Carrier | None = None,
        time_scale: TimeScale = REAL_TIME,
        on_ended: Callable[[RunRecord], None] = lambda record: None,
    ) -> None:
        self.registry = registry
        self.clusters = clusters
        self.journal = MemoryJournal()
        self._carriage = Carriage(
            registry,
            clusters,
            deadlines=deadlines,
            most_runs=most_runs,
            time_scale=time_scale,
            on_ended=on_ended,
        )
        self._carrier = carrier
        self.changes: Changes | None = None
        self.no_changes = "Nothing can be changed from here: changes go through the team's bot."
        """Why there are no :attr:`changes`, where there are none."""
        self._sides: dict[Door, DoorSide] = {}
        self._tasks: dict[str, tuple[asyncio.Task[RunRecord], Stop]] = {}
        self.closed = False
        """Whether nothing may be started any more."""

    def answer_through(
        self,
        door: Door,
        reporter_of: ReporterFactory,
        admit: Admit = anyone,
        kept: Kept = at_once,
    ) -> None:
        """Runs from ``door`` begin when ``admit`` lets them, and are told through reporters that
        ``reporter_of`` makes of their records. Told is told once ``kept`` says so."""
        self._sides[door] = DoorSide(reporter_of, admit, kept)

    def watch(self, watcher: Watcher) -> None:
        """Tell ``watcher`` of every run that this process carries."""
        self._carriage.watchers.append(watcher)

    async def open(self) -> None:
        """Begin to carry runs from the store, once all doors have said how they answer."""
        if self._carrier is not None:
            await self._carrier.open(self._carriage, self._sides)

    def choose_cluster(self, asked: str | None, bound: str | None = None) -> str:
        """The cluster meant: the one asked for, else the channel's, else the only one.

        Never guessed: :class:`UsageError` names the choices.
        """
        name = asked or bound
        if name is None and len(self.clusters) == 1:
            return next(iter(self.clusters))
        if name is None:
            raise UsageError(
                "Which cluster?",
                hint=f"Add --cluster with one of: {', '.join(sorted(self.clusters))}.",
            )
        if name not in self.clusters:
            raise UsageError(
                f"There is no cluster {quoted(name)}.",
                hint=did_you_mean(name, self.clusters)
                or f"Known clusters: {', '.join(sorted(self.clusters))}.",
            )
        return name

    async def start(
        self,
        command: Command,
        cluster: str,
        requester: Requester,
        origin: dict[str, str],
        *,
        once: str = "",
    ) -> RunRecord:
        """Take a run of ``command`` on ``cluster`` for a door; returns when it is safe.

        ``origin`` is what the door's factory needs. Two requests with the same ``once`` are one
        run: the second starts nothing. A remedy is not run but requested: :class:`UsageError`.
        """
        if requester.door not in self._sides:
            raise ConfigurationError(f"Nobody answers through {requester.door}.")
        record = _record(command, cluster, requester, origin, once)
        if self.journal.get(record.id) is not None:
            return record
        if self._carrier is not None:
            try:
                await self._carrier.accept(record)
            except StoreUnavailable as error:
                logger.warning("run %s goes on in this process: %s", record.id, error)
            else:
                return record
        record = msgspec.structs.replace(record, recorded=False)
        self._begin(record, self._sides[requester.door])
        return record

    def start_here(
        self, command: Command, cluster: str, requester: Requester, reporter: Reporter
    ) -> asyncio.Task[RunRecord]:
        """Carry a run in this process for ``reporter``; the task ends with its final record."""
        record = _record(command, cluster, requester, {}, "")
        record = msgspec.structs.replace(record, recorded=False)
        return self._begin(record, DoorSide(lambda _: reporter))

    async def get(self, run_id: str) -> RunRecord | None:
        """The record of a run, if it is still kept; raises :class:`StoreUnavailable`."""
        here = self.journal.get(run_id)
        if here is not None or self._carrier is None:
            return here
        return await self._carrier.runs.get(run_id)

    async def recent(self, most: int = 50) -> list[RunRecord]:
        """Newest first: the store's, and those that only this process knows."""
        found = self.journal.recent()
        if self._carrier is not None:
            try:
                found += await self._carrier.runs.recent(most)
            except StoreUnavailable as error:
                logger.warning("only the runs of this process can be told: %s", error)
        return sorted(found, key=lambda record: record.queued_at, reverse=True)[:most]

    async def cancel(self, run_id: str, by: Requester) -> bool:
        """Ask a run to stop, wherever it is carried; ``False`` when it is not under way.

        The first who asks is told with its end.

        Raises :class:`StoreUnavailable`.
        """
        if run_id in self._tasks:
            return self._tasks[run_id][1].ask(by)
        return await self._carrier.cancel(run_id, by) if self._carrier is not None else False

    async def close(self) -> None:
        """Hand over what the store knows, cancel what only this process knows, tell everybody."""
        self.closed = True
        if self._carrier is not None:
            await self._carrier.close()
        tasks = [task for task, _ in self._tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, record: RunRecord, side: DoorSide) -> asyncio.Task[RunRecord]:
        stop = Stop()
        carrying = self._carry_here(record, side, stop)
        task = asyncio.create_task(carrying, name=f"run {record.id}")
        stop.holds(task)
        self._tasks[record.id] = task, stop
        task.add_done_callback(lambda _: self._tasks.pop(record.id, None))
        return task

    async def _carry_here(self, record: RunRecord, side: DoorSide, stop: Stop) -> RunRecord:
        await self.journal.put(record)
        return await self._carriage.carry(record, self.journal, side, stop)


def _record(
    command: Command, cluster: str, requester: Requester, origin: dict[str, str], once: str
) -> RunRecord:
    if command.is_remedy:  # whatever a door forgets: changes go through approval only
        raise UsageError(f"{command.runbook.name} changes the cluster: it is requested, not run.")
    return RunRecord(
        id=new_run_id(once),
        request=RunRequest(
            runbook=command.runbook.name,
            cluster=cluster,
            parameters=command.parameters,
            requester=requester,
            deadline=command.deadline,
            origin=origin,
        ),
        state=RunState.QUEUED,
        queued_at=datetime.now(UTC),
    )
