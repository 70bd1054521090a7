"""Two bots tell one change: one message, one card, and the latest form stands."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator

import msgspec
import pytest

from bot.model.change import Change, ChangeState
from bot.slack.changes.teller import SlackTeller
from bot.slack.clock import SystemClock
from bot.slack.outbox import Outbox
from bot.slack.people import People
from bot.slack.store_pending import LEASE, StorePending
from bot.slack.webapi import WebApi
from bot.store.outbox import OutboxEntries
from tests.slack.changes.conftest import SCALE
from tests.slack.changes.house import APPROVERS, CLUSTER, HERE, House, shown
from tests.store.gate import GatedStore


@pytest.fixture
async def other(house: House, store: GatedStore) -> AsyncIterator[SlackTeller]:
    """Another bot's teller, on the same store."""
    api = WebApi(house.workspace.bot_token, house.workspace.api_url, None)
    clock = SystemClock(SCALE)
    await api.open()
    pending = StorePending(OutboxEntries(store, secrets.token_hex(4), lease=LEASE), clock)
    outbox = Outbox(api, clock, pending)
    outbox.open()
    people = People(house.door.reading, frozenset([APPROVERS]), clock)
    channels = {house.workspace.channels[HERE]: CLUSTER}
    changes = house.engine.changes
    yield SlackTeller(outbox, people, house.door.admission, channels, lambda: changes)
    await outbox.close(patience=0.5)
    await api.close()


async def latest(house: House, change: Change) -> Change:
    now = await house.engine.changes.get(change.id)
    assert now is not None
    return now


async def test_whoever_tells_it_there_is_one_message_and_one_card(
    house: House, other: SlackTeller
) -> None:
    change = await house.ask()
    await house.seen("APPROVE?")
    now = await latest(house, change)
    await asyncio.gather(*(teller.tell(now) for teller in (other, house.door.teller) * 3))
    await house.direct("APPROVE?", user="ben")
    await other.kept()
    await asyncio.sleep(0.5)
    roots = [m for m in house.workspace.messages(HERE) if m.bot and not m.thread_ts]
    assert len(roots) == 1
    assert len([m for m in house.workspace.direct_messages("ben") if m.bot]) == 1


async def test_a_bot_that_hung_does_not_bring_an_old_form_back(
    house: House, other: SlackTeller
) -> None:
    change = await house.ask()
    message = await house.seen("APPROVE?")
    await house.direct("APPROVE?", user="ben")
    waiting = await latest(house, change)
    await house.engine.stop()
    approved = msgspec.structs.replace(waiting, state=ChangeState.APPROVED)
    await house.door.teller.tell(approved)
    await house.door.teller.kept()
    late = msgspec.structs.replace(waiting, reminded=True, voided=("an old form",))
    await other.tell(late)
    await other.kept()
    await house.seen("👍 APPROVED")
    await asyncio.sleep(0.5)
    assert "👍 APPROVED" in shown(message)
    assert "an old form" not in shown(message)
    await other.tell(msgspec.structs.replace(late, tellings=1))
    await house.seen("an old form")
