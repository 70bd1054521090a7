"""Many commands at once: acknowledged at once, answered once, in order, within Slack's limits."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.store.connection import IN_FLIGHT, Store
from bot.store.runs import Runs
from tests.chaos.town import CHANNEL, Town, key_of, town
from tests.machine import others

BURST = int(os.environ.get("CHAOS_BURST", "150"))
"""Many times what Slack takes at once; `make chaos` types 500."""
FAST = 60.0
"""Slack's minutes pass in seconds: a post a second and 50 updates a minute in one channel."""
TRIES = 6
"""What else runs on the machine only makes an acknowledgement later: one good try is proof."""
SLOW = 3
"""Bad tries on a machine of our own are proof, too."""
AT_ONCE = 16 + IN_FLIGHT
"""Runs that are carried, and commands that are written down, at once: their order is open."""

PATIENCE = 180.0
"""Seconds for all of a burst. Slack's limits ask for ten; the rest is for a busy machine."""

pytestmark = pytest.mark.timeout(2 * PATIENCE)

Tell = Callable[[str, list[float]], None]


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
    tmp_path: Path, tell: Tell
) -> None:
    slow = 0
    for attempt in range(TRIES):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        async with town(folder, bots=1, nodes=1_000, time_scale=1.0) as here:
            await acks(here, ["status --deep"])
            await here.workspace.wait_for(lambda _, here=here: here.unanswered())
            with others() as elsewhere:
                seconds = await acks(here, [f"status node-{number}" for number in range(1, 51)])
            assert here.unanswered(), "the large run ended before the burst"
        tell(f"50 at once beside 1,000 nodes, {elsewhere.share:.0%} taken by others", seconds)
        if percentile(seconds, 99) < 0.2:
            return
        slow += elsewhere.quiet
        assert slow < SLOW, "acknowledgements have become slow"
    pytest.skip("others took too much of this machine to measure an acknowledgement on it")


async def test_a_burst_is_answered_once_in_order_and_within_slack_s_limits(
    tmp_path: Path, tell: Tell
) -> None:
    async with town(tmp_path, bots=1, time_scale=FAST) as here:
        texts = [f"status node-{1 + number % 6} --deadline 5m" for number in range(BURST)]
        seconds = await acks(here, texts)
        with contextlib.suppress(TimeoutError):  # what is missing is told below
            await here.until_answered(within=PATIENCE)
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


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Prints what was measured, whether or not the test passes."""

    def tell(what: str, seconds: list[float]) -> None:
        median, late = percentile(seconds, 50), percentile(seconds, 99)
        with capsys.disabled():
            print(f"\n{what}: ack p50 {median * 1e3:.0f} ms, p99 {late * 1e3:.0f} ms")  # noqa: T201

    return tell
