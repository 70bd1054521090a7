"""Socket Mode with slack_sdk's client and Bolt's handler."""

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import Workspace
from tests.playground.slack.bolt import app_for, connected, until


def sdk_client(workspace: Workspace) -> SocketModeClient:
    web = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
    return SocketModeClient(app_token=workspace.app_token, web_client=web)


async def address(workspace: Workspace) -> str:
    client = AsyncWebClient(token=workspace.app_token, base_url=workspace.api_url)
    return str((await client.apps_connections_open(app_token=workspace.app_token))["url"])


async def test_commands_clicks_and_events_come_through_bolt(workspace: Workspace) -> None:
    app = app_for(workspace)
    heard: list[str] = []

    @app.command("/cilium")
    async def command(ack: Any, command: dict[str, Any]) -> None:
        await ack(f"you asked {command['text']}")

    @app.event("app_mention")
    async def mention(event: dict[str, Any], say: Any) -> None:
        heard.append(event["text"])
        button = {
            "type": "button",
            "action_id": "go",
            "text": {"type": "plain_text", "text": "Go"},
        }
        await say(text="x", blocks=[{"type": "actions", "elements": [button]}])

    @app.action("go")
    async def go(ack: Any, respond: Any) -> None:
        await ack()
        await respond("gone", replace_original=True)

    async with connected(app, workspace):
        ack = await workspace.command("/cilium", "status")
        assert (ack.status, ack.error) == (200, None)
        (private,) = workspace.messages("cilium-oncall")
        assert (private.text, private.ephemeral_to) == ("you asked status", workspace.users["ana"])
        workspace.say("@cilium hello")
        shown = await workspace.wait_for(
            lambda messages: next((m for m in messages if m.blocks), None)
        )
        assert heard
        await workspace.click(shown, "go")
        await workspace.wait_for(lambda messages: shown.text == "gone")


async def test_says_hello_and_asks_for_a_new_socket(workspace: Workspace) -> None:
    app = app_for(workspace)

    @app.command("/cilium")
    async def command(ack: Any) -> None:
        await ack()

    link = await address(workspace)
    async with aiohttp.ClientSession() as http, http.ws_connect(link) as stream:
        hello = await stream.receive_json()
        assert hello["type"] == "hello"
        assert hello["num_connections"] == 1
        assert hello["debug_info"]["approximate_connection_time"] > 60
    await until(lambda: workspace.sockets.count == 0)
    async with connected(app, workspace) as handler:
        first = await handler.client.session_id()
        await workspace.sockets.refresh("refresh_requested")
        await until(lambda: workspace.sockets.count == 1)
        assert await handler.client.session_id() != first
        # The client may connect twice and drop one of the two: what Slack sent there is lost.
        asked = [await workspace.command("/cilium", "x") for _ in range(2)]
        assert 200 in [ack.status for ack in asked]


async def test_a_warning_leaves_the_old_socket_ten_seconds() -> None:
    async with (
        Workspace(time_scale=50) as workspace,
        aiohttp.ClientSession() as http,
        http.ws_connect(await address(workspace)) as stream,
    ):
        await stream.receive_json()
        await workspace.sockets.refresh("warning")
        assert (await stream.receive_json())["reason"] == "warning"
        assert workspace.sockets.count == 1
        assert (await stream.receive_json())["reason"] == "refresh_requested"
        assert (await stream.receive()).type is aiohttp.WSMsgType.CLOSE


async def test_hands_envelopes_to_its_sockets_in_turn(workspace: Workspace) -> None:
    clients = [sdk_client(workspace) for _ in range(3)]
    taken: list[int] = []

    def listener(number: int) -> Any:
        async def take(client: Any, request: SocketModeRequest) -> None:
            taken.append(number)
            await client.send_socket_mode_response(
                SocketModeResponse(envelope_id=request.envelope_id, payload={"text": "ok"})
            )

        return take

    for number, client in enumerate(clients):
        client.socket_mode_request_listeners.append(listener(number))
        await client.connect()
    await until(lambda: workspace.sockets.count == 3)
    for _ in range(6):
        assert (await workspace.command("/cilium", "x")).status == 200
    assert sorted(taken[:3]) == [0, 1, 2]
    assert taken[:3] == taken[3:]
    for client in clients:
        await client.close()


async def test_an_eleventh_socket_is_turned_away(workspace: Workspace) -> None:
    async with aiohttp.ClientSession() as http:
        streams = [await http.ws_connect(await address(workspace)) for _ in range(11)]
        last = await streams[-1].receive_json()
        assert (last["type"], last["reason"]) == ("disconnect", "too_many_websockets")
        assert workspace.sockets.count == 10
        for stream in streams:
            await stream.close()


async def test_a_drop_loses_a_command_and_brings_an_event_again() -> None:
    async with Workspace(time_scale=100) as workspace:
        app = app_for(workspace)
        heard: list[str] = []

        @app.event("app_mention")
        async def mention(event: dict[str, Any]) -> None:
            heard.append(event["text"])

        async with aiohttp.ClientSession() as http:
            stream = await http.ws_connect(await address(workspace))
            await stream.receive_json()
            sending = asyncio.create_task(workspace.command("/cilium", "x"))
            workspace.say("@cilium hello")
            kinds = {(await stream.receive_json())["type"] for _ in range(2)}
            assert kinds == {"slash_commands", "events_api"}
            assert workspace.sockets.drop() == 1
            async with connected(app, workspace):
                await until(lambda: heard)
            ack = await sending
            assert ack.error == "operation_timeout"
            await stream.close()
        numbers = [number for _, number, _ in workspace.events.attempts]
        assert numbers[0] == 0
        assert workspace.events.attempts[-1][2].status == 200


async def test_the_sdk_comes_back_after_a_drop_and_refused_handshakes(
    workspace: Workspace,
) -> None:
    client = sdk_client(workspace)
    client.ping_interval = 0.2
    await client.connect()
    await until(lambda: workspace.sockets.count == 1)
    workspace.sockets.refuse()
    assert workspace.sockets.trouble() == ["the next 1 connections are refused"]
    workspace.sockets.drop()
    assert workspace.sockets.count == 0
    await until(lambda: workspace.sockets.count == 1, seconds=20)
    assert workspace.sockets.trouble() == []
    await client.close()


async def test_slow_sockets_are_slow(workspace: Workspace) -> None:
    app = app_for(workspace)

    @app.command("/cilium")
    async def command(ack: Any) -> None:
        await ack()

    async with connected(app, workspace):
        workspace.sockets.slow(0.3)
        assert (await workspace.command("/cilium", "x")).seconds >= 0.3
        workspace.heal()
        assert (await workspace.command("/cilium", "x")).seconds < 0.3


async def test_needs_the_app_level_token_and_a_fresh_address(workspace: Workspace) -> None:
    client = AsyncWebClient(base_url=workspace.api_url)
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        await client.apps_connections_open(app_token=workspace.bot_token)
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        await client.chat_postMessage(token=workspace.app_token, channel="general", text="x")
    url = await address(workspace)
    async with aiohttp.ClientSession() as http:
        await (await http.ws_connect(url)).close()
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(url)
