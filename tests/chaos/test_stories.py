"""Two bots on one store: one is stopped, the store is killed, the store is away."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
from pathlib import Path

from bot.store.connection import Store
from bot.store.runs import Runs
from tests.chaos.town import Town, town


def once(here: Town) -> None:
    """Everything acknowledged has its one live message, and none is left looking."""
    assert here.accepted <= len(here.live) <= here.sent
    assert not here.unanswered()
    assert not here.doubled()


async def test_a_bot_that_is_stopped_hands_its_runs_to_the_other(tmp_path: Path) -> None:
    async with town(tmp_path, bots=2) as here:
        first, second = here.bots
        for _ in range(3):
            await here.command(first)
        await asyncio.sleep(0.15)
        await first.terminate()
        assert await here.command(second)
        await here.until_answered(within=20)
        once(here)
        assert here.accepted == 4
        assert "CANCELLED" not in str([message.text for message in here.live])


async def test_a_store_killed_at_random_loses_and_doubles_nothing(tmp_path: Path) -> None:
    chance = random.Random(11)
    async with town(tmp_path, bots=2) as here:
        for number in range(8):
            bot = here.bots[number % 2]
            asking = [asyncio.create_task(here.command(bot)) for _ in range(2)]
            await asyncio.sleep(chance.uniform(0.0, 0.4))
            if here.store.pid:
                with contextlib.suppress(ProcessLookupError):  # it is being started again
                    os.kill(here.store.pid, signal.SIGKILL)
            await asyncio.gather(*asking)
        await here.until_answered(within=30)
        once(here)
        assert here.accepted == here.sent
        store = Store(here.store.address)
        records = await Runs(store).recent()
        await store.close()
        assert all(record.state.terminal for record in records)


async def test_while_the_store_is_away_answers_say_that_they_are_not_recorded(
    tmp_path: Path,
) -> None:
    async with town(tmp_path, bots=1) as here:
        [bot] = here.bots
        await here.store.stop()
        assert await here.command(bot)
        assert await here.command(bot, "status node-7")
        await here.until_answered(within=20)
        once(here)
        assert all("not recorded" in json.dumps(message.blocks) for message in here.live)
        await here.store.start()
        await asyncio.sleep(1.5)
        assert await here.command(bot)
        await here.until_answered(within=20)
        assert "not recorded" not in json.dumps(here.live[-1].blocks)
        once(here)
