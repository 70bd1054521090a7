"""Mentions, direct messages and opened homes against a real Bolt app, with retries and trouble."""

from typing import Any

import pytest
from aiohttp import web
from slack_sdk.signature import SignatureVerifier

from bot.playground.slack import Workspace
from tests.playground.slack.bolt import app_for, served, serving, until


class Receiver:
    """A bot that keeps what it gets and answers as told: statuses one by one, then 200."""

    def __init__(self, workspace: Workspace, *statuses: int, headers: Any = None) -> None:
        self.workspace = workspace
        self.statuses = list(statuses)
        self.headers = headers or {}
        self.seen: list[tuple[dict[str, Any], dict[str, str]]] = []

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        verifier = SignatureVerifier(self.workspace.signing_secret)
        assert verifier.is_valid_request(body, dict(request.headers))
        self.seen.append((await request.json(), dict(request.headers)))
        status = self.statuses.pop(0) if self.statuses else 200
        return web.Response(status=status, headers=self.headers)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/slack/events", self.take)
        return app


async def test_a_mention_reaches_bolt_in_channels_and_threads(workspace: Workspace) -> None:
    app = app_for(workspace)
    heard: list[dict[str, Any]] = []

    @app.event("app_mention")
    async def mention(event: dict[str, Any], say: Any) -> None:
        heard.append(event)
        await say("on it", thread_ts=event.get("thread_ts", event["ts"]))

    async with served(app, workspace):
        root = workspace.say("@cilium status node-7")
        await until(lambda: len(heard) == 1)
        workspace.say("@cilium again", thread_ts=root.ts, user="ben")
        await until(lambda: len(heard) == 2)
        workspace.say("no mention")
        workspace.say("@cilium status", channel="general")
    bot = workspace.users["cilium"]
    assert heard[0]["text"] == f"<@{bot}> status node-7"
    assert (heard[0]["channel"], heard[0]["user"]) == (root.channel, workspace.users["ana"])
    assert "thread_ts" not in heard[0]
    assert heard[1]["thread_ts"] == root.ts
    absent = workspace.messages("general")[-1]
    assert "not in this channel" in absent.text
    assert absent.ephemeral_to == workspace.users["ana"]


async def test_a_direct_message_is_no_mention(workspace: Workspace) -> None:
    receiver = Receiver(workspace)
    async with serving(receiver.app()) as base:
        workspace.bot_url = base + "/slack/events"
        workspace.say("hello @cilium", channel="D0PLAYBEN01", user="ben")
        await until(lambda: receiver.seen)
    ((body, headers),) = receiver.seen
    assert body["type"] == "event_callback"
    assert body["event_id"].startswith("Ev")
    assert (body["event"]["type"], body["event"]["channel_type"]) == ("message", "im")
    assert body["authorizations"][0]["is_bot"] is True
    assert "X-Slack-Retry-Num" not in headers


async def test_opening_the_home_is_told_with_what_it_shows(workspace: Workspace) -> None:
    receiver = Receiver(workspace)
    async with serving(receiver.app()) as base:
        workspace.bot_url = base + "/slack/events"
        workspace.modals.open_home("zoe")
        await until(lambda: receiver.seen)
    event = receiver.seen[0][0]["event"]
    assert (event["type"], event["tab"]) == ("app_home_opened", "home")
    assert event["user"] == workspace.users["zoe"]


async def test_what_is_not_taken_comes_three_times_more() -> None:
    async with Workspace(time_scale=1_000) as workspace:
        receiver = Receiver(workspace, 500, 404, 500, 500)
        async with serving(receiver.app()) as base:
            workspace.bot_url = base + "/slack/events"
            workspace.say("@cilium help")
            await until(lambda: len(receiver.seen) == 4)
            workspace.bot_url = None
        retries = [
            (headers.get("X-Slack-Retry-Num"), headers.get("X-Slack-Retry-Reason"))
            for _, headers in receiver.seen
        ]
        assert retries == [
            (None, None),
            ("1", "http_error"),
            ("2", "http_error"),
            ("3", "http_error"),
        ]
        assert len({body["event_id"] for body, _ in receiver.seen}) == 1


async def test_a_bot_may_ask_for_no_retry() -> None:
    async with Workspace(time_scale=1_000) as workspace:
        receiver = Receiver(workspace, 500, headers={"X-Slack-No-Retry": "1"})
        async with serving(receiver.app()) as base:
            workspace.bot_url = base + "/slack/events"
            workspace.say("@cilium one")
            workspace.say("@cilium two")
            await until(lambda: len(workspace.events.attempts) == 2)
        assert len(receiver.seen) == 2


async def test_lost_doubled_and_late_on_request() -> None:
    async with Workspace(time_scale=100) as workspace:
        receiver = Receiver(workspace)
        async with serving(receiver.app()) as base:
            workspace.bot_url = base + "/slack/events"
            workspace.events.lose()
            workspace.say("@cilium lost")
            workspace.events.duplicate()
            workspace.say("@cilium twice")
            await until(lambda: len(receiver.seen) == 2)
            workspace.events.late(20)
            assert workspace.events.trouble() == ["events are 20 s late"]
            workspace.say("@cilium late")
            workspace.events.heal()
            workspace.say("@cilium in time")
            await until(lambda: len(receiver.seen) == 4)
    texts = [body["event"]["text"].split()[-1] for body, _ in receiver.seen]
    assert texts == ["twice", "twice", "time", "late"]
    assert receiver.seen[0][0]["event_id"] == receiver.seen[1][0]["event_id"]
    assert workspace.events.trouble() == []


async def test_verifies_the_url_as_slack_does(workspace: Workspace) -> None:
    async with served(app_for(workspace), workspace):
        assert await workspace.events.verify_url()
    async with serving(Receiver(workspace).app()) as base:
        workspace.bot_url = base + "/slack/events"
        assert not await workspace.events.verify_url()


@pytest.mark.parametrize("name", ["kim"])
async def test_a_foreign_person_may_mention_but_not_command(
    workspace: Workspace, name: str
) -> None:
    receiver = Receiver(workspace)
    async with serving(receiver.app()) as base:
        workspace.bot_url = base + "/slack/events"
        workspace.say("@cilium status", user=name, channel="partner-noc")
        await until(lambda: receiver.seen)
        ack = await workspace.command("/cilium", "status", user=name, channel="partner-noc")
    ((body, _),) = receiver.seen
    assert body["is_ext_shared_channel"] is True
    assert body["event"]["team"] == "T0PLAYPARTNER"
    assert ack.error == "invalid_command"


async def test_an_app_hears_only_the_events_it_asked_for() -> None:
    async with Workspace(subscribed=("message.im",)) as workspace:
        receiver = Receiver(workspace)
        async with serving(receiver.app()) as base:
            workspace.bot_url = base + "/slack/events"
            workspace.say("@cilium status")
            workspace.say("status", channel="D0PLAYBEN01", user="ben")
            await until(lambda: receiver.seen)
    assert len(receiver.seen) == 1
    assert receiver.seen[0][0]["event"]["channel_type"] == "im"
