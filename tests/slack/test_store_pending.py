"""Two processes on one outbox: whoever holds a lane sends what the store lists, and once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from bot.model.time_scale import TimeScale
from bot.slack.blocks import Message
from bot.slack.clock import SystemClock
from bot.slack.details import Upload
from bot.slack.outbox import Outbox
from bot.slack.pending import Entry, Fallback, Fate, Kind, sendable
from bot.slack.store_pending import LEASE, StorePending
from bot.store.embedded import EmbeddedStore
from bot.store.outbox import OutboxEntries
from tests.store.gate import GatedStore

SCALE = TimeScale(12)
LANE = "C1"


class Process:
    """One bot's side of the outbox."""

    def __init__(self, server: EmbeddedStore, name: str) -> None:
        self.store = GatedStore(server.address, time_scale=SCALE)
        self.entries = OutboxEntries(self.store, name, lease=LEASE)
        self.clock = SystemClock(SCALE)
        self.pending = StorePending(self.entries, self.clock)

    def entry(self, kind: Kind, key: str, part: str = "", *, final: bool = False) -> Entry:
        return Entry(
            id=f"{key}/{part or kind}", kind=kind, lane=LANE, key=key, content=Message(key),
            queued_at=self.clock.monotonic(), final=final,
        )  # fmt: skip

    def add(self, kind: Kind, key: str, part: str = "", *, final: bool = False) -> Entry:
        entry = self.entry(kind, key, part, final=final)
        self.pending.add(entry)
        return entry

    def ids(self) -> list[str]:
        return [entry.id for entry in self.pending.lane(LANE)]

    async def send(self, entry: Entry) -> None:
        assert await self.pending.begin(entry)
        self.pending.remove(entry)
        self.pending.ended(entry)

    async def until_ready(self) -> None:
        """Wait for the lease of one that fell silent."""
        async with asyncio.timeout(5):
            while not await self.pending.ready(LANE):
                await asyncio.sleep(0.01)


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[tuple[Process, Process]]:
    server = EmbeddedStore(tmp_path / "store")
    await server.start()
    made = Process(server, "x"), Process(server, "y")
    yield made
    for one in made:
        await one.store.close()
    await server.stop()


async def test_what_another_sent_meanwhile_is_not_waited_for(two):
    x, y = two
    x.add(Kind.POST, "r-1")
    assert await x.pending.ready(LANE)
    x.store.down = True
    await y.until_ready()
    await y.send(y.pending.lane(LANE)[0])
    await y.pending.flush()
    y.pending.leave(LANE)
    await y.pending.flush()
    x.add(Kind.POST, "r-2")
    x.store.down = False
    assert await x.pending.ready(LANE)
    assert x.ids() == ["r-2/post"]
    assert x.pending.placed(x.pending.lane(LANE)[0])


async def test_a_lane_shows_everything_in_the_order_of_the_store(two):
    x, y = two
    for number in range(3):
        for one in two:
            one.add(Kind.POST, f"r-{number}-{one.entries.holder}")
            await one.pending.flush()
    assert await y.pending.ready(LANE)
    assert not await x.pending.ready(LANE)
    assert x.ids() == []
    assert y.ids() == [f"r-{n}-{name}/post" for n in range(3) for name in "xy"]


async def test_an_entry_perhaps_in_the_store_waits_and_others_go_on_without_it(two):
    x, _ = two
    x.store.losing = True
    perhaps = x.add(Kind.POST, "r-1")
    assert await x.pending.ready(LANE)
    x.store.losing, x.store.down = False, True
    never = x.add(Kind.POST, "r-2")
    assert await x.pending.ready(LANE)
    assert not await x.pending.begin(perhaps)
    assert perhaps.aside
    assert await x.pending.begin(never)


async def test_while_a_call_without_the_store_is_under_way_nobody_else_sees_its_entry(two):
    x, y = two
    x.store.down = True
    entry = x.add(Kind.POST, "r-1")
    assert await x.pending.ready(LANE)
    assert await x.pending.begin(entry)
    x.store.down = False
    assert not await x.pending.flush()
    assert await y.entries.lanes() == []
    entry.uncertain = True  # its reply was lost
    x.pending.ended(entry)
    assert await x.pending.flush()
    await y.until_ready()
    [found] = y.pending.lane(LANE)
    assert found.uncertain
    assert found.not_before > y.clock.monotonic()


async def test_what_was_sent_without_the_store_is_never_put_afterwards(two):
    x, y = two
    x.store.down = True
    entry = x.add(Kind.POST, "r-1")
    assert await x.pending.ready(LANE)
    await x.send(entry)
    x.pending.settle("r-1", Fate(ts="1.2"))
    x.store.down = False
    assert await x.pending.flush()
    y.add(Kind.POST, "r-1")  # carried again by another
    y.add(Kind.UPDATE, "r-1", "answer", final=True)
    assert await y.pending.ready(LANE)
    assert y.ids() == ["r-1/answer"]
    assert y.pending.fate("r-1") == Fate(ts="1.2")


async def test_a_mark_of_another_is_seen_even_by_who_knew_the_entry_before(two):
    x, y = two
    entry = x.add(Kind.POST, "r-1")
    assert await x.pending.ready(LANE)
    await y.until_ready()
    assert await y.pending.begin(y.pending.lane(LANE)[0])
    assert not await x.pending.begin(entry)  # the lease is another's
    await x.until_ready()
    assert x.pending.lane(LANE)[0].uncertain


async def test_progress_never_follows_the_answer_of_another_nor_goes_without_the_store(two):
    x, y = two
    await x.pending.ready(LANE)
    late = x.add(Kind.UPDATE, "r-1", "progress")
    y.add(Kind.UPDATE, "r-1", "answer", final=True)
    await y.pending.flush()
    assert not await x.pending.begin(late)
    assert late not in x.pending.lane(LANE)
    blind = x.add(Kind.UPDATE, "r-2", "progress")
    x.store.down = True
    assert not await x.pending.begin(blind)


async def test_a_result_shown_without_the_store_is_shown_again_over_the_progress_of_another(two):
    x, y = two
    x.store.down = True
    assert await x.pending.ready(LANE)
    await x.send(x.add(Kind.UPDATE, "r-1", "answer", final=True))
    await y.pending.ready(LANE)
    await y.send(y.add(Kind.UPDATE, "r-1", "progress"))  # nothing says that the answer is there
    x.store.down = False
    assert await x.pending.flush()
    assert await y.pending.ready(LANE)
    assert y.ids() == ["r-1/answer"]
    await y.send(y.pending.lane(LANE)[0])
    assert await y.pending.flush()
    assert await y.entries.waiting() == 0


def state(process: Process, part: str, rank: int) -> Entry:
    entry = process.entry(Kind.UPDATE, "c-1", part, final=True)
    entry.rank = rank
    process.pending.add(entry)
    return entry


async def test_a_state_never_follows_a_later_one_of_another_process(two):
    x, y = two
    x.add(Kind.POST, "c-1")
    state(x, "waiting", 1)
    await x.pending.flush()
    state(y, "approved", 2)
    await y.pending.flush()
    state(x, "waiting-2", 1)  # of a carrier that hung meanwhile
    state(x, "approved", 2)
    assert await x.pending.ready(LANE)
    assert x.ids() == ["c-1/post", "c-1/waiting", "c-1/approved"]
    assert [entry.rank for entry in x.pending.lane(LANE)] == [0, 1, 2]


async def test_progress_of_an_earlier_state_is_of_no_use(two):
    x, y = two
    assert await x.pending.ready(LANE)
    late = x.entry(Kind.UPDATE, "c-1", "progress")
    late.rank = 1
    x.pending.add(late)
    now = x.entry(Kind.UPDATE, "c-1", "progress")
    now.rank = 2
    state(y, "approved", 2)
    await y.pending.flush()
    assert not await x.pending.begin(late)
    x.pending.add(now)
    assert await x.pending.begin(now)


async def test_a_change_does_not_bring_back_what_another_sent(two):
    x, y = two
    entry = x.add(Kind.POST, "r-1")
    assert await x.pending.ready(LANE)
    await y.until_ready()
    await y.send(y.pending.lane(LANE)[0])
    await y.pending.flush()
    entry.content = Message("news")
    x.pending.changed(entry)
    await x.pending.flush()
    assert await y.entries.waiting() == 0


async def test_a_changed_post_is_what_the_next_one_sends(two):
    x, y = two
    entry = x.add(Kind.POST, "r-1")
    assert await x.pending.ready(LANE)
    entry.content = Message("half way")
    x.pending.changed(entry)
    await x.pending.close()
    await y.until_ready()
    assert y.pending.lane(LANE)[0].content == Message("half way")


async def test_what_cannot_be_read_is_dropped_and_what_is_newer_is_left(two):
    x, _ = two
    await x.entries.put(LANE, "broken", "m", b"\xc1")
    await x.entries.put(LANE, "newer", "m", msgspec.msgpack.encode((99, {})))
    await x.entries.put("C2", "other", "m", b"")
    assert await x.pending.ready(LANE)
    assert x.ids() == []
    assert [found.id for found in await x.entries.look(LANE) or []] == ["newer"]


async def test_memory_is_bounded_and_what_waits_is_still_written(two, monkeypatch):
    monkeypatch.setattr("bot.slack.store_pending.MOST_WRITES", 10)
    x, _ = two
    x.store.down = True
    x.add(Kind.POST, "r-1")
    for number in range(30):
        x.pending.settle(f"r-{number}", Fate(ts="1"))
        await x.pending.flush()
    x.store.down = False
    assert await x.pending.ready(LANE)
    assert x.ids() == ["r-1/post"]


async def test_a_post_goes_before_what_another_put_about_it(two):
    x, y = two
    y.add(Kind.UPDATE, "r-1", "answer", final=True)
    await y.pending.flush()
    x.add(Kind.POST, "r-1")
    assert await x.pending.ready(LANE)
    assert [entry.kind for entry in sendable(x.pending.lane(LANE))] == [Kind.POST]


class Channel:
    """Slack, as both processes see it: what stands there under which key, and what it says."""

    def __init__(self, chance: random.Random) -> None:
        self.posts: list[str] = []
        self.says: dict[str, str] = {}
        self._chance = chance

    async def post(self, channel: str, key: str, message: Message, thread: str) -> str:
        await asyncio.sleep(self._chance.uniform(0, 0.05))
        self.posts.append(key)
        self.says[key] = message.text
        return key

    async def update(self, channel: str, ts: str, message: Message) -> None:
        await asyncio.sleep(self._chance.uniform(0, 0.02))
        self.says[ts] = message.text

    async def upload(self, channel: str, thread: str, upload: Upload) -> None:
        raise NotImplementedError

    async def respond(self, response_url: str, message: Message) -> None:
        raise NotImplementedError

    async def find(self, channel: str, key: str, thread: str, filename: str, since: float) -> str:
        return key if key in self.posts else ""


@pytest.mark.parametrize("seed", range(3))
async def test_everything_is_sent_once_whoever_loses_the_store_when(two, seed):
    chance = random.Random(seed)
    channel = Channel(chance)
    outboxes = [Outbox(channel, one.clock, one.pending) for one in two]
    for outbox in outboxes:
        outbox.open()

    async def run(key: str) -> None:
        """One begins it, perhaps another ends it, as after a hand-over."""
        chance.choice(outboxes).post(LANE, key, Message("looking"), Fallback("", ""))
        for _ in range(3):
            await asyncio.sleep(chance.uniform(0, 0.05))
            chance.choice(outboxes).update(LANE, key, Message("half way"))
        chance.choice(outboxes).update(LANE, key, Message("done"), final=True)

    async def trouble() -> None:
        while True:
            store = chance.choice(two).store
            how = chance.choice(["down", "losing"])
            setattr(store, how, True)
            await asyncio.sleep(chance.uniform(0, 0.3))
            setattr(store, how, False)
            await asyncio.sleep(chance.uniform(0, 0.1))

    troubled = asyncio.create_task(trouble())
    keys = [f"r-{number}" for number in range(8)]
    await asyncio.gather(*(run(key) for key in keys))
    await asyncio.sleep(0.5)
    troubled.cancel()
    for one in two:
        one.store.down = one.store.losing = False
    try:
        async with asyncio.timeout(6):
            while [key for key in keys if channel.says.get(key) != "done"]:
                await asyncio.sleep(0.02)
    finally:
        await asyncio.gather(*(outbox.close(patience=1.0) for outbox in outboxes))
    assert Counter(channel.posts) == Counter(keys)
    assert set(channel.says.values()) == {"done"}
    assert await two[0].entries.waiting() == 0
