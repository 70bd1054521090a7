"""Outbox entries in a real store: put once, sent by the holder of a lease, found when half sent."""

from __future__ import annotations

import asyncio

from bot.model.time_scale import TimeScale
from bot.store.connection import Store
from bot.store.outbox import OutboxEntries


def outbox(store: Store, holder: str, lease: float = 30.0) -> OutboxEntries:
    return OutboxEntries(store, holder, lease=lease)


async def test_an_entry_is_put_once_even_after_it_was_sent(store: Store) -> None:
    entries = outbox(store, "a")
    assert await entries.put("C1", "r-1/post", "r-1", b"looking")
    assert not await entries.put("C1", "r-1/post", "r-1", b"looking")
    assert await entries.lanes() == ["C1"]
    await entries.tell("r-1", {"ts": "1.2"})
    await entries.drop("C1", "r-1/post", "r-1")
    assert not await entries.put("C1", "r-1/post", "r-1", b"looking")
    assert await entries.facts("r-1", "ts", "reason") == {"ts": "1.2"}
    assert await entries.lanes() == []
    assert await entries.waiting() == 0


async def test_what_was_never_put_stays_out_once_it_was_dropped(store: Store) -> None:
    entries = outbox(store, "a")
    await entries.drop("C1", "r-1/post", "r-1")  # sent while the store was away
    assert not await entries.put("C1", "r-1/post", "r-1", b"looking")


async def test_the_list_is_read_with_the_lease_and_bodies_on_their_own(store: Store) -> None:
    entries, other = outbox(store, "a"), outbox(store, "b")
    await entries.put("C1", "one", "m", b"1")
    await entries.put("C1", "two", "m", b"2", begun=True)
    first, second = await entries.look("C1") or []
    assert (first.id, second.id, second.sending) == ("one", "two", "a")
    assert await entries.bodies(["one", "gone", "two"]) == {"one": b"1", "two": b"2"}
    assert await other.look("C1") is None
    await entries.put("C1", "one", "m", b"1b", again=True)
    assert [found.id for found in await entries.look("C1") or []] == ["two", "one"]
    assert await entries.waiting() == 2
    await entries.release(["C1"])
    assert await other.look("C2") == []


async def test_a_change_never_brings_back_what_was_sent(store: Store) -> None:
    entries = outbox(store, "a")
    await entries.put("C1", "one", "m", b"1")
    assert await entries.change("one", b"1b")
    [before] = await entries.look("C1") or []
    assert await entries.bodies(["one"]) == {"one": b"1b"}
    assert before.order == 1
    await entries.drop("C1", "one", "m")
    assert not await entries.change("one", b"1c")
    assert await entries.look("C1") == []


async def test_one_holder_at_a_time_until_the_lease_ends(store: Store) -> None:
    scaled = Store(store.address, time_scale=TimeScale(100))
    a, b = outbox(scaled, "a", 10.0), outbox(scaled, "b", 10.0)
    assert await a.hold(["C1", "C2"]) == ["C1", "C2"]
    assert await b.hold(["C1", "C3"]) == ["C3"]
    await a.release(["C2"])
    assert await b.hold(["C2"]) == ["C2"]
    await asyncio.sleep(0.15)
    assert await b.hold(["C1"]) == ["C1"]
    await a.release(["C1"])  # no longer its own
    assert await a.hold(["C1"]) == []
    await scaled.close()


async def test_only_the_holder_begins_to_send_and_its_successor_sees_it(store: Store) -> None:
    a, b = outbox(store, "a"), outbox(store, "b")
    await a.put("C1", "e", "m", b"x")
    assert not await a.mark("C1", "e")
    await a.hold(["C1"])
    assert await a.mark("C1", "e")
    assert not await b.mark("C1", "e")
    await a.release(["C1"])
    assert [found.sending for found in await b.look("C1") or []] == ["a"]
    await a.unmark("e")
    assert [found.sending for found in await b.look("C1") or []] == [""]
    await b.drop("C1", "e", "m")
    assert not await b.mark("C1", "e")
