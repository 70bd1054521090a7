"""Bots killed at random moments: what was accepted is answered, once.

``make chaos N=200`` for more than the few of the usual suite; prints its figures.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.town import TIME_SCALE, Town, town

KILLS = int(os.environ.get("CHAOS_N", "20"))
SEED = int(os.environ.get("CHAOS_SEED", "0")) or random.randrange(1, 1 << 32)


def figures(here: Town, began: float, kills: int) -> str:
    return (
        f"chaos: seed {SEED}, {kills} kills, {here.sent} commands sent, "
        f"{here.accepted} acknowledged, {len(here.live)} live messages, "
        f"{len(here.unanswered())} left looking, {len(here.private)} private, "
        f"{len(here.refused)} refused by Slack, "
        f"{time.monotonic() - began:.1f} s"
    )


@pytest.mark.timeout(60 + 6 * KILLS)
async def test_every_accepted_command_is_answered_exactly_once(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(SEED)
    began = time.monotonic()
    async with town(tmp_path, bots=2) as here:
        victim, other = here.bots
        for _ in range(KILLS):
            asking = [asyncio.create_task(here.command(victim)) for _ in range(2)]
            await asyncio.sleep(chance.uniform(0.0, 0.8))
            await victim.kill()
            await asyncio.gather(*asking)
            restarting = asyncio.create_task(victim.start())
            await here.command(other, "status node-7")
            await restarting
            victim, other = other, victim
        try:
            await here.until_answered(
                within=30 + 2 * here.sent / TIME_SCALE
            )  # one a second each way
        finally:
            record_property("figures", figures(here, began, KILLS))
        assert here.accepted <= len(here.live) <= here.sent
        assert len(here.refused) == here.sent - here.accepted
        assert not here.unanswered()
        assert not [m for m in here.private if "Still waiting" not in m.text]
        assert not here.doubled()
