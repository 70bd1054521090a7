"""Buttons on findings: the change is asked for by whoever presses, from an answer that is new."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from bot.model.change import ChangeState, Word
from bot.model.report import RemedyOffer
from bot.playground.slack.records import Message
from bot.slack.changes import offers
from tests.slack.changes.house import ELSEWHERE, HERE, House, shown
from tests.slack.reports import CRASH_LOOP

OFFER = "offer.0"


async def answered(house: House) -> Message:
    await house.workspace.command("/cilium", "status", channel=HERE)
    return await house.seen("Delete on node-1…")


def test_a_finding_has_a_row_of_its_own() -> None:
    finding = msgspec.structs.replace(
        CRASH_LOOP, remedies=(RemedyOffer("restart-agent", {"node": "node-7"}),)
    )
    (row,) = offers.row("r-abcde12345", 3, finding, lambda offer: True)
    assert row["block_id"] == "offer.3"
    (button,) = row["elements"]
    assert button["value"] == "r-abcde12345"
    assert button["text"]["text"] == "Restart agent on node-7…"
    assert offers.row("r-abcde12345", 3, finding, offers.nothing_offered) == ()


async def test_a_press_asks_for_the_change_as_whoever_pressed(house: House) -> None:
    message = await answered(house)
    await house.workspace.click(message, OFFER, user="zoe")
    asked = await house.seen("APPROVE?")
    assert "@zoe asks" in shown(asked)
    assert "restarts again and again" in shown(asked)


async def test_twenty_presses_of_two_people_are_one_change(house: House) -> None:
    message = await answered(house)
    await asyncio.gather(
        *(house.workspace.click(message, OFFER, user=user) for user in ["zoe", "ana"] * 10)
    )
    await house.seen("APPROVE?")
    (change,) = await house.engine.changes.recent()
    other = "ana" if change.request.requester.name == "zoe" else "zoe"
    await house.told("asked for that already", user=other)


async def test_once_it_has_ended_it_can_be_asked_for_again(house: House) -> None:
    message = await answered(house)
    await house.workspace.click(message, OFFER, user="ana")
    asked = await house.seen("APPROVE?")
    await house.press(asked, Word.WITHDRAW, user="ana")
    await house.seen("WITHDRAWN")
    await house.workspace.click(message, OFFER, user="ana")
    await house.seen("APPROVE?")
    states = [one.state for one in await house.engine.changes.recent()]
    assert sorted(states) == [ChangeState.WAITING, ChangeState.WITHDRAWN]


async def test_an_old_answer_is_looked_at_again_first(house: House) -> None:
    message = await answered(house)
    (record,) = await house.executor.recent()
    old = datetime.now(UTC) - timedelta(minutes=16)
    await house.executor.journal.put(msgspec.structs.replace(record, finished_at=old))
    await house.workspace.click(message, OFFER, user="ana")
    await house.told("its check runs again first")
    fresh = await house.seen("Delete on node-1…", but=lambda m: m.ts == message.ts)
    assert not await house.engine.changes.recent()
    await house.workspace.click(fresh, OFFER, user="ana")
    await house.seen("APPROVE?")


@pytest.mark.parametrize("changed", [{"value": "r-zzzzz00000"}, {"value": "x"}])
async def test_a_run_that_is_not_there_leads_to_nothing(
    house: House, changed: dict[str, str]
) -> None:
    message = await answered(house)
    for block in message.blocks:
        if block["block_id"].startswith("offer."):
            block["elements"][0].update(changed)
    await house.workspace.click(message, OFFER, user="ana")
    await house.told("Nothing was done")
    assert not await house.engine.changes.recent()


async def test_a_private_answer_offers_it_too(house: House) -> None:
    await house.workspace.command("/cilium", "status --cluster prod", channel=ELSEWHERE)
    private = await house.told("Delete on node-1…", channel=ELSEWHERE)
    await house.workspace.click(private, OFFER, user="ana")
    await house.told("This is not the channel of prod", channel=ELSEWHERE)
    await house.seen("APPROVE?", channel=HERE)
