"""Buttons over the real wire: what each does, once, for whom, and what it says when it does not."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable
from typing import Any, TypeVar
from urllib.parse import urlencode

import pytest

from bot.model.access import ANY, AccessRules, Action, Effect, Rule
from bot.playground.slack.records import Message
from bot.slack.buttons import Button
from tests.slack.conftest import House

HERE = "cilium-oncall"
ELSEWHERE = "network-approvals"
T = TypeVar("T")


def shown(message: Message) -> str:
    return message.text + json.dumps(message.blocks, ensure_ascii=False)


def live(messages: list[Message]) -> list[Message]:
    return [m for m in messages if m.bot and not m.ephemeral_to]


async def seen(house: House, word: str, *, channel: str = HERE, but: str = "") -> Message:
    """Wait for a message that everybody sees, with ``word`` in it; not the one of ts ``but``."""
    return await house.workspace.wait_for(
        lambda there: next((m for m in live(there) if word in shown(m) and m.ts != but), None),
        channel=channel,
    )


async def told(house: House, word: str, *, channel: str = HERE, user: str = "ana") -> Message:
    """Wait for something with ``word`` that ``user`` alone sees."""
    who = house.workspace.users[user]

    def found(there: list[Message]) -> Message | None:
        return next((m for m in there if m.ephemeral_to == who and word in shown(m)), None)

    return await house.workspace.wait_for(found, channel=channel)


async def click(house: House, message: Message, button: Button, user: str = "ana") -> None:
    ack = await house.workspace.click(message, button, user=user)
    assert (ack.status, ack.error) == (200, None)


async def looking(house: House, *, channel: str = HERE) -> Message:
    await house.workspace.command("/cilium", "slow --cluster prod-eu", channel=channel)
    if channel == HERE:
        return await seen(house, "LOOKING")
    return await told(house, "Looking", channel=channel)


async def answered(house: House, text: str = "status") -> Message:
    await house.workspace.command("/cilium", text)
    return await seen(house, "✅ OK")


def rules(house: House, *parts: Rule) -> None:
    house.door.admission.rules = AccessRules(rules=parts, ask="the leads")


def rule(effect: Effect, *actions: Action, users: frozenset[str] = frozenset([ANY])) -> Rule:
    every = frozenset([ANY])
    return Rule(
        name="a rule", effect=effect, place="access.yaml:7", actions=frozenset(actions),
        users=users, commands=every, clusters=every, channels=every,
    )  # fmt: skip


async def together(*waits: Awaitable[T]) -> list[T]:
    return list(await asyncio.gather(*waits))


async def test_cancel_says_so_and_then_who_it_was(house: House) -> None:
    message = await looking(house)
    await click(house, message, Button.CANCEL, user="ben")
    ended = await seen(house, "🚫 CANCELLED")
    assert ended.ts == message.ts
    assert "Cancelled by @ben" in shown(ended)
    assert Button.AGAIN in shown(ended)
    assert Button.CANCEL not in shown(ended)


async def test_until_the_run_has_stopped_its_message_says_that_it_is_cancelled(
    house: House,
) -> None:
    await house.workspace.command("/cilium", "tidy")
    message = await seen(house, "LOOKING")
    await click(house, message, Button.CANCEL)
    saying = await seen(house, "CANCELLING")
    assert "@ana cancelled it" in shown(saying)
    assert Button.CANCEL not in shown(saying)
    assert (await seen(house, "Cancelled by @ana")).ts == message.ts


async def test_twenty_people_cancel_at_once_and_one_did(house: House) -> None:
    message = await looking(house)
    await together(*(click(house, message, Button.CANCEL, user) for user in ["ana", "ben"] * 10))
    await seen(house, "Cancelled by @")
    await asyncio.sleep(0.3)
    assert len(live(house.workspace.messages(HERE))) == 1


async def test_what_has_ended_is_not_cancelled(house: House) -> None:
    message = await looking(house)
    await click(house, message, Button.CANCEL)
    await seen(house, "🚫 CANCELLED")
    await house.send(clicked(house, message, Button.CANCEL))
    await told(house, "has ended already")


async def test_a_guest_cancels_nothing(house: House) -> None:
    message = await looking(house)
    await click(house, message, Button.CANCEL, user="gus")
    refusal = await told(house, "Nothing was cancelled", user="gus")
    assert "Guests" in shown(refusal)
    await seen(house, "✅ OK")


async def test_a_bystander_cancels_only_what_the_rules_let_them_run(house: House) -> None:
    ana = frozenset([house.workspace.users["ana"]])
    rules(house, rule(Effect.ALLOW, Action.RUN, users=ana))
    message = await looking(house)
    await click(house, message, Button.CANCEL, user="ben")
    refusal = await told(house, "Nothing was cancelled", user="ben")
    assert "the leads" in shown(refusal)
    await click(house, message, Button.CANCEL, user="ana")
    await seen(house, "Cancelled by @ana")


async def test_run_again_is_a_new_run_of_whoever_clicks(house: House) -> None:
    first = await answered(house, "status node-1 --deep --deadline 45s")
    await click(house, first, Button.AGAIN, user="ben")
    second = await seen(house, "✅ OK", but=first.ts)
    assert "/cilium status node-1 --deep --deadline 45s" in shown(second)
    assert "asked by @ben" in shown(second)
    ran = {record.request.requester.name: record for record in await house.executor.recent()}
    assert ran["ben"].request.parameters == ran["ana"].request.parameters
    assert ran["ben"].request.deadline == ran["ana"].request.deadline == 45
    assert ran["ben"].request.cluster == "prod-eu"


async def test_run_again_keeps_the_cluster_where_the_channel_has_another(house: House) -> None:
    first = await answered(house, "status --cluster lab")
    await click(house, first, Button.AGAIN)
    second = await seen(house, "✅ OK", but=first.ts)
    assert "lab" in shown(second)


async def test_twenty_impatient_clicks_run_it_once_and_later_once_more(house: House) -> None:
    first = await answered(house)
    await together(*(click(house, first, Button.AGAIN) for _ in range(20)))
    second = await seen(house, "✅ OK", but=first.ts)
    await asyncio.sleep(0.3)
    assert len(await house.executor.recent()) == 2
    await click(house, second, Button.AGAIN)
    while len(await house.executor.recent()) < 3:
        await asyncio.sleep(0.02)


async def test_run_again_asks_the_rules_anew(house: House) -> None:
    first = await answered(house)
    await click(house, first, Button.AGAIN, user="gus")
    await told(house, "Guests", user="gus")
    rules(house, rule(Effect.DENY, Action.RUN))
    await click(house, first, Button.AGAIN, user="ben")
    await told(house, "Nothing was run", user="ben")
    assert len(live(house.workspace.messages(HERE))) == 1


async def test_run_again_stays_in_the_thread(house: House) -> None:
    root = house.workspace.say("what is wrong?")
    first = await answered(house)
    await house.send(clicked(house, first, Button.AGAIN, thread=root.ts))
    second = await seen(house, "✅ OK", but=first.ts)
    assert second.thread_ts == root.ts


async def test_a_private_answer_is_shared_once_and_says_so(house: House) -> None:
    await house.workspace.command("/cilium", "wide --cluster prod-eu", channel=ELSEWHERE)
    private = await told(house, Button.SHARE, channel=ELSEWHERE)
    assert not live(house.workspace.messages(ELSEWHERE))
    await together(*(click(house, private, Button.SHARE) for _ in range(20)))
    public = await seen(house, "shared by @ana", channel=ELSEWHERE)
    assert Button.AGAIN in shown(public)
    assert Button.SHARE not in shown(public)
    table = await house.workspace.wait_for(
        lambda there: next((m for m in there if m.thread_ts == public.ts), None), channel=ELSEWHERE
    )
    assert table.files
    replaced = await told(house, "Shared to the channel by @ana", channel=ELSEWHERE)
    assert replaced.ts == private.ts
    assert Button.SHARE not in shown(replaced)
    await asyncio.sleep(0.3)
    roots = [m for m in live(house.workspace.messages(ELSEWHERE)) if not m.thread_ts]
    assert len(roots) == 1


async def test_a_channel_without_the_bot_takes_nothing_and_the_answer_comes_back(
    house: House,
) -> None:
    await house.workspace.command("/cilium", "status --cluster prod-eu", channel="general")
    private = await told(house, Button.SHARE, channel="general")
    await click(house, private, Button.SHARE)
    again = await told(house, "/invite @cilium", channel="general")
    assert "Not shared" in shown(again)
    assert Button.SHARE in shown(again)


async def test_sharing_is_for_the_rules_to_allow(house: House) -> None:
    rules(house, rule(Effect.ALLOW, Action.RUN))
    await house.workspace.command("/cilium", "status --cluster prod-eu", channel=ELSEWHERE)
    private = await told(house, Button.SHARE, channel=ELSEWHERE)
    await click(house, private, Button.SHARE)
    refusal = await told(house, "Nothing was shared", channel=ELSEWHERE)
    assert "sharing `status`" in shown(refusal)
    assert not live(house.workspace.messages(ELSEWHERE))


async def test_a_private_run_is_cancelled_in_its_own_message(house: House) -> None:
    private = await looking(house, channel=ELSEWHERE)
    await click(house, private, Button.CANCEL)
    saying = await told(house, "CANCELLING", channel=ELSEWHERE)
    assert saying.ts == private.ts
    await told(house, "Cancelled by @ana", channel=ELSEWHERE)


def clicked(house: House, message: Message, button: str, **changes: Any) -> bytes:
    """The signed request of a click, with parts of it changed as no client of Slack's would."""
    user, thread = changes.pop("user", "ana"), changes.pop("thread", message.ts)
    action = {"type": "button", "block_id": "run", "action_id": button, "action_ts": "1.2"}
    run = next(b for b in message.blocks if b["block_id"] == "run")["elements"][0]["value"]
    payload = {
        "type": "block_actions",
        "user": {"id": house.workspace.users[user], "username": user},
        "container": {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": message.channel,
            "thread_ts": thread,
            "is_ephemeral": message.ephemeral_to is not None,
        },
        "channel": {"id": message.channel},
        "response_url": "",
        "trigger_id": secrets.token_hex(8),
        "actions": [{**action, "value": run, **changes}],
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


@pytest.mark.parametrize(
    "changes",
    [
        {"value": "r-'; drop"},
        {"value": "r-abcde12345\n"},
        {"value": 7},
        {"value": None},
        {"action_id": "run.restart"},
        {"action_id": None},
    ],
)
async def test_a_tampered_click_is_told_and_does_nothing(
    house: House, changes: dict[str, Any]
) -> None:
    message = await answered(house)
    await house.send(clicked(house, message, Button.AGAIN, **changes))
    if changes.get("action_id", "") is not None:
        await told(house, "this button does not belong here")
    assert len(await house.executor.recent()) == 1


async def test_a_run_that_is_not_kept_any_more_is_said_to_be(house: House) -> None:
    message = await answered(house)
    await house.send(clicked(house, message, Button.AGAIN, value="r-zzzzz00000"))
    refusal = await told(house, "r-zzzzz00000")
    assert "not kept any more" in shown(refusal)


async def test_a_run_of_another_channel_is_out_of_reach(house: House) -> None:
    """What was answered privately elsewhere cannot be brought here by its id."""
    await house.workspace.command("/cilium", "status --cluster prod-eu", channel=ELSEWHERE)
    private = await told(house, Button.SHARE, channel=ELSEWHERE)
    run = next(b for b in private.blocks if b["block_id"] == "run")["elements"][0]["value"]
    message = await answered(house)
    for button in Button:
        await house.send(clicked(house, message, button, value=run))
    await told(house, "this button does not belong here")
    assert len(await house.executor.recent()) == 2


async def test_only_its_owner_shares_a_private_answer(house: House) -> None:
    await house.workspace.command("/cilium", "status --cluster prod-eu", channel=ELSEWHERE)
    private = await told(house, Button.SHARE, channel=ELSEWHERE)
    await house.send(clicked(house, private, Button.SHARE, user="ben"))
    await told(house, "this button does not belong here", channel=ELSEWHERE, user="ben")
    assert not live(house.workspace.messages(ELSEWHERE))


async def test_a_click_passes_the_guard_once(house: House) -> None:
    message = await answered(house)
    body = clicked(house, message, Button.AGAIN)
    assert (await house.send(body, signature="v0=" + "0" * 64))[0] == 401
    assert (await house.send(body, timestamp="1700000000"))[0] == 401
    now = str(int(time.time()))
    assert [(await house.send(body, timestamp=now))[0] for _ in range(3)] == [200, 401, 401]
