"""Freeze, lock and the lists: answered at once, admitted by the access rules."""

from __future__ import annotations

import json

from bot.model.access import ANY, LISTS, REQUESTS, AccessRules, Action, Effect, Rule
from bot.model.change import ChangeState, Word
from bot.playground.slack.records import Ack
from bot.slack.changes.buttons import action_of
from bot.slack.changes.commands import AT_ONCE
from tests.slack.changes.house import ELSEWHERE, HERE, House, shown
from tests.store.gate import GatedStore


async def typed(house: House, text: str, *, user: str = "ana", channel: str = HERE) -> str:
    ack: Ack = await house.workspace.command("/cilium", text, user=user, channel=channel)
    assert ack.error is None
    return json.dumps(json.loads(ack.body), ensure_ascii=False) if ack.body else ""


def test_every_one_can_be_named_by_an_access_rule() -> None:
    assert {command.name for command in AT_ONCE} == {*REQUESTS, *LISTS}


async def test_freeze_is_public_and_holds_changes_back_until_it_is_lifted(house: House) -> None:
    assert "Told in" in await typed(house, 'freeze "black friday" --for 8h')
    frozen = await house.seen("froze changes on *prod*")
    assert "black friday" in shown(frozen)
    await house.ask()
    refused = await house.seen("⛔ REFUSED")
    assert "Held back by freeze" in shown(refused)
    assert "/cilium unfreeze" in shown(refused)
    assert "black friday" in await typed(house, "locks")
    await typed(house, "unfreeze", user="ben")
    await house.seen("@ben lifted the freeze")
    assert "is not frozen" in await typed(house, "unfreeze")
    await house.ask("delete node-2")
    await house.seen("APPROVE?")


async def test_lock_and_unlock(house: House) -> None:
    await typed(house, 'lock "by hand" --for 1h')
    await house.seen("🔒 @ana locked *prod*")
    assert "locked by ana already" in await typed(house, 'lock "me too"', user="ben")
    assert "by hand" in await typed(house, "locks --cluster prod", channel=ELSEWHERE)
    await typed(house, "unlock", user="ben")
    await house.seen("@ben released the lock")
    assert "is not locked" in await typed(house, "unlock")
    assert "No cluster is locked" in await typed(house, "locks")


async def test_what_waits_is_listed_with_buttons_for_those_who_may(house: House) -> None:
    assert "Nothing waits" in await typed(house, "approvals")
    change = await house.ask()
    await house.seen("APPROVE?")
    mine, bens = await typed(house, "approvals"), await typed(house, "approvals", user="ben")
    assert "Delete the pod on node-1" in mine
    assert action_of(Word.APPROVE) not in mine
    blocks = json.loads(bens)["blocks"]
    row = next(block for block in blocks if block["type"] == "actions")
    assert [one["action_id"] for one in row["elements"]] == ["change.approve", "change.reject"]
    listed = await house.told("Waiting for approval", user="ben")
    await house.press(listed, Word.APPROVE, user="ben")
    await house.until(change, ChangeState.DONE)
    assert "DONE · Delete the pod" in await typed(house, "changes")
    assert "No time-boxed state" in await typed(house, "expiries")


async def test_mistakes_are_told_with_their_usage(house: House) -> None:
    assert "freeze needs" in await typed(house, "freeze")
    assert "[--for DURATION]" in await typed(house, "freeze")
    assert "is not a duration" in await typed(house, 'freeze "x" --for later')
    assert "Did you mean freeze" in await typed(house, "freze")
    assert "no cluster" in await typed(house, "locks --cluster nowhere")
    assert "one argument too many" in await typed(house, "unlock prod now")


async def test_help_lists_them(house: House) -> None:
    text = await typed(house, "help")
    for name in ("approvals", "changes", "freeze", "unfreeze", "lock", "unlock", "expiries"):
        assert f"/cilium {name}" in text
    assert "What has begun goes on" in await typed(house, "help freeze")


async def test_mentions_and_dashes_of_phones_work_too(house: House) -> None:
    house.workspace.say("@cilium freeze “no network changes” —for 2h", channel=HERE)
    assert "no network changes" in shown(await house.seen("froze changes"))
    root = house.workspace.say("what holds?", channel=HERE)
    house.workspace.say("@cilium locks", channel=HERE, thread_ts=root.ts)
    assert "no network changes" in shown(await house.told("Locks and freezes"))


async def test_a_change_is_asked_for_by_a_mention(house: House) -> None:
    house.workspace.say("@cilium delete node-1", channel=HERE)
    await house.seen("APPROVE?")


async def test_the_access_rules_decide(house: House) -> None:
    every = frozenset([ANY])
    reading = Rule(
        name="reading", effect=Effect.ALLOW, place="access.yaml:7", actions=frozenset([Action.RUN]),
        users=every, commands=frozenset(["locks"]), clusters=every, channels=every,
    )  # fmt: skip
    house.door.admission.rules = AccessRules(rules=(reading,), ask="the leads")
    assert "the leads" in await typed(house, 'freeze "x"')
    assert not await house.engine.changes.freezes()
    assert "No cluster is locked" in await typed(house, "locks")
    assert "No access rule lets you run" in await typed(house, "changes")


async def test_while_the_store_is_away_changes_are_refused_and_reading_goes_on(
    house: House, store: GatedStore
) -> None:
    store.down = True
    answer = await typed(house, "delete node-1")
    assert "Changes are refused while the store is away" in answer
    assert "away" in await typed(house, 'freeze "x"')
    await typed(house, "status")
    await house.seen("FAILED")
    store.down = False


async def test_where_changes_are_off_they_are_refused_with_the_reason(house: House) -> None:
    house.executor.changes = None
    house.executor.no_changes = "Nothing can be changed: bot.yaml names no approvals file."
    for text in ("delete node-1", "locks", 'freeze "x"'):
        assert "names no approvals file" in await typed(house, text)
    assert not await house.engine.changes.recent()
