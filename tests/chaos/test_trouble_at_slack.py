"""Two bots on one store while Slack throttles, fails and loses its answers."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from bot.playground.slack import Workspace
from tests.chaos.town import TIME_SCALE, Town, town

METHODS = ("chat.postMessage", "chat.update")
LONG = 16
"""Slack's seconds in ``Retry-After``."""
ROUNDING = 0.05
"""Seconds: the workspace stamps a call when it arrives, the bot waits from the answer on."""


def throttle(slack: Workspace, method: str) -> None:
    slack.throttle(method, retry_after=LONG)


def fail(slack: Workspace, method: str) -> None:
    slack.fail(method, status=500)


def fail_in_words(slack: Workspace, method: str) -> None:
    slack.fail(method, error="internal_error")


def lose_the_answer(slack: Workspace, method: str) -> None:
    slack.fail(method, status=504, done=True)


TROUBLES = (throttle, fail, fail_in_words, lose_the_answer)


async def test_nothing_is_lost_doubled_or_stampeded(tmp_path: Path) -> None:
    chance = random.Random(23)
    troubles = [(trouble, method) for trouble in TROUBLES for method in METHODS]
    chance.shuffle(troubles)
    async with town(tmp_path, bots=2) as here:
        for number, (trouble, method) in enumerate(troubles):
            trouble(here.workspace, method)
            assert await here.command(here.bots[number % 2], f"status node-{1 + number}")
            await asyncio.sleep(chance.uniform(0.0, 0.3))
        await here.until_answered(within=40)
        assert here.accepted == here.sent == len(here.live)
        assert not here.doubled()
        assert not [m for m in here.private if "Still waiting" not in m.text]
        answered_in_trouble = [call.status for call in here.workspace.calls if call.status != 200]
        assert sorted(answered_in_trouble) == [429, 429, 500, 500, 504, 504]
        for method in METHODS:
            waits_as_long_as_asked(here, method)


def waits_as_long_as_asked(here: Town, method: str) -> None:
    """After a 429 neither bot calls the method before its time; that no other call was refused
    shows that they did not stampede then."""
    calls = [call for call in here.workspace.calls if call.method == method]
    [refused] = [place for place, call in enumerate(calls) if call.status == 429]
    pause = calls[refused + 1].at - calls[refused].at
    assert pause >= LONG / TIME_SCALE - ROUNDING
