"""One Socket Mode connection, from its address to its end.

A connection that hears nothing is dead, whatever TCP says: it is pinged, and given up when neither
answer nor anything else comes.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from enum import StrEnum

import aiohttp
from yarl import URL

from bot.model.errors import Unreachable
from bot.slack.clock import Clock, ends_within
from bot.slack.envelope import GOODBYE, HELLO, Frame, frame_of
from bot.slack.opening import Address, Ended

logger = logging.getLogger(__name__)

HELLO_WITHIN = 10.0
"""Seconds from asking for a connection to Slack's hello."""

PING_EVERY = 5.0
SILENT_AFTER = 15.0
"""Seconds without a frame of any kind; Slack answers every ping."""

LINGER = 30.0
"""Seconds a connection that Slack wants replaced is still read; Slack ends it after about ten."""

_CLOSING = 1.0
"""Real seconds for the other side's goodbye."""

_ENDS = (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED)

Taking = Callable[["Connection", Frame], Awaitable[None]]


class End(StrEnum):
    """Why a connection needs another in its place."""

    REFRESHED = "refreshed"
    """Slack asked for a new one; this one is still read for a while."""
    ENDED = "ended"
    """Slack ended it for a reason that a person must mend."""
    LOST = "lost"
    SILENT = "silent"


class Connection:
    """Opened with :meth:`open`, closed with :meth:`close`; each envelope goes to ``take``.

    Reading waits for ``take``, so whoever takes decides how much is read ahead.
    """

    def __init__(self, stream: aiohttp.ClientWebSocketResponse, clock: Clock, take: Taking) -> None:
        self._stream = stream
        self._clock = clock
        self._take = take
        self._heard_at = clock.monotonic()
        self._hello: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._end: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self._reader = asyncio.create_task(self._read(), name="socket reader")
        self._watchdog = asyncio.create_task(self._watch(), name="socket watchdog")
        self.error: Ended | None = None
        """What Slack said, after :attr:`End.ENDED`."""
        self.since = 0.0
        """When it was opened, on the clock's monotonic time."""
        self.of_app = 0
        """How many connections the app had then."""

    @classmethod
    async def open(
        cls, http: aiohttp.ClientSession, address: Address, clock: Clock, take: Taking
    ) -> Connection:
        """Connect, and wait for Slack's hello. Raises :class:`Unreachable`, or :class:`Ended` when
        Slack refuses it at once. No error holds the address."""
        opening = asyncio.create_task(_stream(http, address))
        try:
            if not await ends_within(clock, HELLO_WITHIN, opening):
                raise Unreachable("Slack's Socket Mode address does not answer.")
            stream = opening.result()
        finally:
            opening.cancel()
        connection = cls(stream, clock, take)
        try:
            if not await ends_within(clock, HELLO_WITHIN, connection._hello):
                raise Unreachable("Slack says no hello on a new Socket Mode connection.")
            connection.of_app = connection._hello.result()
        except BaseException:
            await connection.close()
            raise
        return connection

    @property
    def is_open(self) -> bool:
        """Whether envelopes may still come and be acknowledged."""
        return not self._stream.closed and not self._reader.done()

    @property
    def age(self) -> float:
        """Seconds since Slack's hello."""
        return self._clock.monotonic() - self.since

    async def end(self) -> End:
        """Wait until another connection is needed."""
        return await asyncio.shield(self._end)

    async def send(self, text: str) -> bool:
        """Send a frame; ``False`` when the connection is gone."""
        try:
            await self._stream.send_str(text)
        except (aiohttp.ClientError, ConnectionError, RuntimeError):
            return False
        return True

    async def linger(self) -> None:
        """Read on until Slack ends the connection, for :data:`LINGER` seconds at most."""
        await ends_within(self._clock, LINGER, self._reader)

    async def close(self) -> None:
        """Say goodbye and read no more."""
        self._watchdog.cancel()
        self._reader.cancel()
        await asyncio.gather(self._watchdog, self._reader, return_exceptions=True)
        await self._stream.close()
        self._over(End.LOST)

    def _over(self, end: End) -> None:
        if not self._end.done():
            self._end.set_result(end)
        if not self._hello.done():
            self._hello.set_exception(self.error or Unreachable("Slack closed a new connection."))
            self._hello.exception()  # nobody may be waiting any more

    async def _read(self) -> None:
        try:
            while True:
                message = await self._stream.receive()
                self._heard_at = self._clock.monotonic()
                if message.type is aiohttp.WSMsgType.TEXT:
                    await self._heard(message.data)
                elif message.type is aiohttp.WSMsgType.PING:
                    await self._stream.pong(message.data)
                elif message.type in _ENDS or message.type is aiohttp.WSMsgType.ERROR:
                    break
        except (aiohttp.ClientError, ConnectionError):
            pass  # lost, as below
        self._over(End.LOST)

    async def _heard(self, text: str) -> None:
        frame = frame_of(text)
        if frame is None:
            logger.warning("a frame of Slack cannot be read: %d characters", len(text))
        elif frame.type == HELLO:
            self.since = self._clock.monotonic()
            if not self._hello.done():
                self._hello.set_result(frame.num_connections)
        elif frame.type == GOODBYE:
            self._said_goodbye(frame.reason)
        elif frame.envelope_id:
            self._heard_at = math.inf  # whoever takes holds us up, not Slack
            await self._take(self, frame)
            self._heard_at = self._clock.monotonic()

    def _said_goodbye(self, reason: str) -> None:
        logger.info("Slack will end a socket: %.60r", reason)
        if reason in ("warning", "refresh_requested"):
            self._over(End.REFRESHED)
        else:
            self.error = Ended(reason)
            self._over(End.ENDED)

    async def _watch(self) -> None:
        while not self._reader.done():
            await self._clock.sleep(PING_EVERY)
            if self._clock.monotonic() - self._heard_at > SILENT_AFTER:
                self._over(End.SILENT)
                self._reader.cancel()
                return
            try:
                await self._stream.ping()
            except (aiohttp.ClientError, ConnectionError, RuntimeError):
                return  # the reader sees it, too


async def _stream(http: aiohttp.ClientSession, address: Address) -> aiohttp.ClientWebSocketResponse:
    """The WebSocket behind ``address``. Raises :class:`Unreachable`, never with the address."""
    url = URL(address.url, encoded=True)
    # As https, so that the environment's proxy for https counts; aiohttp knows none for wss.
    url = url.with_scheme("https" if url.scheme == "wss" else "http")
    try:
        return await http.ws_connect(
            url, autoping=False, timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSING)
        )
    except aiohttp.WSServerHandshakeError as error:
        raise Unreachable(f"Slack refuses a Socket Mode connection ({error.status}).") from None
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        named = type(error).__name__
        raise Unreachable(f"Slack's Socket Mode address cannot be reached: {named}.") from None
