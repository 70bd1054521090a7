"""Mentions and direct messages, as the local workspace sends them, and odd ones signed by hand."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.errors import StoreUnavailable
from bot.playground.slack.directory import BOT, TEAM_ID
from bot.playground.slack.records import Message
from bot.slack.mentions import addressed, asked_in
from tests.slack.conftest import House

ME = f"<@{BOT.id}>"
ANA = "U0PLAYANA01"


def shown(message: Message) -> str:
    return message.text + json.dumps(message.blocks, ensure_ascii=False)


async def reply(house: House, word: str, channel: str = "cilium-oncall") -> Message:
    """The message of the bot that shows ``word``."""
    return await house.workspace.wait_for(
        lambda seen: next((m for m in seen if m.bot and word in shown(m)), None),
        channel=channel,
        timeout=8,
    )


def event(said: str, **fields: object) -> dict[str, Any]:
    """A mention as Slack's Events API sends it."""
    return {
        "type": "event_callback",
        "event_id": "Ev1",
        "team_id": TEAM_ID,
        "event": {
            "type": "app_mention",
            "user": ANA,
            "text": said,
            "channel": "C0PLAYONCALL",
            "ts": "1700000000.000100",
            "team": TEAM_ID,
            **fields,
        },
        "authorizations": [
            {"team_id": TEAM_ID, "user_id": BOT.id, "is_bot": True, "enterprise_id": None}
        ],
    }


async def sends(house: House, body: dict[str, Any], age: int = 0) -> int:
    raw, now = json.dumps(body).encode(), str(int(time.time()) - age)
    return (await house.send(raw, timestamp=now, content_type="application/json"))[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{ME} status node-7", "status node-7"),
        (f"{ME}", ""),
        (f"hey {ME} status", "status"),
        (f"{ME}: status", "status"),
        (f"<@{BOT.id}|cilium> status", "status"),
        (f"{ME} `status node-7`", "status node-7"),
        (f"{ME}\n```status node-7\n```", "status node-7"),
        (f"{ME} status\nsince an hour", "status"),
        (f"{ME} status {ME}", "status"),
        (f"<@U0OTHER> {ME} status", "status"),
        (f"&gt; {ME} status", None),
        (f"&gt;&gt;&gt; he said\n{ME} status", None),
        (f"&gt; {ME} status\n{ME} flows", "flows"),
        (f"`{ME} status`", None),
        (f"```\n{ME} status\n```", None),
        ("<@U0OTHER> status", None),
        ("status", None),
    ],
)
def test_what_is_said_to_the_bot(text: str, said: str | None) -> None:
    assert addressed(text, BOT.id) == said


def test_without_the_bot_s_own_id_the_first_mention_is_taken_for_it() -> None:
    body = event(f"{ME} status")
    del body["authorizations"]
    asked = asked_in(body)
    assert asked is not None
    assert asked.text == "status"


@pytest.mark.parametrize(
    "fields",
    [
        {"bot_id": "B1"},
        {"user": BOT.id},
        {"user": None},
        {"subtype": "bot_message"},
        {"subtype": "message_changed"},
        {"edited": {"user": ANA, "ts": "1700000001.000000"}},
        {"text": None},
        {"channel": ["C1"]},
        {"type": "message", "channel_type": "channel"},
    ],
)
def test_bots_edits_and_oddities_ask_for_nothing(fields: dict[str, object]) -> None:
    assert asked_in(event(f"{ME} status", **fields)) is None


@given(st.recursive(st.none() | st.text() | st.integers(), st.lists, max_leaves=3))
def test_no_event_makes_it_raise(odd: object) -> None:
    names = ("user", "text", "channel", "thread_ts", "bot_id", "team", "subtype")
    for name in names:
        asked_in(event(ME, **{name: odd}))
    asked_in({"event": odd, "authorizations": odd})
    asked_in({"event": {}, "authorizations": [odd]})


async def test_a_mention_is_answered_in_its_channel(house: House) -> None:
    house.workspace.say("@cilium status node-7")
    live = await reply(house, "FAILED")
    assert (live.thread_ts, live.ephemeral_to) == (None, None)
    assert "@cilium status node-7" in shown(live)
    assert "asked by @ana" in shown(live)
    first = next(call for call in house.workspace.calls if call.method == "chat.postMessage")
    assert "asked by @ana" in json.dumps(first.arguments)
    assert ANA not in json.dumps(first.arguments)  # a mention in a new message would ring


@pytest.mark.parametrize("by", ["ana", "ben"])
async def test_in_a_thread_answer_and_detail_stay_there(house: House, by: str) -> None:
    root = house.workspace.say("node-7 is odd", user=by)
    house.workspace.say("@cilium wide", thread_ts=root.ts)
    live = await reply(house, "took")
    detail = await house.workspace.wait_for(
        lambda seen: next((message for message in seen if message.files), None)
    )
    assert (live.thread_ts, detail.thread_ts) == (root.ts, root.ts)
    assert detail.ts > live.ts


async def test_a_thread_that_is_gone_makes_the_answer_private(house: House) -> None:
    body = event(f"{ME} status", thread_ts="1600000000.000100")
    assert await sends(house, body) == 200
    said = await reply(house, "All 12 agents are healthy.")
    assert said.ephemeral_to == ANA
    assert said.thread_ts is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("@cilium", "Ask about a cluster"),
        ("@cilium help status", "@cilium status [NODE]"),
        ("@cilium statsu", "Did you mean status?"),
        ("@cilium status node-77", "Did you mean node-7"),
        ("@cilium status 'node-7", "never closed"),
        ("@cilium status <!channel> *x*", "is not a node name"),
        ("@cilium status $(reboot)", "is not a node name"),
        ("@cilium " + "x" * 600, "at most 500"),
        ("@cilium status \u202enode", "invisible character"),
    ],
)
async def test_help_and_mistakes_are_told_privately_in_the_thread(
    house: House, text: str, told: str
) -> None:
    root = house.workspace.say("node-7 is odd")
    house.workspace.say(text, thread_ts=root.ts, user="ben")
    said = await reply(house, told)
    assert (said.ephemeral_to, said.thread_ts) == ("U0PLAYBEN01", root.ts)
    assert "<!channel>" not in shown(said)
    assert "/cilium" not in shown(said)


@pytest.mark.parametrize("text", ["@cilium status —deep", "@cilium status “node-7”"])
async def test_what_phones_type_is_understood(house: House, text: str) -> None:
    house.workspace.say(text)
    await reply(house, "took")


async def test_outside_the_bot_s_channels_the_answer_is_private(house: House) -> None:
    house.workspace.say("@cilium status --cluster lab", channel="network-approvals")
    said = await reply(house, "All 12 agents are healthy.", "network-approvals")
    assert said.ephemeral_to == ANA
    assert "not one of the bot's channels" in shown(said)


async def test_a_direct_message_needs_no_mention_and_is_answered_openly(house: House) -> None:
    for text in ("status --cluster lab", "@cilium status --cluster lab"):
        house.workspace.say(text, channel="D0PLAYANA01")
    await house.workspace.wait_for(
        lambda seen: [m for m in seen if "took" in shown(m)][1:], channel="D0PLAYANA01", timeout=8
    )
    assert not [m for m in house.workspace.direct_messages("ana") if m.ephemeral_to]


async def test_a_direct_message_names_its_cluster_or_is_asked_for_it(house: House) -> None:
    house.workspace.say("status", channel="D0PLAYANA01")
    assert "Which cluster?" in shown(await reply(house, "--cluster", "D0PLAYANA01"))


@pytest.mark.parametrize(
    ("user", "channel", "why"),
    [
        ("gus", "cilium-oncall", "Guests of the workspace"),
        ("kim", "partner-noc", "People of other workspaces"),
    ],
)
async def test_guests_and_foreign_people_are_refused_privately(
    house: House, user: str, channel: str, why: str
) -> None:
    house.workspace.say("@cilium status --cluster lab", user=user, channel=channel)
    said = await reply(house, why, channel)
    assert said.ephemeral_to == house.workspace.users[user]


async def test_foreign_people_are_refused_though_slack_does_not_say_who_they_are(
    house: House,
) -> None:
    house.workspace.fail("users.info", status=500, times=5)
    house.workspace.say("@cilium status --cluster lab", user="kim", channel="partner-noc")
    await reply(house, "People of other workspaces", "partner-noc")
    assert not [call for call in house.workspace.calls if call.method == "users.info"]


async def test_somebody_who_left_the_channel_is_told_in_a_direct_message(house: House) -> None:
    body = event(f"{ME} statsu", user="U0PLAYZOE01", channel="C0PLAYAPPROVE")
    assert await sends(house, body) == 200
    said = await reply(house, "Did you mean status?", "D0PLAYZOE01")
    assert said.ephemeral_to is None


async def test_one_event_is_one_run_however_often_it_comes(house: House) -> None:
    body = event(f"{ME} status")
    for age in (2, 1, 0):
        assert await sends(house, body, age) == 200
    await reply(house, "took")
    assert len(house.executor.journal.recent()) == 1


async def test_one_event_is_told_once_however_often_it_comes(house: House) -> None:
    body = event(f"{ME} statsu")
    for age in (2, 1, 0):
        assert await sends(house, body, age) == 200
    await reply(house, "Did you mean")
    await asyncio.sleep(0.3)
    assert len([m for m in house.workspace.messages("cilium-oncall") if m.bot]) == 1


async def test_what_could_not_be_taken_comes_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, failures = house.executor.start, [StoreUnavailable("gone"), RuntimeError("a bug")]

    async def fails_twice(*given: Any, **more: Any) -> Any:
        if failures:
            raise failures.pop()
        return await start(*given, **more)

    monkeypatch.setattr(house.executor, "start", fails_twice)
    body = event(f"{ME} status")
    assert [await sends(house, body, age) for age in (2, 1, 0)] == [500, 500, 200]
    await reply(house, "took")


async def test_a_bot_that_closes_leaves_the_event_to_the_next(house: House) -> None:
    await house.executor.close()
    assert await sends(house, event(f"{ME} status")) == 503


async def test_no_call_to_slack_stands_before_the_acknowledgement(house: House) -> None:
    for method in ("auth.test", "users.info", "chat.postMessage"):
        house.workspace.delay(method, 2)
    began = time.monotonic()
    assert await sends(house, event(f"{ME} status")) == 200
    assert time.monotonic() - began < 0.5


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        (f"{ME} status", {"bot_id": "B1"}),
        (f"{ME} status", {"edited": {"ts": "1"}}),
        (f"&gt; {ME} status", {}),
        ("took 3 s", {"type": "message", "channel_type": "im", "user": BOT.id}),
    ],
)
async def test_what_asks_for_nothing_is_taken_in_silence(
    house: House, text: str, fields: dict[str, object]
) -> None:
    assert await sends(house, event(text, **fields)) == 200
    assert not house.executor.journal.recent()
    assert not house.workspace.messages("cilium-oncall")
