"""Socket Mode: up to ten WebSockets of the app, each envelope handed to one of them.

Sources: "Using Socket Mode" and `apps.connections.open` in Slack's developer documentation; the
word `too_many_websockets` from slackapi/node-slack-sdk issue 1654; `retry_attempt` and
`retry_reason` from slack-sdk 3.47 (`slack_sdk/socket_mode/request.py`).
"""

import asyncio
import json
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import WSMsgType, web

from bot.playground.slack import directory
from bot.playground.slack.arguments import Arguments
from bot.playground.slack.errors import SlackError
from bot.playground.slack.limits import (
    ACK_SECONDS,
    SIZES,
    SOCKET_SECONDS,
    SOCKET_TICKET_SECONDS,
    SOCKET_WARNING_SECONDS,
)
from bot.playground.slack.records import Ack
from bot.playground.slack.state import State

_LARGEST_FRAME: Final = 4 * 1024 * 1024


@dataclass(eq=False)
class Socket:
    """One open WebSocket, and the envelopes on it that wait for their acknowledgement."""

    stream: web.WebSocketResponse
    request: web.Request
    waiting: dict[str, asyncio.Future[Any]] = field(default_factory=dict)
    ends: asyncio.Task[None] | None = None


class Sockets:
    """Hands out addresses, keeps the sockets, delivers envelopes round robin.

    An envelope in flight on a socket that drops is lost, and the person sees a time-out; an event
    is sent again as over HTTP. Trouble on request: `refuse`, `drop`, `refresh`, `slow`.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._tickets: dict[str, float] = {}
        self._open: list[Socket] = []
        self._refusals = 0
        self._delay = 0.0

    @property
    def count(self) -> int:
        """How many sockets are open."""
        return len(self._open)

    def refuse(self, times: int = 1) -> None:
        """Let the next connections fail in their handshake, as when Slack has trouble."""
        self._refusals = times
        self._told()

    def drop(self, count: int | None = None) -> int:
        """Cut TCP connections without a word, all or the oldest `count`; how many it were."""
        doomed = self._open[:count]
        for socket in doomed:
            transport = socket.request.transport
            self._forget(socket)
            self._state.happened("a socket was cut")
            if transport is not None:
                transport.abort()
        return len(doomed)

    async def refresh(self, reason: str = "refresh_requested") -> None:
        """Ask the bot for new sockets, as Slack does about every hour.

        With "warning" the sockets stay for ten more seconds of the workspace's clock, with
        "refresh_requested" they are closed at once.
        """
        for socket in tuple(self._open):
            await self._say_goodbye(socket, reason)
            if reason == "refresh_requested":
                await self._close(socket)
            else:
                socket.ends = asyncio.create_task(self._end_after_warning(socket))

    def slow(self, seconds: float) -> None:
        """Send every envelope later by real seconds; 0 ends it."""
        self._delay = seconds
        self._told()

    def heal(self) -> None:
        """Refuse and slow down nothing any more."""
        self._refusals, self._delay = 0, 0.0
        self._told()

    def connections_open(self, state: State, arguments: Arguments) -> dict[str, Any]:
        """`apps.connections.open`: an address that is good for one connection, soon."""
        ticket = secrets.token_urlsafe(18)
        self._tickets[ticket] = state.clock.now() + SOCKET_TICKET_SECONDS
        link = state.base_url.replace("http://", "ws://")
        return {"url": f"{link}/link/?ticket={ticket}&app_id={directory.APP_ID}"}

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """The WebSocket itself, from its `hello` to its end."""
        if self._refusals > 0:
            # The address stays good: slack_sdk tries the same one again after a refusal.
            self._refusals -= 1
            self._told()
            raise web.HTTPServiceUnavailable(text="The playground was asked to refuse this.")
        until = self._tickets.pop(request.query.get("ticket", ""), None)
        if until is None or self._state.clock.now() > until:
            raise web.HTTPForbidden(text="Ask apps.connections.open for a new address.")
        stream = web.WebSocketResponse(max_msg_size=_LARGEST_FRAME)
        await stream.prepare(request)
        socket = Socket(stream, request)
        if self.count >= SIZES["sockets"]:
            await self._say_goodbye(socket, "too_many_websockets")
            await stream.close()
            return stream
        self._open.append(socket)
        self._told()
        socket.ends = asyncio.create_task(self._end_in_time(socket))
        try:
            # A socket may be cut before its hello is out.
            with suppress(ConnectionResetError):
                await stream.send_json(self._hello())
            async for message in stream:
                if message.type is WSMsgType.TEXT:
                    _acknowledge(socket, message.data)
        finally:
            self._forget(socket)
        return stream

    async def send(
        self,
        kind: str,
        payload: dict[str, Any],
        retry_attempt: int = 0,
        retry_reason: str = "",
        *,
        with_answer: bool,
    ) -> Ack:
        """Hand the payload to the next socket and wait three seconds for its acknowledgement."""
        started = time.monotonic()
        if not self._open:
            return Ack(None, "", 0.0, "dispatch_failed")
        socket = self._open.pop(0)
        self._open.append(socket)  # round robin
        envelope: dict[str, Any] = {
            "envelope_id": secrets.token_hex(16),
            "type": kind,
            "payload": payload,
            "accepts_response_payload": with_answer,
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": retry_attempt, "retry_reason": retry_reason}
        answered: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        socket.waiting[envelope["envelope_id"]] = answered
        try:
            async with asyncio.timeout(ACK_SECONDS):
                if self._delay:
                    await asyncio.sleep(self._delay)
                await socket.stream.send_json(envelope)
                answer = await answered
        except ConnectionError:
            # Slack learns of a drop at once and tries an event again; a person waits in vain.
            if with_answer:
                await asyncio.sleep(max(0.0, ACK_SECONDS - (time.monotonic() - started)))
            return Ack(None, "", time.monotonic() - started, "operation_timeout")
        except TimeoutError:
            return Ack(None, "", time.monotonic() - started, "operation_timeout")
        finally:
            socket.waiting.pop(envelope["envelope_id"], None)
            if answered.done() and not answered.cancelled():
                answered.exception()  # a drop that came before anybody waited is no surprise
        body = json.dumps(answer) if answer and with_answer else ""
        return Ack(200, body, time.monotonic() - started)

    async def stop(self) -> None:
        for socket in tuple(self._open):
            await self._close(socket)

    def trouble(self) -> list[str]:
        """What is disturbed on request, in words for the page."""
        return [
            *([f"the next {self._refusals} connections are refused"] if self._refusals else []),
            *([f"every envelope is {self._delay:g} s late"] if self._delay else []),
        ]

    def _hello(self) -> dict[str, Any]:
        return {
            "type": "hello",
            "num_connections": self.count,
            "connection_info": {"app_id": directory.APP_ID},
            "debug_info": {
                "host": "playground",
                "approximate_connection_time": int(SOCKET_SECONDS),
            },
        }

    async def _say_goodbye(self, socket: Socket, reason: str) -> None:
        goodbye = {"type": "disconnect", "reason": reason, "debug_info": {"host": "playground"}}
        if not socket.stream.closed:
            await socket.stream.send_json(goodbye)

    async def _end_in_time(self, socket: Socket) -> None:
        life = SOCKET_SECONDS - SOCKET_WARNING_SECONDS
        await asyncio.sleep(life / self._state.clock.scale)
        await self._say_goodbye(socket, "warning")
        await self._end_after_warning(socket)

    async def _end_after_warning(self, socket: Socket) -> None:
        await asyncio.sleep(SOCKET_WARNING_SECONDS / self._state.clock.scale)
        await self._say_goodbye(socket, "refresh_requested")
        await socket.stream.close()

    async def _close(self, socket: Socket) -> None:
        self._forget(socket)
        await socket.stream.close()

    def _forget(self, socket: Socket) -> None:
        """Take a socket out; what waits on it will not be answered."""
        if socket in self._open:
            self._open.remove(socket)
            self._told()
        if socket.ends is not None and socket.ends is not asyncio.current_task():
            socket.ends.cancel()
        for answered in socket.waiting.values():
            if not answered.done():
                answered.set_exception(ConnectionResetError("the socket is gone"))

    def _told(self) -> None:
        self._state.feed.tell("link", None)


def _acknowledge(socket: Socket, text: str) -> None:
    """`{"envelope_id": ..., "payload": ...}`; anything else is ignored, as at Slack."""
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return
    if not isinstance(answer, dict):
        return
    answered = socket.waiting.get(str(answer.get("envelope_id")))
    if answered is not None and not answered.done():
        answered.set_result(answer.get("payload"))


def app_token_only(token: str, app_token: str) -> None:
    """`apps.connections.open` takes the app-level token and no other."""
    if token != app_token:
        raise SlackError("not_allowed_token_type")
