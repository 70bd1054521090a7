"""Carries one run from its beginning to its end: resolve, run within a deadline, report.

Both ways to start a run lead here: in this process (:mod:`bot.engine.executor`) and from the store
(:mod:`bot.engine.carrier`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from bot.engine.journal import Journal, Superseded
from bot.engine.registry import Registry, Runbook
from bot.engine.reporter import DoorSide, Reporter, Watcher
from bot.engine.resolve import resolve_names
from bot.engine.run import Run, run_in_context
from bot.model.errors import ConfigurationError, NotAllowed, OncallError, UsageError
from bot.model.report import Report
from bot.model.run import Progress, Requester, RunRecord, RunState
from bot.model.time_scale import REAL_TIME, TimeScale

if TYPE_CHECKING:
    from bot.clients.cluster import Cluster

logger = logging.getLogger(__name__)

GRACE = 5.0
"""Seconds past its deadline after which a runbook that does not return is ended."""

CANCELLED = "The run was cancelled before it ended."


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds a run may take unless its request says otherwise."""

    usual: float = 10.0
    patient: float = 60.0


USUAL = Deadlines()


class Stop:
    """Ends a run that is under way in this process, and remembers who wanted it."""

    def __init__(self) -> None:
        self.by: Requester | None = None
        self._task: asyncio.Task[RunRecord] | None = None
        self._asked = False

    @property
    def under_way(self) -> bool:
        """Whether there is something to stop."""
        return self._task is not None

    def holds(self, task: asyncio.Task[RunRecord]) -> None:
        """``task`` is what would be stopped."""
        self._task = task

    def ask(self, by: Requester | None) -> bool:
        """Somebody wants it to stop; who comes later changes nothing."""
        if self._task is None or self._task.done():
            return False
        if not self._asked:
            self._asked, self.by = True, by
            self._task.cancel()
        return True

    def let_go(self) -> None:
        """Stop it whoever wanted what: another process carries it."""
        if self._task is not None:
            self._task.cancel()


class Carriage:
    """What is needed to carry any run. At most ``most_runs`` go on at once."""

    def __init__(
        self,
        registry: Registry,
        clusters: Mapping[str, Cluster],
        *,
        deadlines: Deadlines,
        most_runs: int,
        time_scale: TimeScale = REAL_TIME,
        on_ended: Callable[[RunRecord], None] = lambda record: None,
    ) -> None:
        self.registry = registry
        self.clusters = clusters
        self.most_runs = most_runs
        self.time_scale = time_scale
        self.watchers: list[Watcher] = []
        self._on_ended = on_ended
        self._deadlines = deadlines
        self._slots = asyncio.Semaphore(most_runs)

    async def carry(
        self, record: RunRecord, journal: Journal, side: DoorSide, stop: Stop
    ) -> RunRecord:
        """Carry the run of ``record`` if its door admits it, and tell; returns the final record.

        Raises :class:`~bot.engine.journal.Superseded` when somebody else carries it by now;
        nothing is told then. Cancelled, it says so and by whom, and ends.
        """
        run_in_context.set(record.id)
        runbook, cluster = self._known(record)
        reporter = side.reporter_of(record)
        request = record.request
        deadline = self.time_scale.seconds(request.deadline or self._usual(runbook, record))
        run = Run(record, cluster, deadline, journal, self._progressed(reporter))
        refusal: OncallError | None = None
        try:
            if record.started_at is None:
                await side.admit(record)
            async with self._slots:
                arguments = await resolve_names(runbook, request.parameters, cluster)
                request = msgspec.structs.replace(request, parameters=arguments)
                began = record.started_at or run.now()
                await run.advance(request=request, state=RunState.RUNNING, started_at=began)
                for watcher in self.watchers:
                    watcher.began(run.record)
                await reporter.started(run.record)
                await self._execute(run, runbook, arguments)
        except (UsageError, NotAllowed) as error:
            refusal = error
            await run.finish(RunState.BROKEN, error=str(error))
        except asyncio.CancelledError:
            await run.finish(RunState.CANCELLED, error=CANCELLED, cancelled_by=stop.by)
        self._on_ended(run.record)
        for watcher in self.watchers:
            watcher.ended(run.record)
        await self.tell(run.record, reporter, refusal)
        return run.record

    async def tell(
        self, record: RunRecord, reporter: Reporter, refusal: OncallError | None = None
    ) -> None:
        """Tell the end of a run: to one person when it never began, else where it began.

        ``refusal`` is why it never began, where that is known better than from its record.
        """
        if refusal is not None or (record.state is RunState.BROKEN and record.started_at is None):
            error = refusal or UsageError(record.error)
            if isinstance(error, UsageError) and record.request.runbook in self.registry:
                error.usage = error.usage or self.registry.get(record.request.runbook).usage
            await reporter.refused(error)
        else:
            await reporter.finished(record)

    def _progressed(self, reporter: Reporter) -> Callable[[RunRecord, Progress], None]:
        def told(record: RunRecord, progress: Progress) -> None:
            reporter.progressed(record, progress)
            for watcher in self.watchers:
                watcher.progressed(record, progress)

        return told

    def _known(self, record: RunRecord) -> tuple[Runbook, Cluster]:
        """Raises :class:`ConfigurationError`: this process is configured for other runs."""
        request = record.request
        known = any(runbook.name == request.runbook for runbook in self.registry.runbooks)
        if not known or request.cluster not in self.clusters:
            raise ConfigurationError(
                f"This bot knows no {request.runbook} on {request.cluster} (run {record.id}).",
                hint="All replicas on one store need the same bot.yaml and runbooks.",
            )
        return self.registry.runbook(request.runbook), self.clusters[request.cluster]

    def _usual(self, runbook: Runbook, record: RunRecord) -> float:
        patient = runbook.is_patient(record.request.parameters)
        return self._deadlines.patient if patient else self._deadlines.usual

    async def _execute(self, run: Run, runbook: Runbook, arguments: dict[str, str]) -> None:
        values = {
            p.argument: p.value(arguments[p.name])
            for p in runbook.parameters
            if p.name in arguments
        }
        try:
            async with asyncio.timeout(run.deadline + GRACE):
                report: Report = await runbook.function(run, **values)
        except (UsageError, NotAllowed, Superseded):
            raise
        except OncallError as error:
            await run.finish(RunState.BROKEN, error=str(error))
        except TimeoutError:
            await run.finish(RunState.BROKEN, error=f"No answer within {run.deadline:.0f} s.")
        except Exception:  # the border between runbooks and people: no traceback passes it
            logger.exception("run %s of %s failed", run.record.id, runbook.name)
            await run.finish(
                RunState.BROKEN,
                error=f"The runbook failed; the bot's log has the reason under {run.record.id}.",
            )
        else:
            await run.finish(RunState.FINISHED, report=report)
