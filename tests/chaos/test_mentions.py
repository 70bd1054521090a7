"""Mentions in a thread while bots are killed: Slack sends them again, each is answered once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path

from bot.playground.slack.records import Message
from tests.chaos.town import CHANNEL, Town, key_of, town


def answers(here: Town) -> list[Message]:
    """Live messages that stand in a thread; the key of a detail names its part, too."""
    told = [m for m in here.replies if key_of(m).startswith("r-")]
    return [message for message in told if "/" not in key_of(message)]


async def until_answered(here: Town, asked: int) -> None:
    async with asyncio.timeout(30):
        while len(answers(here)) < asked or "LOOKING" in str(answers(here)):
            await asyncio.sleep(0.05)


async def test_each_mention_is_answered_once_in_its_thread(tmp_path: Path) -> None:
    chance = random.Random(7)
    async with town(tmp_path, bots=2) as here:
        root = here.workspace.say("node-7 is odd", channel=CHANNEL)
        victim, other = here.bots
        for asked in range(1, 3):
            here.workspace.bot_url = victim.url
            here.workspace.say("@cilium status", channel=CHANNEL, thread_ts=root.ts)
            await asyncio.sleep(chance.uniform(0.0, 0.4))
            await victim.kill()
            here.workspace.bot_url = other.url
            await until_answered(here, asked)
            await victim.start()
            victim, other = other, victim
        assert len(answers(here)) == 2
        assert max(Counter(map(key_of, answers(here))).values()) == 1
        assert {message.thread_ts for message in answers(here)} == {root.ts}
        assert not here.live
