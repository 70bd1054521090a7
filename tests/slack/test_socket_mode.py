"""Slack's requests by Socket Mode: the same listeners, over the wire, and what goes wrong there."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.playground.slack import Workspace
from bot.playground.slack.records import Message
from bot.slack import messages, socket_mode
from bot.slack.buttons import Button
from tests.slack.socket_house import SocketHouse, socket_house, until


@pytest.fixture
async def house(workspace: Workspace) -> AsyncIterator[SocketHouse]:
    async with socket_house(workspace) as running:
        yield running


def live(seen: list[Message]) -> list[Message]:
    return [m for m in seen if m.bot and not m.ephemeral_to and not m.thread_ts]


async def answered(house: SocketHouse, word: str) -> Message:
    return await house.workspace.wait_for(
        lambda seen: next((m for m in live(seen) if word in m.text + json.dumps(m.blocks)), None)
    )


async def test_a_command_is_acknowledged_and_answered(house: SocketHouse) -> None:
    ack = await house.command("status node-7")
    assert (ack.status, ack.body) == (200, "")
    assert "prod-eu" in (await answered(house, "FAILED")).text
    assert len(house.acks) == 1
    assert 0 < house.acks[0] < 3


@pytest.mark.parametrize(
    ("text", "said"),
    [("help", "/cilium status [NODE]"), ("statsu", "Did you mean status?")],
)
async def test_an_acknowledgement_carries_the_private_answer(
    house: SocketHouse, text: str, said: str
) -> None:
    ack = await house.command(text)
    assert ack.status == 200
    (private,) = house.workspace.messages("cilium-oncall")
    assert private.ephemeral_to == house.workspace.users["ana"]
    assert said in private.text + json.dumps(private.blocks)


async def test_clicks_and_events_reach_their_listeners(house: SocketHouse) -> None:
    def answers(seen: list[Message]) -> list[Message]:
        return [m for m in seen if Button.AGAIN in str(m.blocks)]

    house.workspace.say("@cilium status --cluster prod-eu")
    first = await house.workspace.wait_for(lambda seen: next(iter(answers(seen)), None))
    assert (await house.workspace.click(first, Button.AGAIN, user="ben")).status == 200
    await house.workspace.wait_for(lambda seen: len(answers(seen)) == 2)


async def test_what_nothing_listens_to_is_acknowledged(
    house: SocketHouse, caplog: pytest.LogCaptureFixture
) -> None:
    ack = await house.envelope(house.payload("x", command="/other"))
    assert (ack.status, json.loads(ack.body)) == (200, {"text": messages.UNHEARD})
    assert "listens to" in caplog.text
    for kind, payload in [
        ("shiny_new", {"type": "shiny_new"}),
        ("interactive", {"type": "block_actions", "actions": [{"action_id": "old"}]}),
        ("events_api", {"type": "event_callback", "event": {"type": "star_added"}}),
        ("slash_commands", {}),
        ("odd", []),
    ]:
        assert (await house.envelope(payload, kind)).status == 200, kind  # type: ignore[arg-type]
    assert house.runs == 0


async def test_a_listener_that_breaks_ends_no_connection(
    house: SocketHouse, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    with monkeypatch.context() as patched:
        patched.setattr(house.sockets, "_answer", broken)
        sending = asyncio.create_task(house.envelope(house.payload("help")))
        await until(lambda: "could not be answered" in caplog.text)
        sending.cancel()
    for socket in house.workspace.sockets._open:
        await socket.stream.send_str("{")
        await socket.stream.send_str('{"type": "news"}')
    assert (await house.command("help")).status == 200
    assert house.ends == []
    await until(lambda: "cannot be read" in caplog.text)


async def test_a_warning_brings_the_new_connections_before_the_old_end(house: SocketHouse) -> None:
    old = set(house.workspace.sockets._open)
    fewest = house.workspace.sockets.count
    await house.workspace.sockets.refresh("warning")
    async with asyncio.timeout(5):
        while len(set(house.workspace.sockets._open) - old) < 2:
            fewest = min(fewest, house.workspace.sockets.count)
            assert (await house.command("help")).status == 200
    assert fewest >= 2
    for socket in old:  # Slack sends on the old ones until it ends them
        assert socket in house.workspace.sockets._open
    for _ in range(4):
        assert (await house.command("help")).status == 200
    for socket in old:
        await house.workspace.sockets._close(socket)
    await until(lambda: house.sockets.open_connections == 2)
    assert sorted(house.ends) == ["refreshed", "refreshed"]
    assert house.sockets.trouble is None


async def test_slack_may_end_a_connection_as_it_asks_for_another(house: SocketHouse) -> None:
    await house.workspace.sockets.refresh("refresh_requested")
    await until(lambda: house.workspace.sockets.count == 2)
    assert (await house.command("help")).status == 200
    assert house.ends == ["refreshed", "refreshed"]


async def test_a_drop_in_mid_run_costs_nothing_but_the_connection(house: SocketHouse) -> None:
    await house.command("slow")
    await answered(house, "LOOKING")
    assert house.workspace.sockets.drop() == 2
    await until(lambda: house.workspace.sockets.count == 2)
    await answered(house, "took")
    assert (await house.command("help")).status == 200
    assert house.ends == ["lost", "lost"]
    assert house.runs == 1


async def test_an_event_whose_acknowledgement_got_lost_runs_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Workspace(time_scale=1_000) as workspace, socket_house(workspace) as house:
        go_on = asyncio.Event()
        answer = house.door.answer

        async def late(body: dict[str, Any], envelope_id: str) -> Any:
            response = await answer(body, envelope_id)
            await go_on.wait()
            return response

        monkeypatch.setattr(house.sockets, "_answer", late)
        workspace.say("@cilium status")
        await until(lambda: house.runs)
        workspace.sockets.drop()
        go_on.set()
        await until(lambda: any(ack.status == 200 for *_, ack in workspace.events.attempts))
        assert workspace.events.attempts[-1][1] >= 1  # it was sent again
        workspace.events.duplicate()
        workspace.say("@cilium status")
        await until(lambda: sum(ack.status == 200 for *_, ack in workspace.events.attempts) == 3)
        assert house.runs == 2


async def test_one_request_is_one_run_however_often_it_comes(house: SocketHouse) -> None:
    payload = house.payload("status")
    at_once = await asyncio.gather(house.envelope(payload), house.envelope(payload))
    later = await house.envelope(payload)
    assert [ack.status for ack in (*at_once, later)] == [200, 200, 200]
    await answered(house, "took")
    assert house.runs == 1
    await house.envelope(house.payload("status"))
    await until(lambda: house.runs == 2)


async def test_http_and_socket_together_are_one_run(workspace: Workspace) -> None:
    async with socket_house(workspace, signing_secret=workspace.signing_secret) as house:
        app = web.Application()
        app.add_routes(house.door.routes())
        async with TestServer(app) as server:
            payload = house.payload("status")
            first = await house.envelope(payload)
            workspace.bot_url = str(server.make_url("/slack/events"))
            second = await workspace._delivery.send("slash_commands", payload)
            assert (first.status, second.status) == (200, 200)
            await answered(house, "took")
            assert house.runs == 1
            workspace.bot_url = None


async def test_a_burst_is_acknowledged_in_time_with_bounded_work(
    house: SocketHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    most, answer = 0, house.door.answer

    async def counted(body: dict[str, Any], envelope_id: str) -> Any:
        nonlocal most
        most = max(most, len(house.sockets._under_way))
        await asyncio.sleep(0.05)  # a store that takes its time
        return await answer(body, envelope_id)

    monkeypatch.setattr(house.sockets, "_answer", counted)
    acks = await asyncio.gather(*(house.envelope(house.payload("help")) for _ in range(500)))
    assert [ack.error for ack in acks if ack.error] == []
    assert max(ack.seconds for ack in acks) < 3
    assert most == socket_mode.UNDER_WAY
    assert len(house.acks) == 500
    assert house.ends == []


async def test_ending_acknowledges_what_was_received(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with socket_house(workspace) as house:
        answer = house.door.answer
        received = 0

        async def slowly(body: dict[str, Any], envelope_id: str) -> Any:
            nonlocal received
            received += 1
            await asyncio.sleep(0.15)
            return await answer(body, envelope_id)

        monkeypatch.setattr(house.sockets, "_answer", slowly)
        sending = [asyncio.create_task(house.command("help")) for _ in range(5)]
        await until(lambda: received == 5)
        await house.sockets.close()
        assert [(await ack).status for ack in sending] == [200] * 5
        assert workspace.sockets.count == 0
        assert (await house.command("help")).error == "dispatch_failed"


async def test_ending_does_not_wait_for_ever(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with socket_house(workspace) as house:
        never = asyncio.Event()

        async def hangs(*_: object) -> None:
            await never.wait()

        monkeypatch.setattr(house.sockets, "_answer", hangs)
        sending = asyncio.create_task(house.envelope(house.payload("help")))
        await until(lambda: house.sockets._under_way)
        async with asyncio.timeout(2):
            await house.sockets.close()
        sending.cancel()
        assert not house.sockets._under_way


@pytest.mark.parametrize(
    ("reason", "said"),
    [("link_disabled", "Turn it on: Socket Mode"), ("something_new", "something_new")],
)
async def test_an_end_that_needs_a_person_is_told_and_not_hammered(
    house: SocketHouse, reason: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    asked = house.calls()
    await house.workspace.sockets.refresh(reason)
    await until(lambda: house.sockets.trouble)
    assert said in str(house.sockets.trouble)
    assert caplog.text.count("no Socket Mode connection") == 1
    await asyncio.sleep(0.02)
    assert house.calls() == asked
    await until(lambda: house.sockets.trouble is None)


async def test_no_more_connections_than_slack_allows(workspace: Workspace) -> None:
    async with socket_house(workspace, connections=1) as other, aiohttp.ClientSession() as http:
        streams = []
        for _ in range(9):
            address = await other.sockets.opening.address()
            streams.append(await http.ws_connect(address.url))
        async with socket_house(workspace, connections=1, wait=False) as house:
            await until(lambda: house.sockets.trouble)
            assert "too many" in str(house.sockets.trouble)
            assert "slack.sockets" in str(house.sockets.trouble)
            assert house.sockets.open_connections == 0
            await streams[0].close()
            await asyncio.wait_for(house.sockets.connected.wait(), 5)
            assert house.sockets.of_app == 10
        for stream in streams:
            await stream.close()


async def test_no_log_line_holds_a_payload_or_an_address(
    house: SocketHouse, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await house.command("status xoxb-typed-by-mistake")
    house.workspace.sockets.refuse()
    house.workspace.sockets.drop()
    await until(lambda: house.workspace.sockets.count == 2)
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("bot.slack")]
    assert not [line for line in ours if "typed-by-mistake" in line or "ticket=" in line]
