"""The lock: one holder, whoever is faster; it lapses; nobody releases another's."""

from __future__ import annotations

import asyncio

import pytest

from bot.engine.changes.lock import Lock, LockTaken
from bot.model.time_scale import TimeScale
from tests.engine.changes.kube import FakeCluster


def locks(scale: float = 1.0) -> tuple[Lock, Lock]:
    cluster = FakeCluster()
    return Lock(cluster, TimeScale(scale)), Lock(cluster, TimeScale(scale))


async def test_one_holds_it_and_the_other_is_told_who() -> None:
    first, second = locks()
    await first.take("c-1", "restart", holder_name="ana")
    with pytest.raises(LockTaken) as taken:
        await second.take("c-2", "restart")
    assert (taken.value.held.holder, taken.value.held.holder_name) == ("c-1", "ana")


async def test_of_many_at_once_one_gets_it() -> None:
    cluster = FakeCluster()
    tries = [Lock(cluster).take(f"c-{number}", "x") for number in range(20)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert len([one for one in answers if not isinstance(one, LockTaken)]) == 1


async def test_its_holder_goes_on_holding_it_from_any_process() -> None:
    first, second = locks()
    before = await first.take("c-1", "restart")
    after = await second.take("c-1", "restart")
    assert after.since == before.since
    assert after.until is not None
    assert before.until is not None
    assert after.until >= before.until


async def test_nobody_releases_another_s() -> None:
    first, second = locks()
    await first.take("c-1", "restart")
    assert not await second.release("c-2")
    assert await first.release("c-1")
    assert not await first.release("c-1")
    assert await second.take("c-2", "restart")


async def test_it_lapses() -> None:
    first, second = locks(scale=1_000)
    await first.take("c-1", "restart", seconds=100)
    await asyncio.sleep(0.15)
    assert await second.state() is None
    assert await second.take("c-2", "restart")


async def test_who_does_not_hold_it_renews_nothing() -> None:
    first, second = locks()
    assert not await first.renew("c-1", "restart")
    assert await first.state() is None
    await first.take("c-1", "restart")
    assert await second.renew("c-1", "restart")
    assert not await second.renew("c-2", "restart")
