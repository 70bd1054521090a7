"""Runs in process: what a reporter is told, whatever the runbook does."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.authoring import NodeName, Report, Run, Verdict, runbook
from bot.clients.cluster import Cluster
from bot.engine import carriage
from bot.engine.carriage import Deadlines
from bot.engine.executor import Executor
from bot.engine.grammar import parse, words
from bot.engine.registry import Registry, runbook_of
from bot.model.errors import NotFound, OncallError, Unreachable, UsageError
from bot.model.run import Door, Progress, Requester, RunRecord, RunState

ANA = Requester(door=Door.TERMINAL, id="ana")


class Heard:
    """A reporter that remembers."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.error: OncallError | None = None

    async def refused(self, error: OncallError) -> None:
        self.events.append("refused")
        self.error = error

    async def started(self, record: RunRecord) -> None:
        self.events.append(f"started {record.request.parameters}")

    def progressed(self, record: RunRecord, progress: Progress) -> None:
        self.events.append(str(progress))

    async def finished(self, record: RunRecord) -> None:
        self.events.append(f"finished {record.state}")


class FakeReads:
    """Three nodes; or an API server that does not answer."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error
        self._names = ["node-1", "node-10", "web-1"]

    async def node(self, name: str) -> Any:
        if self._error:
            raise self._error
        if name not in self._names:
            raise NotFound(name)
        return SimpleNamespace(name=name)

    async def node_names(self) -> list[str]:
        return self._names


def fine(title: str = "t") -> Report:
    return Report(title=title, verdict=Verdict.OK, summary="fine")


def executor_of(
    function: Callable[..., Any], reads: FakeReads | None = None, **options: Any
) -> Executor:
    cluster = cast(Cluster, SimpleNamespace(name="prod", reads=reads or FakeReads()))
    return Executor(Registry([runbook_of(runbook("look")(function))]), {"prod": cluster}, **options)


async def carried(executor: Executor, text: str = "look") -> tuple[RunRecord, Heard]:
    heard = Heard()
    record = await executor.start_here(parse(executor.registry, words(text)), "prod", ANA, heard)
    return record, heard


async def test_a_run_starts_progresses_and_finishes() -> None:
    async def look(run: Run) -> Report:
        """Look."""
        run.progress("asking agents", 1, 2)
        return fine()

    executor = executor_of(look)
    record, heard = await carried(executor)
    assert heard.events == ["started {}", "asking agents (1 of 2)", "finished finished"]
    assert record.report == fine()
    assert executor.journal.get(record.id) == record


async def test_steps_are_journaled_before_they_begin_and_after_they_end() -> None:
    seen: list[Any] = []

    async def look(run: Run) -> Report:
        """Look."""

        async def act() -> str:
            seen.append(run.record.steps[-1])
            return "done"

        assert await run.step("act", act) == "done"
        return fine()

    record, _ = await carried(executor_of(look))
    assert seen[0].finished_at is None
    assert record.steps[0].name == "act"
    assert record.steps[0].finished_at is not None


@pytest.mark.parametrize(
    ("typed", "resolved"), [("node-1", "node-1"), ("w", "web-1"), ("node-10", "node-10")]
)
async def test_unique_prefixes_become_names(typed: str, resolved: str) -> None:
    async def look(run: Run, node: NodeName) -> Report:
        """Look."""
        return fine(node)

    record, _ = await carried(executor_of(look), f"look {typed}")
    assert record.report == fine(resolved)
    assert record.request.parameters == {"node": resolved}


@pytest.mark.parametrize(
    ("typed", "message"),
    [("node", "begins the names of 2 nodes"), ("nod-1", "There is no node 'nod-1' in prod.")],
)
async def test_a_node_that_is_not_there_is_refused_and_nothing_runs(
    typed: str, message: str
) -> None:
    async def look(run: Run, node: NodeName) -> Report:
        """Look."""
        raise AssertionError("must not run")

    record, heard = await carried(executor_of(look), f"look {typed}")
    assert heard.events == ["refused"]
    assert isinstance(heard.error, UsageError)
    assert message in heard.error.message
    assert "node-1" in heard.error.hint
    assert record.state is RunState.BROKEN


async def test_a_cluster_that_cannot_be_asked_for_names_does_not_stop_the_run() -> None:
    async def look(run: Run, node: NodeName) -> Report:
        """Look."""
        return fine(node)

    record, _ = await carried(executor_of(look, FakeReads(Unreachable("down"))), "look node-7")
    assert record.report == fine("node-7")


async def test_a_project_error_becomes_a_sentence() -> None:
    async def look(run: Run) -> Report:
        """Look."""
        raise Unreachable("The API server is away.", hint="Check the VPN.")

    record, heard = await carried(executor_of(look))
    assert record.error == "The API server is away. Check the VPN."
    assert heard.events[-1] == "finished broken"


async def test_a_bug_becomes_a_sentence_with_the_run_and_no_traceback() -> None:
    async def look(run: Run) -> Report:
        """Look."""
        raise ZeroDivisionError("secret detail")

    record, _ = await carried(executor_of(look))
    assert record.id in record.error
    assert "secret" not in record.error


async def test_a_runbook_that_does_not_return_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carriage, "GRACE", 0.0)

    async def look(run: Run) -> Report:
        """Look."""
        await asyncio.sleep(60)
        return fine()

    record, _ = await carried(executor_of(look, deadlines=Deadlines(usual=0.05)))
    assert record.state is RunState.BROKEN
    assert "No answer within" in record.error


async def test_cancelling_tells_the_reporter() -> None:
    began = asyncio.Event()

    async def look(run: Run) -> Report:
        """Look."""
        began.set()
        await asyncio.sleep(60)
        return fine()

    executor, heard = executor_of(look), Heard()
    task = executor.start_here(parse(executor.registry, ["look"]), "prod", ANA, heard)
    await began.wait()
    [record] = executor.journal.recent()
    assert await executor.cancel(record.id, ANA)
    assert (await task).cancelled_by == ANA
    assert heard.events[-1] == "finished cancelled"
    assert not await executor.cancel(record.id, ANA)


@pytest.mark.parametrize("state", [RunState.FINISHED, RunState.BROKEN])
async def test_every_end_is_counted_once(state: RunState) -> None:
    async def look(run: Run) -> Report:
        """Ends as it should, or not."""
        if state is RunState.BROKEN:
            raise Unreachable("gone")
        return fine()

    ended: list[RunState] = []
    await carried(executor_of(look, on_ended=lambda record: ended.append(record.state)))
    assert ended == [state]


async def test_closing_ends_every_run() -> None:
    async def look(run: Run) -> Report:
        """Look."""
        await asyncio.sleep(60)
        return fine()

    executor, heard = executor_of(look), Heard()
    tasks = [
        executor.start_here(parse(executor.registry, ["look"]), "prod", ANA, heard)
        for _ in range(3)
    ]
    await asyncio.sleep(0)
    await executor.close()
    assert all(task.done() for task in tasks)
    assert heard.events.count("finished cancelled") == 3


@pytest.mark.parametrize(
    ("asked", "bound", "chosen"),
    [(None, None, "prod"), (None, "prod", "prod"), ("prod", None, "prod")],
)
def test_which_cluster(asked: str | None, bound: str | None, chosen: str) -> None:
    async def look(run: Run) -> Report:
        """Look."""
        return fine()

    assert executor_of(look).choose_cluster(asked, bound) == chosen


def test_a_cluster_is_never_guessed() -> None:
    cluster = cast(Cluster, SimpleNamespace(name="x"))
    executor = Executor(Registry([]), {"prod": cluster, "stage": cluster})
    with pytest.raises(UsageError, match="Which cluster"):
        executor.choose_cluster(None)
    with pytest.raises(UsageError, match="Did you mean prod"):
        executor.choose_cluster("prd")
