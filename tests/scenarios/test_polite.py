"""Buttons, the form and the ring with the whole bot: its store, its worker, its real wire."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from bot.playground.cluster import SimulatedCluster
from bot.playground.slack.records import Message
from bot.slack import calling_back
from bot.slack.buttons import Button
from tests.scenarios.house import CHANNEL, House, house_on, said


async def test_twenty_clicks_on_run_again_are_one_run(house: House) -> None:
    first = await house.ask("status")
    clicks = (house.slack.click(first.message, Button.AGAIN, user="ben") for _ in range(20))
    assert {ack.status for ack in await asyncio.gather(*clicks)} == {200}
    await house.slack.wait_for(lambda _: len(answers(house)) == 2)
    await asyncio.sleep(0.3)
    assert len(await house.bot.executor.recent()) == 2
    assert "asked by @ben" in said(answers(house)[1])


async def test_a_run_is_cancelled_through_the_store_and_says_by_whom(house: House) -> None:
    for node in range(1, 13):
        house.cluster.inject("agent-silent", f"node-{node}")
    await house.slack.command("/cilium", "status --deep", channel=CHANNEL)
    looking = await house.slack.wait_for(
        lambda there: next((m for m in there if "LOOKING" in m.text), None)
    )
    await asyncio.gather(
        *(house.slack.click(looking, Button.CANCEL, user="ben") for _ in range(20))
    )
    await house.slack.wait_for(
        lambda there: next((m for m in there if "Cancelled by @ben" in said(m)), None)
    )
    [record] = await house.bot.executor.recent()
    assert record.cancelled_by is not None
    assert record.cancelled_by.id == house.slack.users["ben"]


async def test_the_form_runs_what_was_chosen(house: House) -> None:
    await house.slack.command("/cilium", "", channel=CHANNEL)
    field = "status/node/playground"
    async with asyncio.timeout(5):
        while (form := house.slack.modals.top()) is None or not any(
            block["block_id"] == field for block in form.content["blocks"]
        ):
            await asyncio.sleep(0.02)
    await house.slack.modals.submit({field: {"form.field": "node-7"}})
    await house.slack.wait_for(
        lambda _: next((m for m in answers(house) if "status node-7" in said(m)), None)
    )


@pytest.mark.parametrize("long_run", [0.0, 30.0])
async def test_a_long_run_rings_once_in_its_thread_and_a_short_one_never(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, long_run: float
) -> None:
    monkeypatch.setattr(calling_back, "LONG_RUN", long_run)
    async with SimulatedCluster(3) as cluster, house_on(cluster, tmp_path) as house:
        answer = await house.ask("status")
        await asyncio.sleep(0.5)
        rings = [m for m in house.slack.messages(CHANNEL) if re.match(r"<@U\w+> your run", m.text)]
        assert [m.thread_ts for m in rings] == ([answer.message.ts] if long_run == 0 else [])


def answers(house: House) -> list[Message]:
    return [m for m in house.live_messages() if "LOOKING" not in m.text]
