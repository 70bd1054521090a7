"""Slash commands, acknowledgements and response URLs against a real Bolt app."""

import asyncio
import json
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import Workspace
from tests.playground.slack.bolt import app_for, served, serving


def answering(status: int = 200, body: Any = "", seconds: float = 0) -> web.Application:
    """A bot that gives one answer to everything and keeps what it was sent."""
    server = web.Application()
    server["requests"] = []

    async def handle(request: web.Request) -> web.Response:
        server["requests"].append((dict(request.headers), await request.read()))
        await asyncio.sleep(seconds)
        if isinstance(body, str):
            return web.Response(status=status, text=body)
        return web.json_response(body, status=status)

    server.router.add_post("/", handle)
    return server


pytestmark = pytest.mark.filterwarnings("ignore::aiohttp.web_exceptions.NotAppKeyWarning")


async def test_a_command_has_every_field_and_a_true_signature(workspace: Workspace) -> None:
    server = answering()
    async with serving(server) as url:
        workspace.bot_url = url + "/"
        ack = await workspace.command("/cilium", " status node-7 ", user="ben", channel="general")
    assert (ack.status, ack.body, ack.error) == (200, "", None)
    ((headers, body),) = server["requests"]
    assert SignatureVerifier(workspace.signing_secret).is_valid_request(body, headers)
    assert not SignatureVerifier("another secret").is_valid_request(body, headers)
    form = {name: value for name, (value,) in parse_qs(body.decode()).items()}
    for varying in ("token", "response_url", "trigger_id"):
        assert len(form.pop(varying)) > 15
    assert form == {
        "team_id": "T0PLAYGROUND",
        "team_domain": "playground",
        "channel_id": workspace.channels["general"],
        "channel_name": "general",
        "user_id": workspace.users["ben"],
        "user_name": "ben",
        "command": "/cilium",
        "text": "status node-7",
        "api_app_id": "A0PLAYCILIUM",
        "is_enterprise_install": "false",
    }


async def test_typed_text_arrives_as_slack_rewrites_it(workspace: Workspace) -> None:
    server = answering()
    async with serving(server) as url:
        workspace.bot_url = url + "/"
        await workspace.command("/cilium", "a & <b> node-7.example.com @ben #general @nobody")
    ((_, body),) = server["requests"]
    assert parse_qs(body.decode())["text"] == [
        "a &amp; &lt;b&gt; <http://node-7.example.com|node-7.example.com> "
        "<@U0PLAYBEN01> <#C0PLAYGENERAL|general> @nobody"
    ]


async def test_inviting_the_app_lets_it_post_and_asks_no_app(
    workspace: Workspace, client: AsyncWebClient
) -> None:
    with pytest.raises(SlackApiError, match="not_in_channel"):
        await client.chat_postMessage(channel=workspace.channels["general"], text="x")
    ack = await workspace.command("/invite", "@cilium", channel="general")
    assert ack.error is None
    [told] = workspace.messages("general")
    assert "added to #general by Ana Ruiz" in told.text
    await client.chat_postMessage(channel=workspace.channels["general"], text="x")


@pytest.mark.parametrize(
    ("text", "channel", "why"),
    [
        ("@cilium", "cilium-oncall", "already"),
        ("@ben", "general", "Only the app"),
        ("", "general", "/invite @cilium"),
    ],
)
async def test_an_invitation_that_comes_to_nothing_says_why(
    workspace: Workspace, text: str, channel: str, why: str
) -> None:
    ack = await workspace.command("/invite", text, channel=channel)
    assert ack.error is not None
    assert why in ack.error
    assert not workspace.messages(channel)


async def test_bolt_takes_commands_and_answers_in_all_ways(workspace: Workspace) -> None:
    app = app_for(workspace)

    @app.command("/cilium")
    async def answer(ack: Any, command: dict[str, Any], respond: Any, client: Any) -> None:
        await ack(f"looking at {command['text']}")
        await respond("private word", response_type="ephemeral")
        await respond("for everyone", response_type="in_channel")
        await client.chat_postMessage(channel=command["channel_id"], text="posted")

    async with served(app, workspace):
        ack = await workspace.command("/cilium", "status")
        assert ack.status == 200
        messages = await workspace.wait_for(
            lambda messages: messages if len(messages) == 4 else None
        )
    ana = workspace.users["ana"]
    # The acknowledgement and what is sent after it travel on different connections.
    assert {(message.text, message.ephemeral_to) for message in messages} == {
        ("looking at status", ana),
        ("private word", ana),
        ("for everyone", None),
        ("posted", None),
    }


async def test_bolt_refuses_another_secret(workspace: Workspace) -> None:
    app = app_for(workspace)
    async with Workspace(signing_secret="not the one of the app") as stranger:
        async with served(app, stranger):
            ack = await stranger.command("/cilium", "status")
        assert (ack.status, ack.error) == (401, "http_client_error")
        assert [message.text for message in stranger.messages("cilium-oncall")] == [
            '/cilium failed with the error "http_client_error"'
        ]


@pytest.mark.parametrize(
    ("body", "text", "private"),
    [
        ("plain words", "plain words", True),
        ({"text": "private"}, "private", True),
        ({"text": "for all", "response_type": "in_channel"}, "for all", False),
    ],
)
async def test_the_acknowledgement_can_be_a_message(
    workspace: Workspace, body: Any, text: str, private: bool
) -> None:
    async with serving(answering(body=body)) as url:
        workspace.bot_url = url + "/"
        await workspace.command("/cilium")
    (message,) = workspace.messages("cilium-oncall")
    assert (message.text, message.ephemeral_to is not None) == (text, private)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (404, "", "http_client_error"),
        (500, "", "http_service_error"),
        (302, "", "dispatch_failed"),
        (200, {"blocks": [{"type": "nonsense"}]}, "invalid_command_response"),
    ],
)
async def test_a_person_sees_why_a_command_failed(
    workspace: Workspace, status: int, body: Any, error: str
) -> None:
    async with serving(answering(status, body)) as url:
        workspace.bot_url = url + "/"
        ack = await workspace.command("/cilium", user="zoe")
    assert (ack.status, ack.error) == (status, error)
    (message,) = workspace.messages("cilium-oncall")
    assert message.text == f'/cilium failed with the error "{error}"'
    assert (message.user, message.ephemeral_to) == ("USLACKBOT", workspace.users["zoe"])


async def test_three_seconds_are_the_deadline(workspace: Workspace) -> None:
    async with serving(answering(seconds=3.4)) as url:
        workspace.bot_url = url + "/"
        ack = await workspace.command("/cilium")
    assert (ack.status, ack.error) == (None, "operation_timeout")
    assert 2.9 < ack.seconds < 3.4


async def test_a_bot_that_is_not_there(workspace: Workspace) -> None:
    assert (await workspace.command("/cilium")).error == "dispatch_failed"
    workspace.bot_url = "http://127.0.0.1:9/slack/events"
    assert (await workspace.command("/cilium")).error == "dispatch_failed"


@pytest.mark.parametrize(
    "url", ["https://example.com/slack/events", "http://10.0.0.1/", "nonsense"]
)
def test_a_bot_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="on this machine only"):
        Workspace(bot_url=url)


async def response_url(workspace: Workspace) -> str:
    server = answering()
    async with serving(server) as url:
        workspace.bot_url = url + "/"
        await workspace.command("/cilium")
    ((_, body),) = server["requests"]
    return parse_qs(body.decode())["response_url"][0]


async def test_a_response_url_takes_five_posts(workspace: Workspace) -> None:
    url = await response_url(workspace)
    async with httpx.AsyncClient() as http:
        for number in range(5):
            answer = await http.post(url, json={"text": str(number)})
            assert (answer.status_code, answer.text) == (200, "ok")
        answer = await http.post(url, json={"text": "one too many"})
    assert (answer.status_code, answer.json()["error"]) == (404, "used_url")
    assert [message.text for message in workspace.messages("cilium-oncall")] == list("01234")


async def test_a_response_url_lives_thirty_minutes() -> None:
    async with Workspace(time_scale=18_000) as workspace:  # half an hour in a tenth of a second
        url = await response_url(workspace)
        await asyncio.sleep(0.12)
        async with httpx.AsyncClient() as http:
            answer = await http.post(url, json={"text": "late"})
        assert (answer.status_code, answer.json()["error"]) == (404, "expired_url")


async def test_a_response_url_replaces_and_deletes(workspace: Workspace) -> None:
    url = await response_url(workspace)
    async with httpx.AsyncClient() as http:
        await http.post(url, json={"text": "first"})
        await http.post(url, json={"text": "second", "replace_original": True})
        assert [message.text for message in workspace.messages("cilium-oncall")] == ["second"]
        await http.post(url, json={"delete_original": True})
        assert workspace.messages("cilium-oncall") == []


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"{", "invalid_payload"),
        (b"[]", "invalid_payload"),
        (b"{}", "no_text"),
        (json.dumps({"blocks": [{"type": "x"}]}).encode(), "invalid_blocks"),
    ],
)
async def test_a_response_url_refuses_nonsense(
    workspace: Workspace, body: bytes, error: str
) -> None:
    url = await response_url(workspace)
    async with httpx.AsyncClient() as http:
        answer = await http.post(url, content=body)
        assert (answer.status_code, answer.text) == (400, error)
        assert (await http.post(url + "x", json={"text": "x"})).status_code == 404


async def test_waiting_gives_up_and_says_what_was_there(workspace: Workspace) -> None:
    workspace.say("something else")
    with pytest.raises(TimeoutError, match="something else"):
        await workspace.wait_for(lambda messages: len(messages) > 1, timeout=0.05)
