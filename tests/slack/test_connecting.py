"""How Socket Mode connections come about: refusals, dead addresses, silence, and the pauses."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from yarl import URL

from bot.model.errors import Denied, Malformed, Throttled, Unreachable
from bot.playground.slack import Workspace
from bot.slack import opening
from bot.slack.clock import SystemClock
from bot.slack.opening import LONGEST_PAUSE, Address, Opening, Pauses
from bot.slack.webapi import WebApi
from tests.slack.socket_house import SCALE, socket_house, until

METHOD = "apps.connections.open"


@asynccontextmanager
async def opener(workspace: Workspace, token: str = "") -> AsyncIterator[Opening]:
    api = WebApi(token or workspace.app_token, workspace.api_url)
    await api.open()
    yield Opening(api)
    await api.close()


@asynccontextmanager
async def silent_server() -> AsyncIterator[int]:
    """A port that takes connections and says nothing."""
    held = []

    async def hold(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    for writer in held:
        writer.close()


class Relay:
    """A TCP relay that can stop to relay, as a dead link does, without closing anything."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.passes = asyncio.Event()
        self.passes.set()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        for source, target in ((reader, back), (there, writer)):
            self._tasks.append(asyncio.create_task(self._pump(source, target)))

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65_536):
                await self.passes.wait()
                target.write(data)
        finally:
            target.close()


@pytest.mark.parametrize(
    ("word", "fix"),
    [
        ("invalid_auth", "SLACK_APP_TOKEN"),
        ("not_authed", "SLACK_APP_TOKEN"),
        ("missing_scope", "connections:write"),
        ("not_allowed_token_type", "xapp-"),
        ("an_error_of_tomorrow", "see that Socket Mode is on"),
    ],
)
async def test_each_refusal_says_its_fix(workspace: Workspace, word: str, fix: str) -> None:
    workspace.fail(METHOD, error=word)
    async with opener(workspace) as asking:
        with pytest.raises(Denied) as caught:
            await asking.address()
    assert word in caught.value.message
    assert fix in caught.value.hint


async def test_a_bot_token_is_no_app_level_token(workspace: Workspace) -> None:
    async with opener(workspace, workspace.bot_token) as asking:
        with pytest.raises(Denied, match="not_allowed_token_type"):
            await asking.address()


@pytest.mark.parametrize(
    "url", [None, 3, "", "https://slack.com/x", "ws://slack.com/x", "wss:x", "wss://["]
)
def test_only_addresses_with_tls_are_taken(url: object) -> None:
    with pytest.raises(Malformed, match="no wss:// address"):
        opening._checked(url)
    assert opening._checked("wss://wss-1.slack.com/link/?ticket=1%2F2").url.endswith("1%2F2")


class Slept:
    """A clock on which waiting takes no time and is written down."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def wall(self) -> float:
        return 0.0

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


async def test_pauses_grow_to_a_minute_with_jitter() -> None:
    clocks = [Slept(), Slept()]
    for clock in clocks:
        pauses = Pauses(clock)
        for _ in range(12):
            await pauses.after(Unreachable("x"))
    for clock in clocks:
        assert 0.5 <= clock.waits[0] <= 1.0
        assert all(later >= earlier * 0.99 for earlier, later in pairwise(clock.waits[:6]))
        assert LONGEST_PAUSE / 2 <= min(clock.waits[-4:]) <= max(clock.waits) <= LONGEST_PAUSE
    assert clocks[0].waits != clocks[1].waits


async def test_retry_after_is_the_least_pause() -> None:
    clock = Slept()
    await Pauses(clock).after(Throttled("x", retry_after=90))
    assert 90 <= clock.waits[0] <= 100


async def test_a_connection_that_lasted_is_replaced_at_once_one_that_did_not_only_once() -> None:
    clock = Slept()
    pauses = Pauses(clock)
    await pauses.again(lasted=False)
    await pauses.again(lasted=False)
    await pauses.again(lasted=True)
    assert clock.waits[0] == clock.waits[2] == 0
    assert clock.waits[1] >= 0.5


async def test_refused_handshakes_ask_for_a_new_address_each_time(workspace: Workspace) -> None:
    workspace.sockets.refuse(2)
    async with socket_house(workspace, connections=1) as house:
        assert house.calls() == 3
        assert house.ends == ["refused", "refused"]
        assert house.sockets.trouble is None


async def test_a_dead_address_is_given_up_and_another_asked_for(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with silent_server() as port:
        addresses = [Address(f"ws://127.0.0.1:{port}/link/?ticket=1"), Address("ws://127.0.0.1:9/")]
        real = Opening.address

        async def address(asking: Opening) -> Address:
            return addresses.pop(0) if addresses else await real(asking)

        monkeypatch.setattr(Opening, "address", address)
        async with socket_house(workspace, connections=1) as house:
            assert house.ends == ["refused", "refused"]
            assert house.sockets.since < 60


async def test_a_connection_on_which_nothing_is_heard_is_replaced(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = Relay(URL(workspace.api_url).port or 0)
    port = await relay.start()
    real, first = Opening.address, [True]

    async def address(asking: Opening) -> Address:
        url = URL((await real(asking)).url, encoded=True)
        return Address(str(url.with_port(port) if first and first.pop() else url))

    monkeypatch.setattr(Opening, "address", address)
    async with socket_house(workspace, connections=1) as house:
        await asyncio.sleep(20 / SCALE)  # longer than silence may last: pings are answered
        assert house.ends == []
        relay.passes.clear()
        await until(lambda: house.ends)
        assert house.ends == ["silent"]
        await house.sockets.connected.wait()
        await until(lambda: house.sockets.open_connections == 1)
    await relay.stop()


async def test_being_throttled_is_waited_out(workspace: Workspace) -> None:
    workspace.throttle(METHOD, retry_after=5)
    clock = SystemClock()
    began = clock.monotonic()
    async with socket_house(workspace, connections=1) as house:
        assert clock.monotonic() - began >= 5 / SCALE
        assert house.calls() == 2


async def test_a_token_that_is_refused_is_told_once_and_tried_again(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    token = workspace.app_token + "-of-yesterday"
    async with socket_house(workspace, app_token=token, wait=False, connections=1) as house:
        await until(lambda: house.calls() >= 3)
        assert isinstance(house.sockets.trouble, Denied)
        assert "invalid_auth" in str(house.sockets.trouble)
        assert "Basic Information, App-Level Tokens" in str(house.sockets.trouble)
        assert caplog.text.count("no Socket Mode connection") == 1
        assert token not in caplog.text


async def test_ending_while_it_connects(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.delay(METHOD, 5)
    async with socket_house(workspace, wait=False):
        await asyncio.sleep(0.05)
    async with silent_server() as port:

        async def address(_: Opening) -> Address:
            return Address(f"ws://127.0.0.1:{port}/link/?ticket=1")

        monkeypatch.setattr(Opening, "address", address)
        async with asyncio.timeout(3), socket_house(workspace, wait=False):
            await asyncio.sleep(0.05)
