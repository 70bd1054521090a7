"""Two bots on Socket Mode: Slack hands commands to either, one is ended, one is killed."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

from tests.chaos.town import key_of, town
from tests.slack.socket_house import until


async def test_a_bot_that_is_stopped_acknowledges_and_hands_over(tmp_path: Path) -> None:
    # Not by the usual scale: three seconds to read what is left would be a third of one.
    async with town(tmp_path, bots=2, socket=True, time_scale=2.0) as here:
        first, second = here.bots
        await until(lambda: here.workspace.sockets.count == 4)
        asking = [asyncio.create_task(here.command(first)) for _ in range(8)]
        await asyncio.sleep(0.02)
        await first.terminate()
        assert all(await asyncio.gather(*asking))
        assert here.workspace.sockets.count == 2
        assert await here.command(second)
        await until(lambda: len(here.live) == 9, seconds=30)
        assert here.accepted == 9
        assert max(Counter(map(key_of, here.live)).values()) == 1
        assert "CANCELLED" not in str([message.text for message in here.live])


async def test_a_bot_that_is_killed_leaves_the_rest_to_the_other(tmp_path: Path) -> None:
    async with town(tmp_path, bots=2, socket=True) as here:
        first, second = here.bots
        await until(lambda: here.workspace.sockets.count == 4)
        asking = [asyncio.create_task(here.command(first)) for _ in range(4)]
        await asyncio.sleep(0.15)
        await first.kill()
        await asyncio.gather(*asking)
        await until(lambda: here.workspace.sockets.count == 2)
        assert await here.command(second)
        assert await here.command(second)
        await until(lambda: len(here.live) >= here.accepted, seconds=30)
        assert len(here.live) <= here.sent
        assert max(Counter(map(key_of, here.live)).values()) == 1
