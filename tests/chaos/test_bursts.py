"""Many commands at once: acknowledged at once, answered once, in order, within Slack's limits."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

import pytest

from bot.store.connection import IN_FLIGHT, Store
from bot.store.runs import Runs
from tests.chaos.town import CHANNEL, Town, key_of, town

BURST = int(os.environ.get("CHAOS_BURST", "150"))
"""Many times what Slack takes at once; `make chaos` types 500."""
FAST = 60.0
"""Slack's minutes pass in seconds: a post a second and 50 updates a minute in one channel."""
TRIES = 3
"""What else runs on the machine only makes an acknowledgement later."""
AT_ONCE = 16 + IN_FLIGHT
"""Runs that are carried, and commands that are written down, at once: their order is open."""


async def acks(here: Town, texts: list[str]) -> list[float]:
    """Seconds to each acknowledgement of commands typed at the same moment."""
    here.workspace.bot_url = here.bots[0].url
    typed = [here.workspace.command("/cilium", text, channel=CHANNEL) for text in texts]
    heard = await asyncio.gather(*typed)
    assert {ack.status for ack in heard} == {200}
    here.sent += len(heard)
    here.accepted += len(heard)
    return sorted(ack.seconds for ack in heard)


async def test_fifty_commands_are_acknowledged_while_a_thousand_nodes_are_looked_at(
    tmp_path: Path,
) -> None:
    for attempt in range(TRIES):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        async with town(folder, bots=1, nodes=1_000, time_scale=1.0) as here:
            await acks(here, ["status --deep"])
            await here.workspace.wait_for(lambda _, here=here: here.unanswered())
            seconds = await acks(here, [f"status node-{number}" for number in range(1, 51)])
            assert here.unanswered(), "the large run ended before the burst"
        tell("50 at once beside 1,000 nodes", seconds)
        if percentile(seconds, 99) < 0.2:
            return
    pytest.fail("the machine was never quiet enough, or acknowledgements have become slow")


async def test_a_burst_is_answered_once_in_order_and_within_slack_s_limits(tmp_path: Path) -> None:
    async with town(tmp_path, bots=1, time_scale=FAST) as here:
        texts = [f"status node-{1 + number % 6} --deadline 5m" for number in range(BURST)]
        seconds = await acks(here, texts)
        with contextlib.suppress(TimeoutError):  # what is missing is told below
            await here.until_answered(within=60)
        tell(f"{BURST} at once, Slack's clock x {FAST:g}", seconds)
        assert len(here.live) == BURST
        assert all("Still waiting" in message.text for message in here.private)
        assert not here.unanswered()
        assert len({key_of(message) for message in here.live}) == len(here.live)
        assert not [call for call in here.workspace.calls if call.status == 429]
        await in_order(here)


async def in_order(here: Town) -> None:
    """Live messages stand in the order their runs were accepted."""
    store = Store(here.store.address)
    records = await Runs(store).recent(BURST)
    await store.close()
    accepted = sorted(records, key=lambda record: record.queued_at)
    rank = {record.id: place for place, record in enumerate(accepted)}
    places = [rank[key_of(message)] for message in here.live]
    assert max(abs(place - there) for there, place in enumerate(places)) <= AT_ONCE


def percentile(seconds: list[float], of_hundred: int) -> float:
    """Of sorted ``seconds``."""
    return seconds[min(len(seconds) - 1, len(seconds) * of_hundred // 100)]


def tell(what: str, seconds: list[float]) -> None:
    """Print what was measured."""
    median, late = percentile(seconds, 50), percentile(seconds, 99)
    print(f"\n{what}: ack p50 {median * 1e3:.0f} ms, p99 {late * 1e3:.0f} ms")  # noqa: T201
