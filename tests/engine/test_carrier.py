"""Runs carried from a real store: by any process, once, whatever happens to the one that has it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.authoring import Report, Run, Verdict, runbook
from bot.clients.cluster import Cluster
from bot.engine import carrier
from bot.engine.carrier import Carrier
from bot.engine.executor import Executor
from bot.engine.grammar import parse
from bot.engine.registry import Registry, runbook_of
from bot.model.errors import OncallError, StoreUnavailable
from bot.model.run import Door, Progress, Requester, RunRecord, RunState
from bot.model.time_scale import TimeScale
from bot.store import connection
from bot.store.address import StoreAddress
from bot.store.connection import Store
from bot.store.embedded import EmbeddedStore

ANA = Requester(door=Door.SLACK, id="U0ANA")
SCALE = TimeScale(20)


class Heard:
    """What the reporters of all executors of a test were told, in order."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, RunRecord | None]] = []

    def factory(self, name: str) -> Callable[[RunRecord], Any]:
        return lambda record: _Reporter(self, name)

    def ends(self) -> list[tuple[str, RunState]]:
        """Who told an end, and which."""
        return [
            (name, record.state) for name, what, record in self.events if what == "end" and record
        ]

    async def end(self, within: float = 8.0) -> RunRecord:
        async with asyncio.timeout(within):
            while not self.ends():
                await asyncio.sleep(0.01)
        return next(record for _, what, record in self.events if what == "end" and record)


class _Reporter:
    def __init__(self, heard: Heard, name: str) -> None:
        self._heard = heard
        self._name = name

    async def refused(self, error: OncallError) -> None:
        self._heard.events.append((self._name, "refused", None))

    async def started(self, record: RunRecord) -> None:
        self._heard.events.append((self._name, "start", record))

    def progressed(self, record: RunRecord, progress: Progress) -> None:
        pass

    async def finished(self, record: RunRecord) -> None:
        self._heard.events.append((self._name, "end", record))


def fine() -> Report:
    return Report(title="t", verdict=Verdict.OK, summary="fine")


@pytest.fixture
async def server(tmp_path: Path, patience: None) -> AsyncIterator[EmbeddedStore]:
    running = EmbeddedStore(tmp_path / "store")
    await running.start()
    yield running
    await running.stop()


class House:
    """Executors on one store, as so many processes would have them."""

    def __init__(self, address: StoreAddress, look: Callable[[Run], Awaitable[Report]]) -> None:
        self._address = address
        self._look = look
        self._open: list[tuple[Executor, Store]] = []
        self.heard = Heard()

    async def executor(self, name: str) -> Executor:
        store = Store(self._address, time_scale=SCALE)
        cluster = cast(Cluster, SimpleNamespace(name="prod"))
        executor = Executor(
            Registry([runbook_of(runbook("look")(self._look))]),
            {"prod": cluster},
            carrier=Carrier(store),
        )
        executor.answer_through(Door.SLACK, self.heard.factory(name))
        await executor.open()
        self._open.append((executor, store))
        return executor

    async def close(self, executor: Executor) -> None:
        [store] = [store for known, store in self._open if known is executor]
        self._open.remove((executor, store))
        await executor.close()
        await store.close()

    async def close_all(self) -> None:
        for executor, _ in list(self._open):
            await self.close(executor)


@pytest.fixture
async def house(server: EmbeddedStore) -> AsyncIterator[Callable[[Any], House]]:
    made: list[House] = []

    def make(look: Any) -> House:
        made.append(House(server.address, look))
        return made[-1]

    yield make
    for one in made:
        await one.close_all()


async def start(executor: Executor, once: str = "") -> RunRecord:
    command = parse(executor.registry, ["look"])
    return await executor.start(command, "prod", ANA, {"channel": "C1"}, once=once)


async def test_a_run_is_in_the_store_and_told_once(house: Any) -> None:
    async def look(run: Run) -> Report:
        """Look."""

        async def act() -> str:
            return "x"

        await run.step("act", act)
        return fine()

    here = house(look)
    executor = await here.executor("a")
    record = await start(executor)
    assert record.recorded
    ended = await here.heard.end()
    assert ended.report == fine()
    assert ended.request.origin == {"channel": "C1"}
    kept = await executor.get(record.id)
    assert kept is not None
    assert kept == ended
    assert [step.name for step in kept.steps] == ["act"]
    assert [one.id for one in await executor.recent()] == [record.id]
    await asyncio.sleep(0.5)  # more than a sweep
    assert here.heard.ends() == [("a", RunState.FINISHED)]


async def test_a_request_that_comes_twice_is_one_run(house: Any) -> None:
    async def look(run: Run) -> Report:
        """Look."""
        return fine()

    here = house(look)
    first, second = await here.executor("a"), await here.executor("b")
    records = [await start(executor, once="trigger-1") for executor in (first, second, first)]
    assert len({record.id for record in records}) == 1
    await here.heard.end()
    await asyncio.sleep(0.5)
    assert len(here.heard.ends()) == 1


async def test_shutting_down_hands_a_run_over_and_says_nothing(house: Any) -> None:
    began: list[str] = []

    async def look(run: Run) -> Report:
        """Look."""
        began.append(run.record.id)
        if len(began) == 1:
            await asyncio.sleep(60)
        return fine()

    here = house(look)
    first = await here.executor("first")
    record = await start(first)
    async with asyncio.timeout(5):
        while not began:
            await asyncio.sleep(0.01)
    second = await here.executor("second")
    await here.close(first)
    assert (await here.heard.end()).id == record.id
    assert here.heard.ends() == [("second", RunState.FINISHED)]
    assert began == [record.id] * 2
    assert await second.get(record.id)


async def test_shutting_down_hands_over_what_was_only_accepted(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrier, "SWEEP", 10_000.0)  # nobody sweeps it up
    monkeypatch.setattr(carrier, "CALM", 60.0)  # nor does the first enqueue it
    monkeypatch.setattr(carrier, "BURST", 60.0)

    async def look(run: Run) -> Report:
        """Look."""
        return fine()

    here = house(look)
    first, _ = await here.executor("first"), await here.executor("second")
    await start(first)
    await here.close(first)
    await here.heard.end()
    assert here.heard.ends() == [("second", RunState.FINISHED)]


async def test_a_run_that_was_accepted_and_never_enqueued_is_swept_up(
    house: Any, server: EmbeddedStore
) -> None:
    async def look(run: Run) -> Report:
        """Look."""
        return fine()

    here = house(look)
    executor = await here.executor("a")
    store = Store(server.address, time_scale=SCALE)
    never_opened = Executor(
        executor.registry, executor.clusters, carrier=Carrier(store)
    )  # as a process that dies between its commit and its enqueueing
    never_opened.answer_through(Door.SLACK, here.heard.factory("dead"))
    await start(never_opened)
    await here.heard.end()
    assert here.heard.ends() == [("a", RunState.FINISHED)]
    await store.close()


async def test_a_run_is_cancelled_from_another_process(house: Any) -> None:
    began = asyncio.Event()

    async def look(run: Run) -> Report:
        """Look."""
        began.set()
        await asyncio.sleep(60)
        return fine()

    here = house(look)
    first = await here.executor("first")
    record = await start(first)
    await asyncio.wait_for(began.wait(), 5)
    second = await here.executor("second")
    assert await second.cancel(record.id, ANA)
    ended = await here.heard.end()
    assert (ended.state, ended.cancelled_by) == (RunState.CANCELLED, ANA)
    assert here.heard.ends() == [("first", RunState.CANCELLED)]
    await asyncio.sleep(0.3)
    assert not await second.cancel(record.id, ANA)


async def test_an_earlier_carrier_that_comes_back_changes_and_says_nothing(
    house: Any, server: EmbeddedStore
) -> None:
    entered, leave, begun = asyncio.Event(), asyncio.Event(), []

    async def look(run: Run) -> Report:
        """Look."""
        begun.append(run)
        entered.set()
        with contextlib.suppress(asyncio.CancelledError):  # a runbook that will not be stopped
            await leave.wait()
        await leave.wait()
        return Report(title=f"{len(begun)}", verdict=Verdict.OK, summary="fine")

    here = house(look)
    executor = await here.executor("a")
    record = await start(executor)
    await asyncio.wait_for(entered.wait(), 5)
    store = Store(server.address)
    assert await Carrier(store).runs.take(record.id, "somebody else, who then dies")
    leave.set()
    assert (await here.heard.end()).report.title == "2"
    await asyncio.sleep(0.5)
    assert len(begun) == 2
    assert len(here.heard.ends()) == 1
    await store.close()


async def test_without_a_store_runs_go_on_here_and_are_durable_again_afterwards(
    house: Any, server: EmbeddedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "ANSWER", 2.0)  # it hangs, and is not waited for

    async def look(run: Run) -> Report:
        """Look."""
        return fine()

    here = house(look)
    executor = await here.executor("a")
    assert server.pid
    os.kill(server.pid, signal.SIGSTOP)
    try:
        unrecorded = await asyncio.wait_for(start(executor), 6)
        assert not unrecorded.recorded
        assert not (await here.heard.end()).recorded
        with pytest.raises(StoreUnavailable):
            await executor.cancel("r-other", ANA)
    finally:
        os.kill(server.pid, signal.SIGCONT)
    async with asyncio.timeout(10):
        while not (again := await start(executor)).recorded:
            await asyncio.sleep(0.1)
        while again.id not in [r.id for _, what, r in here.heard.events if what == "end" and r]:
            await asyncio.sleep(0.02)


async def test_a_store_killed_in_the_middle_of_a_run_costs_nothing(
    house: Any, server: EmbeddedStore
) -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    async def look(run: Run) -> Report:
        """Look."""
        entered.set()
        await leave.wait()
        return fine()

    here = house(look)
    executor = await here.executor("a")
    record = await start(executor)
    await asyncio.wait_for(entered.wait(), 5)
    assert server.pid
    os.kill(server.pid, signal.SIGKILL)
    leave.set()
    assert (await here.heard.end()).report == fine()
    async with asyncio.timeout(10):
        while True:
            with contextlib.suppress(StoreUnavailable):
                kept = await executor.get(record.id)
                if kept is not None and kept.state is RunState.FINISHED:
                    break
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.6)
    assert len(here.heard.ends()) == 1
