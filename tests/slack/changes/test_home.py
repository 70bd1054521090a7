"""What waits for somebody in their home tab, and deciding there."""

from __future__ import annotations

import asyncio
import json

from bot.model.change import ChangeState, Word
from bot.slack.changes.buttons import action_of
from tests.slack.changes.house import House


async def home(house: House, word: str, user: str) -> str:
    """The home tab of somebody, once it says ``word``."""
    async with asyncio.timeout(8):
        while True:
            view = house.workspace.modals.home(user)
            text = json.dumps(view.content, ensure_ascii=False) if view else ""
            if word in text:
                return text
            await asyncio.sleep(0.02)


async def test_it_waits_there_is_approved_there_and_is_seen_to_end(house: House) -> None:
    house.workspace.modals.open_home("ben")
    house.workspace.modals.open_home("ana")
    await home(house, "Recent runs", "ben")
    change = await house.ask()
    mine, bens = await home(house, "APPROVE?", "ana"), await home(house, "APPROVE?", "ben")
    assert action_of(Word.APPROVE) in bens
    assert action_of(Word.APPROVE) not in mine
    view = house.workspace.modals.home("ben")
    ack = await house.workspace.modals.click(action_of(Word.APPROVE), user="ben", view=view)
    assert ack.status == 200
    await house.until(change, ChangeState.DONE)
    await home(house, "✅ DONE", "ben")
    records = await house.engine.changes.audit.records(change=change.id)
    (decided,) = [one.event for one in records if one.event.event == "decided"]
    assert decided.where == "home"


async def test_what_holds_changes_back_is_there(house: House) -> None:
    await house.workspace.command("/cilium", 'freeze "black friday"')
    house.workspace.modals.open_home("zoe")
    assert "froze changes on" in await home(house, "black friday", "zoe")
    house.workspace.modals.open_home("gus")
    assert "black friday" not in await home(house, "Guests", "gus")


async def test_a_word_that_does_not_count_is_said_at_the_top(house: House) -> None:
    house.workspace.modals.open_home("ben")
    change = await house.ask()
    await home(house, "APPROVE?", "ben")
    view = house.workspace.modals.home("ben")
    await house.press(await house.seen("APPROVE?"), Word.WITHDRAW, user="ana")
    await house.until(change, ChangeState.WITHDRAWN)
    await house.workspace.modals.click(action_of(Word.APPROVE), user="ben", view=view)
    await home(house, "Too late", "ben")
