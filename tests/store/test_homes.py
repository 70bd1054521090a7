"""Last verdicts, pins and who looks, in a real store."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from bot.model.cluster_verdict import ClusterVerdict
from bot.model.errors import RecordTooNew, StoreUnavailable
from bot.model.report import Verdict
from bot.model.time_scale import TimeScale
from bot.store.connection import Store
from bot.store.embedded import EmbeddedStore
from bot.store.homes import LATELY, MOST_OPENERS, Homes
from bot.store.script import Script

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SET = Script("redis.call('SET', KEYS[1], ARGV[1]) return 1")
HSET = Script("redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) return 1")


def verdict(cluster: str, word: Verdict, minutes: int = 0) -> ClusterVerdict:
    at = NOW + timedelta(minutes=minutes)
    return ClusterVerdict(cluster=cluster, verdict=word, summary="s", run_id="r-1", at=at)


async def test_the_latest_verdict_of_each_cluster_is_kept_in_any_order(store: Store) -> None:
    homes = Homes(store)
    await homes.keep(verdict("eu", Verdict.FAILED, 2))
    await homes.keep(verdict("eu", Verdict.OK, 1))
    await homes.keep(verdict("us", Verdict.OK))
    found = await homes.verdicts()
    assert found == {"eu": verdict("eu", Verdict.FAILED, 2), "us": verdict("us", Verdict.OK)}


async def test_a_newer_version_s_records_are_left_alone(store: Store) -> None:
    homes = Homes(store)
    await homes.keep(verdict("us", Verdict.OK))
    newer = msgspec.msgpack.encode((99, {"clusters": ["eu"], "order": "mine"}))
    await store.change(HSET, [store.key("verdicts")], "eu", newer)
    await store.change(SET, [store.key("home", "pins", "U1")], newer)
    assert list(await homes.verdicts()) == ["us"]
    with pytest.raises(RecordTooNew):
        await homes.pin("U1", ("us",))
    assert await store.read("GET", store.key("home", "pins", "U1")) == newer


async def test_pins_are_each_person_s_own(store: Store) -> None:
    homes = Homes(store)
    assert await homes.pinned("U1") == ()
    await homes.pin("U1", ("eu", "us"))
    await homes.pin("U2", ("eu",))
    await homes.pin("U1", ("us",))
    assert await homes.pinned("U1") == ("us",)
    assert await homes.pinned("U2") == ("eu",)


async def test_openers_are_the_latest_few_and_only_for_a_while(store: Store) -> None:
    homes = Homes(store)
    for number in range(MOST_OPENERS + 20):
        await homes.opened(f"U{number}", f"D{number}")
    found = await homes.openers()
    assert len(found) == MOST_OPENERS
    assert found[f"U{MOST_OPENERS + 19}"] == f"D{MOST_OPENERS + 19}"
    soon = Store(store.address, time_scale=TimeScale(LATELY / 0.3))
    await asyncio.sleep(0.35)
    assert await Homes(soon).openers() == {}
    await soon.close()


async def test_without_the_server_everything_says_so(server: EmbeddedStore, store: Store) -> None:
    homes = Homes(store)
    await server.stop()
    for asking in (homes.verdicts(), homes.pinned("U1"), homes.openers(), homes.opened("U1", "")):
        with pytest.raises(StoreUnavailable):
            await asking
