"""Socket Mode: Slack's requests over connections that the bot opens; no public URL is needed.

slack_sdk's client is not used: it tries a dead address for ever without asking for another, ends
the old connection before the new one is there, and reads ahead without bound.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import aiohttp
from slack_bolt.response import BoltResponse

from bot.model.errors import ClientError, OncallError
from bot.slack.clock import Clock, ends_within
from bot.slack.connection import Connection, End
from bot.slack.envelope import Frame, acknowledgement
from bot.slack.opening import Opening, Pauses
from bot.slack.webapi import WebApi

logger = logging.getLogger(__name__)

CONNECTIONS = 2
"""Kept open by a bot: when one drops without a word, Slack hands envelopes to the other."""

MOST_OF_APP = 10
"""Slack allows an app so many, over all its bots."""

UNDER_WAY = 64
"""Envelopes being answered at once, each with a write to the store, which takes a hundred; further
ones wait in the connection."""

STEADY = 30.0
"""Seconds a connection must have lasted to be replaced without a pause."""

DRAIN = 3.0
"""Seconds for the acknowledgements under way when the bot ends; Slack waits no longer."""

_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10)

Answering = Callable[[dict[str, Any], str], Awaitable[BoltResponse]]


class SocketMode:
    """Keeps ``connections`` open, and has ``answer`` answer each envelope within Slack's patience.

    ``on_ack`` is told the seconds from an envelope to its acknowledgement, ``on_end`` the word for
    why a connection was replaced (an :class:`End`, or ``refused`` where none could be opened).
    """

    def __init__(
        self,
        app_token: str,
        api_url: str,
        answer: Answering,
        clock: Clock,
        *,
        connections: int = CONNECTIONS,
        on_call: Callable[[str, float, str], None] | None = None,
        on_ack: Callable[[float], None] = lambda seconds: None,
        on_end: Callable[[str], None] = lambda why: None,
    ) -> None:
        self._api = WebApi(app_token, api_url, on_call)
        self.opening = Opening(self._api)
        self._answer = answer
        self._clock = clock
        self.wanted = connections
        """How many are to be open."""
        self._on_ack = on_ack
        self._on_end = on_end
        self._room = asyncio.Semaphore(UNDER_WAY)
        self._under_way: set[asyncio.Task[None]] = set()
        self._keepers: list[asyncio.Task[None]] = []
        self._connections: set[Connection] = set()
        self._retiring: set[asyncio.Task[None]] = set()
        self._http: aiohttp.ClientSession | None = None
        self._changed_at = clock.monotonic()
        self.connected = asyncio.Event()
        """Set while there is a connection."""
        self.trouble: OncallError | None = None
        """Why the last attempt to open a connection failed, until one succeeds."""

    @property
    def open_connections(self) -> int:
        """How many there are now; two more than wanted at most while they are replaced."""
        return sum(connection.is_open for connection in self._connections)

    @property
    def of_app(self) -> int:
        """How many connections the app had, all bots together, when ours was last opened."""
        latest = max(self._connections, key=lambda each: each.since, default=None)
        return latest.of_app if latest else 0

    @property
    def since(self) -> float:
        """Seconds for which there has been a connection, or none."""
        return self._clock.monotonic() - self._changed_at

    async def start(self) -> None:
        """Begin to connect; does not wait for Slack."""
        await self._api.open()
        self._http = aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=self._api.trusts_environment)
        self._changed_at = self._clock.monotonic()
        for number in range(self.wanted):
            keeping = asyncio.create_task(self._keep(), name=f"socket keeper {number}")
            self._keepers.append(keeping)

    async def close(self) -> None:
        """Answer what was received, for :data:`DRAIN` seconds, and close the connections.

        They are read until then: what Slack has sent already is answered, too.
        """
        await _cancelled(self._keepers)
        answering = asyncio.create_task(self._answered())
        await ends_within(self._clock, DRAIN, answering)
        await _cancelled([answering, *self._retiring])
        await asyncio.gather(*(connection.close() for connection in self._connections))
        await _cancelled(self._under_way)
        if self._http is not None:
            await self._http.close()
        await self._api.close()

    async def _answered(self) -> None:
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def _keep(self) -> None:
        """One connection after the other; where Slack announces the end, the next before it."""
        pauses = Pauses(self._clock)
        while True:
            try:
                connection = await self._connect()
                end = await connection.end()
                self._retire(connection, end)
                if connection.error is not None:
                    raise connection.error
            except ClientError as error:
                self._failed(error)
                await pauses.after(error)
            else:
                await pauses.again(lasted=connection.age >= STEADY)

    async def _connect(self) -> Connection:
        assert self._http is not None  # noqa: S101  opened in start
        address = await self.opening.address()
        connection = await Connection.open(self._http, address, self._clock, self._take)
        if not self.connected.is_set():
            self._changed_at = self._clock.monotonic()
            self.connected.set()
            logger.info("Socket Mode is connected")
        self._connections.add(connection)
        self.trouble = None
        return connection

    def _failed(self, error: OncallError) -> None:
        self._on_end("refused")
        if self.trouble is None or self.trouble.message != error.message:
            logger.warning("no Socket Mode connection: %s", error)
        self.trouble = error

    def _retire(self, connection: Connection, end: End) -> None:
        """Let go of a connection, once Slack sends nothing more on it."""
        if end is not End.ENDED:  # that counts as refused
            self._on_end(end)
        retiring = asyncio.create_task(self._retired(connection, end), name="socket that ends")
        self._retiring.add(retiring)
        retiring.add_done_callback(self._retiring.discard)

    async def _retired(self, connection: Connection, end: End) -> None:
        if end is End.REFRESHED:
            await connection.linger()
        await connection.close()
        self._connections.discard(connection)
        if self.connected.is_set() and not self.open_connections:
            self._changed_at = self._clock.monotonic()
            self.connected.clear()
            logger.warning("Socket Mode is not connected: the last connection ended (%s)", end)

    async def _take(self, connection: Connection, envelope: Frame) -> None:
        """Have an envelope answered; returns at once while there is room."""
        received = time.monotonic()
        await self._room.acquire()
        answering = asyncio.create_task(self._acknowledge(connection, envelope, received))
        self._under_way.add(answering)
        answering.add_done_callback(self._done)

    def _done(self, answering: asyncio.Task[None]) -> None:
        self._under_way.discard(answering)
        self._room.release()

    async def _acknowledge(self, connection: Connection, envelope: Frame, received: float) -> None:
        """Every envelope is acknowledged, also one that nothing here listens to: Slack would send
        an event again, and a person would wait."""
        try:
            response = await self._answer(envelope.body, envelope.envelope_id)
        except Exception:  # the border: one envelope must not end the connection
            logger.exception("an envelope could not be answered")
            return
        if await connection.send(acknowledgement(envelope, response)):
            self._on_ack(time.monotonic() - received)
        else:
            logger.warning("an acknowledgement came too late: its connection is gone")


async def _cancelled(tasks: Iterable[asyncio.Task[None]]) -> None:
    ending = list(tasks)
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)
