"""Ending tasks: once is not enough where a cancellation can get lost."""

from __future__ import annotations

import asyncio

from bot.store.ending import end


async def test_a_task_that_loses_one_cancellation_ends_all_the_same() -> None:
    lost = 0

    async def looping() -> None:
        nonlocal lost
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                lost += 1
                if lost > 1:
                    raise

    task = asyncio.create_task(looping())
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await end([task])
    assert task.cancelled()
    await end([])
