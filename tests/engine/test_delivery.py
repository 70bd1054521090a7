"""Delivery at its end: it ends whenever it is told to, at once."""

from __future__ import annotations

import asyncio
import time

import pytest

from bot.engine import delivery as engine_delivery
from bot.engine.delivery import Delivery
from bot.model.time_scale import TimeScale
from bot.store.connection import Store
from tests.store.conftest import server, store  # noqa: F401  fixtures


async def ended(delivery: Delivery) -> float:
    began = time.monotonic()
    await delivery.drain()
    await delivery.close()
    return time.monotonic() - began


async def nothing(run_id: str) -> None:
    """A task that is done at once."""


@pytest.mark.parametrize("ticks", [0, 1, 3, 10, 30])
async def test_it_ends_at_any_moment_after_its_beginning(store: Store, ticks: int) -> None:  # noqa: F811
    delivery = Delivery(store, nothing, 2)
    await delivery.open()
    for _ in range(ticks):
        await asyncio.sleep(0)
    assert await ended(delivery) < 2.0


async def test_a_worker_that_fails_while_it_ends_does_not_begin_again(
    store: Store,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    delivery = Delivery(store, nothing, 2)
    await delivery.open()
    begun = 0
    forever = delivery._worker.run_forever

    async def failing() -> None:
        nonlocal begun
        begun += 1
        await forever()
        raise RuntimeError("at the end")

    monkeypatch.setattr(delivery._worker, "run_forever", failing)
    assert await ended(delivery) < 2.0
    assert begun <= 1


async def test_a_worker_that_fails_begins_again(
    store: Store,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine_delivery, "RECONNECT", 0.05)
    carried = asyncio.Event()

    async def carry(run_id: str) -> None:
        carried.set()

    delivery = Delivery(Store(store.address, time_scale=TimeScale(10)), carry, 2)
    forever, failed = delivery._worker.run_forever, 0

    async def failing() -> None:
        nonlocal failed
        failed += 1
        if failed == 1:
            raise RuntimeError("once")
        await forever()

    monkeypatch.setattr(delivery._worker, "run_forever", failing)
    await delivery.open()
    await delivery.enqueue("r-1")
    async with asyncio.timeout(5):
        await carried.wait()
    assert await ended(delivery) < 2.0
