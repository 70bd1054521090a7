"""Carries runs in this process: resolve, run within a deadline, report.

The durable carrier takes this same interface: doors call :meth:`Executor.start` and are told what
happens through their :class:`Reporter`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import msgspec

from bot.engine.grammar import Command
from bot.engine.journal import Journal, MemoryJournal
from bot.engine.registry import Registry, Runbook
from bot.engine.resolve import resolve_names
from bot.engine.run import Run, run_in_context
from bot.model.errors import OncallError, UsageError
from bot.model.nearest import did_you_mean, quoted
from bot.model.report import Report
from bot.model.run import (
    Progress,
    Requester,
    RunRecord,
    RunRequest,
    RunState,
    new_run_id,
)

if TYPE_CHECKING:
    from bot.clients.cluster import Cluster

logger = logging.getLogger(__name__)

GRACE = 5.0
"""Seconds past its deadline after which a runbook that does not return is ended."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds a run may take unless its request says otherwise."""

    usual: float = 10.0
    patient: float = 60.0


class Reporter(Protocol):
    """A door's side of one run: what the engine tells whoever waits."""

    async def refused(self, error: OncallError) -> None:
        """The run never began; tell the person who asked, and nobody else."""

    async def started(self, record: RunRecord) -> None:
        """The run has begun."""

    def progressed(self, record: RunRecord, progress: Progress) -> None:
        """How far the run is. Must not block; called often."""

    async def finished(self, record: RunRecord) -> None:
        """The run has ended; ``record.state`` is terminal."""


class Executor:
    """Starts runs and carries them to their end. At most ``most_runs`` go on at once."""

    def __init__(
        self,
        registry: Registry,
        clusters: Mapping[str, Cluster],
        journal: Journal | None = None,
        *,
        deadlines: Deadlines = Deadlines(),
        most_runs: int = 16,
    ) -> None:
        self.registry = registry
        self.clusters = clusters
        self.journal: Journal = journal or MemoryJournal()
        self._deadlines = deadlines
        self._slots = asyncio.Semaphore(most_runs)
        self._tasks: dict[str, asyncio.Task[RunRecord]] = {}
        self.closed = False
        """Whether nothing may be started any more."""

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

    def start(
        self, command: Command, cluster: str, requester: Requester, reporter: Reporter
    ) -> asyncio.Task[RunRecord]:
        """Begin a run of ``command`` on ``cluster``; the task ends with its final record."""
        record = RunRecord(
            id=new_run_id(),
            request=RunRequest(
                runbook=command.runbook.name,
                cluster=cluster,
                parameters=command.parameters,
                requester=requester,
                deadline=command.deadline,
            ),
            state=RunState.QUEUED,
            queued_at=datetime.now(UTC),
            recorded=False,
        )
        self.journal.put(record)
        carrying = self._carry(record, command.runbook, reporter)
        task = asyncio.create_task(carrying, name=f"run {record.id}")
        self._tasks[record.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(record.id, None))
        return task

    def cancel(self, run_id: str) -> bool:
        """Ask a run to stop; ``False`` when it is not under way here."""
        task = self._tasks.get(run_id)
        return task.cancel() if task else False

    async def close(self) -> None:
        """Cancel what is under way and wait until every reporter was told."""
        self.closed = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _carry(self, record: RunRecord, runbook: Runbook, reporter: Reporter) -> RunRecord:
        run_in_context.set(record.id)
        cluster = self.clusters[record.request.cluster]
        request = record.request
        patient = runbook.is_patient(request.parameters)
        usual = self._deadlines.patient if patient else self._deadlines.usual
        deadline = request.deadline or usual
        run = Run(record, cluster, deadline, self.journal, reporter.progressed)
        try:
            async with self._slots:
                arguments = await resolve_names(runbook, request.parameters, cluster)
                request = msgspec.structs.replace(request, parameters=arguments)
                run.advance(request=request, state=RunState.RUNNING, started_at=run.now())
                await reporter.started(run.record)
                await self._execute(run, runbook, arguments)
        except UsageError as error:
            error.usage = error.usage or runbook.usage
            run.finish(RunState.BROKEN, error=str(error))
            await reporter.refused(error)
            return run.record
        except asyncio.CancelledError:
            run.finish(RunState.CANCELLED, error="The run was cancelled before it ended.")
        await reporter.finished(run.record)
        return run.record

    async def _execute(self, run: Run, runbook: Runbook, arguments: dict[str, str]) -> None:
        values = {
            p.name: p.value(arguments[p.name]) for p in runbook.parameters if p.name in arguments
        }
        try:
            async with asyncio.timeout(run.deadline + GRACE):
                report: Report = await runbook.function(run, **values)
        except UsageError:
            raise
        except OncallError as error:
            run.finish(RunState.BROKEN, error=str(error))
        except TimeoutError:
            run.finish(RunState.BROKEN, error=f"No answer within {run.deadline:.0f} s.")
        except Exception:  # the border between runbooks and people: no traceback passes it
            logger.exception("run %s of %s failed", run.record.id, runbook.name)
            run.finish(
                RunState.BROKEN,
                error=f"The runbook failed; the bot's log has the reason under {run.record.id}.",
            )
        else:
            run.finish(RunState.FINISHED, report=report)
