"""Run records in a real store: accepted once, one carrier, bounded history."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import msgspec
import pytest

from bot.model.errors import RecordTooNew, StoreUnavailable
from bot.model.run import Door, Requester, RunRecord, RunRequest, RunState, new_run_id
from bot.model.time_scale import TimeScale
from bot.store.address import StoreAddress
from bot.store.connection import Store
from bot.store.runs import Runs

ANA = Requester(door=Door.SLACK, id="U0ANA", name="ana")
BEN = Requester(door=Door.SLACK, id="U0BEN", name="ben")


def run(run_id: str = "", **changes: object) -> RunRecord:
    request = RunRequest(
        runbook="status",
        cluster="prod",
        parameters={},
        requester=ANA,
        origin={"channel": "C1"},
    )
    record = RunRecord(
        id=run_id or new_run_id(),
        request=request,
        state=RunState.QUEUED,
        queued_at=datetime.now(UTC),
    )
    return msgspec.structs.replace(record, **changes)


async def test_a_run_is_accepted_once(store: Store) -> None:
    runs, record = Runs(store), run("r-1")
    assert await runs.accept(record)
    assert not await runs.accept(run("r-1"))
    assert await runs.get("r-1") == record
    assert await runs.open_runs() == ["r-1"]


async def test_of_two_carriers_only_the_later_writes_and_tells(store: Store) -> None:
    runs = Runs(store)
    await runs.accept(run("r-1"))
    assert await runs.take("r-1", "first")
    assert await runs.take("r-1", "second")
    started = run("r-1", state=RunState.RUNNING)
    assert not await runs.write(started, "first", 1)
    assert not await runs.told("r-1", "first")
    assert await runs.write(started, "second", 1)
    assert await runs.watch([("r-1", "first"), ("r-1", "second")]) == ["lost", ""]
    assert await runs.told("r-1", "second")
    assert await runs.open_runs() == []
    taken = await runs.take("r-1", "third")
    assert taken
    assert not taken.open


async def test_a_script_sent_again_changes_nothing(store: Store) -> None:
    runs = Runs(store)
    await runs.accept(run("r-1"))
    for _ in range(2):
        assert await runs.take("r-1", "me")
    later = run("r-1", state=RunState.FINISHED)
    assert await runs.write(run("r-1", state=RunState.RUNNING), "me", 1)
    assert await runs.write(later, "me", 2)
    assert await runs.write(run("r-1", state=RunState.RUNNING), "me", 1)  # arrives late
    assert await runs.get("r-1") == later
    for _ in range(2):
        assert await runs.told("r-1", "me")


async def test_cancelling_reaches_the_carrier_and_only_runs_that_go_on(store: Store) -> None:
    runs = Runs(store)
    await runs.accept(run("r-1"))
    await runs.take("r-1", "me")
    assert await runs.cancel("r-1", ANA)
    assert await runs.watch([("r-1", "me")]) == ["cancel"]
    taken = await runs.take("r-1", "me")
    assert taken
    assert taken.cancelled
    assert await runs.cancel("r-1", BEN)
    assert await runs.cancelled_by("r-1") == ANA
    await runs.write(run("r-1", state=RunState.FINISHED), "me", 1)
    assert not await runs.cancel("r-1", ANA)
    assert not await runs.cancel("r-unknown", ANA)
    assert await runs.cancelled_by("r-unknown") is None


async def test_open_runs_are_counted_with_the_age_of_the_oldest(store: Store) -> None:
    runs = Runs(store)
    assert await runs.backlog() == (0, 0.0)
    await runs.accept(run("r-1"))
    await asyncio.sleep(0.05)
    await runs.accept(run("r-2"))
    count, age = await runs.backlog()
    assert count == 2
    assert 0.05 <= age < 5


async def test_history_is_bounded_and_spares_open_runs(store: Store) -> None:
    runs = Runs(store, most=5)
    await runs.accept(run("r-open"))
    for number in range(20):
        await runs.accept(run(f"r-{number}"))
        await runs.take(f"r-{number}", "me")
        await runs.told(f"r-{number}", "me")
    kept = [record.id for record in await runs.recent()]
    assert kept[:4] == ["r-19", "r-18", "r-17", "r-16"]
    assert len(kept) <= 7
    assert await runs.get("r-3") is None
    assert await runs.open_runs() == ["r-open"]


async def test_history_ends_with_age(store: Store) -> None:
    scaled = Store(store.address, time_scale=TimeScale(1000))
    runs = Runs(scaled, age=100.0)
    await runs.accept(run("r-1"))
    await asyncio.sleep(0.15)
    assert await runs.get("r-1") is None
    await runs.accept(run("r-2"))
    assert [record.id for record in await runs.recent()] == ["r-2"]
    await scaled.close()


async def test_a_newer_record_is_refused_with_a_sentence(store: Store) -> None:
    runs, newer = Runs(store), msgspec.msgpack.encode((99, {"id": "r-1"}))
    await runs.accept(run("r-1"))
    await store.read("HSET", store.key("run", "r-1"), "record", newer)
    with pytest.raises(RecordTooNew, match="newer version of the bot wrote this run"):
        await runs.get("r-1")


async def test_no_store_is_a_sentence_without_the_password() -> None:
    store = Store(StoreAddress("redis://127.0.0.1:1/0", password="hunter2"))
    with pytest.raises(StoreUnavailable, match="cannot be reached") as caught:
        await Runs(store).accept(run("r-1"))
    assert "hunter2" not in str(caught.value) + repr(store.address)
    with pytest.raises(StoreUnavailable, match="a moment ago"):
        await Runs(store).accept(run("r-1"))
    await store.close()
