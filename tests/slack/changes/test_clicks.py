"""Presses over the real wire: who counts, once, and what is told to whom otherwise."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from bot.model.change import Change, ChangeState, Word
from bot.model.run import Door, Requester
from bot.playground.slack.records import Message
from tests.engine.changes.kube import lost
from tests.slack.changes.house import HERE, House, shown
from tests.store.gate import GatedStore


async def waiting(house: House, text: str = "delete node-1") -> tuple[Change, Message]:
    change = await house.ask(text)
    return change, await house.seen("APPROVE?")


async def untouched(house: House, change: Change) -> None:
    now = await house.engine.changes.get(change.id)
    assert now is not None
    assert now.state is ChangeState.WAITING
    assert not now.decisions
    assert not house.engine.cluster.api.effects


async def audited(house: House, change: Change) -> list[str]:
    records = await house.engine.changes.audit.records(change=change.id)
    return [record.event.event.value for record in records]


async def test_the_requester_and_a_bystander_decide_nothing_and_are_told_alone(
    house: House,
) -> None:
    change, message = await waiting(house)
    await house.press(message, Word.APPROVE, user="ana")
    assert "somebody else must" in shown(await house.told("You asked for", user="ana"))
    await house.press(message, Word.APPROVE, user="gus")
    await house.told("Guests", user="gus")
    await untouched(house, change)
    assert (await audited(house, change)).count("not-allowed") == 2


async def test_a_hundred_presses_of_all_kinds_of_people_are_one_execution(house: House) -> None:
    change, message = await waiting(house)
    people = ["ben", "ana", "zoe", "gus"] * 25
    await asyncio.gather(
        *(house.send(house.clicked(message, Word.APPROVE, user=user)) for user in people)
    )
    await house.until(change, ChangeState.DONE)
    assert len(house.engine.cluster.api.effects) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"value": "a-'; drop"},
        {"value": "c-abcde12345"},
        {"value": 7},
        {"value": None},
        {"action_id": "change.execute"},
        {"action_id": "change."},
    ],
)
async def test_a_tampered_press_is_told_and_does_nothing(
    house: House, changed: dict[str, Any]
) -> None:
    change, message = await waiting(house)
    await house.send(house.clicked(message, Word.APPROVE, **changed))
    await house.told("this button does not belong here", user="ben")
    await untouched(house, change)


async def test_an_id_that_was_guessed_leads_nowhere(house: House) -> None:
    change, message = await waiting(house)
    await house.send(house.clicked(message, Word.APPROVE, value="a-zzzzz00000"))
    await house.told("not known any more", user="ben")
    await untouched(house, change)


async def test_a_press_passes_the_guard_once(house: House) -> None:
    change, message = await waiting(house)
    body = house.clicked(message, Word.APPROVE, user="zoe")
    forged = house.clicked(message, Word.APPROVE, user="ben")
    assert await house.send(forged, signature="v0=" + "0" * 64) == 401
    assert await house.send(forged, timestamp="1700000000") == 401
    await untouched(house, change)
    now = str(int(time.time()))
    assert [await house.send(body, timestamp=now) for _ in range(3)] == [200, 401, 401]


async def test_a_decision_comes_too_late(house: House) -> None:
    change, message = await waiting(house)
    late = house.clicked(message, Word.APPROVE)
    await house.press(message, Word.WITHDRAW, user="ana")
    await house.seen("🚫 WITHDRAWN")
    await house.send(late)
    await house.told("Too late", user="ben")
    assert not house.engine.cluster.api.effects
    assert (await house.direct("WITHDRAWN", user="ben")).blocks[0]["type"] == "header"
    assert (await audited(house, change))[-1] == "not-allowed"


async def test_only_the_requester_withdraws(house: House) -> None:
    change, message = await waiting(house)
    await house.press(message, Word.WITHDRAW, user="ben")
    await house.told("Only who asked", user="ben")
    await untouched(house, change)


async def test_a_rejection_needs_its_reason_in_a_form(house: House) -> None:
    change, message = await waiting(house)
    await house.press(message, Word.REJECT, user="ben")
    form = house.workspace.modals.top("ben")
    assert form is not None
    assert "Reject" in str(form.content["title"])
    ack = await house.workspace.modals.submit({"typed": {"typed": "Look first."}}, user="ben")
    assert ack.error is None
    rejected = await house.seen("🚫 REJECTED")
    assert rejected.ts == message.ts
    assert "@ben rejected it: Look first." in shown(rejected)
    assert house.workspace.modals.top("ben") is None
    await house.until(change, ChangeState.REJECTED)


async def test_what_a_bystander_fills_in_is_said_in_the_form(house: House) -> None:
    change, message = await waiting(house)
    await house.press(message, Word.REJECT, user="ana")
    await house.workspace.modals.submit({"typed": {"typed": "no"}}, user="ana")
    form = house.workspace.modals.top("ana")
    assert form is not None
    assert "You asked for this change" in str(form.content)
    await untouched(house, change)


async def test_breakglass_is_approved_by_typing_the_cluster_and_confirmed_step_by_step(
    house: House,
) -> None:
    words = 'smash node-1 --incident INC-1 --reason "all is lost"'
    change, message = await waiting(house, words)
    assert "🔔 *Breakglass*" in shown(await house.seen("🔔"))
    await house.press(message, Word.APPROVE, user="ben")
    await house.workspace.modals.submit({"typed": {"typed": "lab"}}, user="ben")
    form = house.workspace.modals.top("ben")
    assert form is not None
    assert "Type the name" in house.workspace.modals.errors(form)["typed"]
    await house.workspace.modals.submit({"typed": {"typed": "prod"}}, user="ben")
    await house.seen("1 of 2 approvals")
    zoe = await house.seen("APPROVE?")
    await house.press(zoe, Word.APPROVE, user="zoe")
    await house.workspace.modals.submit({"typed": {"typed": "prod"}}, user="zoe")
    confirming = await house.seen("NEXT STEP?")
    assert not house.engine.cluster.api.effects
    stale = house.clicked(confirming, Word.CONFIRM, block_id="change.000000000000")
    await house.send(stale)
    await house.told("has moved on", user="ben")
    await house.press(confirming, Word.CONFIRM, user="ben")
    await house.until(change, ChangeState.DONE)
    assert len(house.engine.cluster.api.effects) == 1


async def test_a_step_in_doubt_is_settled_by_a_human(house: House) -> None:
    api = house.engine.cluster.api
    change, message = await waiting(house)

    def cut(verb: str, path: str) -> None:
        api.down = True
        lost()(verb, path)

    api.after = cut
    await house.press(message, Word.APPROVE)
    unknown = await house.seen("❔ UNKNOWN")
    assert "delete the pod" in shown(unknown)
    assert "Look yourself" in shown(unknown)
    assert "<@U0PLAYBEN01>" in shown(await house.seen("❔ UNKNOWN: "))
    await house.press(unknown, Word.HAPPENED, user="ana")
    api.down, api.after = False, lambda verb, path: None
    await house.until(change, ChangeState.DONE)
    assert len(api.effects) == 1


async def test_cancel_says_so_at_once(house: House) -> None:
    change, message = await waiting(house)
    house.engine.cluster.api.down = True
    await house.press(message, Word.APPROVE)
    approved = await house.seen("👍 APPROVED")
    await house.press(approved, Word.CANCEL, user="ana")
    house.engine.cluster.api.down = False
    cancelled = await house.seen("🚫 CANCELLED")
    assert "Nothing was done" in shown(cancelled)
    await house.until(change, ChangeState.CANCELLED)


async def test_while_the_store_is_away_a_press_is_refused_with_the_reason(
    house: House, store: GatedStore
) -> None:
    _, message = await waiting(house)
    store.down = True
    await house.send(house.clicked(message, Word.APPROVE))
    store.down = False
    await house.told("away", user="ben")
    assert not house.engine.cluster.api.effects


async def test_a_word_from_the_terminal_shows_in_slack(house: House) -> None:
    change, _ = await waiting(house)
    by = Requester(door=Door.TERMINAL, id="U0PLAYBEN01", name="ben")
    person = await house.door.teller.person(by.id)
    await house.engine.changes.say(change.id, Word.REJECT, by, person, reason="from a shell")
    rejected = await house.seen("🚫 REJECTED")
    assert "from a shell" in shown(rejected)
    assert "REJECTED" in shown(await house.direct("REJECTED", user="ben"))


async def test_nothing_is_said_twice_however_often_it_is_told(house: House) -> None:
    change, _ = await waiting(house)
    known = await house.engine.changes.get(change.id)
    assert known is not None
    await house.direct("APPROVE?", user="ben")
    for _ in range(5):
        await house.door.teller.tell(known)
    await house.door.outbox.kept()
    await asyncio.sleep(0.3)
    cards = [m for m in house.workspace.direct_messages("ben") if "APPROVE?" in shown(m)]
    roots = [m for m in house.workspace.messages(HERE) if "APPROVE?" in shown(m)]
    assert (len(cards), len(roots)) == (1, 1)
