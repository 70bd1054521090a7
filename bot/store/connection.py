"""The connection to the store: short waits, no hidden retries, and one way to change state.

redis-py's own retries are off: they re-send commands that are not idempotent (facts: one HINCRBY
ran three times over a link that lost two replies). A :class:`Script` is, so a script whose
connection broke is sent once more. The protocol is pinned, because replies differ between versions.
After a failure nothing is tried for a moment, so that a store that is away costs each caller
nothing; then a question that changes nothing goes first, so that what changes something is rarely
left in doubt.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.credentials import CredentialProvider, UsernamePasswordCredentialProvider
from redis.driver_info import DriverInfo
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    NoPermissionError,
    NoScriptError,
    RedisError,
    ResponseError,
)
from redis.exceptions import (
    ConnectionError as NoConnection,
)
from redis.exceptions import (
    TimeoutError as NoAnswer,
)

from bot.model.errors import StoreDenies, StoreUnavailable
from bot.model.time_scale import REAL_TIME, TimeScale
from bot.store.address import StoreAddress
from bot.store.script import Script

logger = logging.getLogger(__name__)

T = TypeVar("T")
Argument = str | bytes | int | float

CONNECT = 1.0
"""Seconds to connect. Slack waits three for an acknowledgement, and that waits for the store."""
ANSWER = 2.0
"""Seconds for an answer; nothing here blocks in the store."""
IN_FLIGHT = 12
"""Questions at once, each on a connection. An answer takes a fraction of a millisecond, a new
connection several: in a burst a few that are used again are faster than many."""
RESTING = 0.5
"""Seconds after a failure in which nothing is asked."""
PREFIX = "cilium-oncall"
_PROTOCOL = 2


class Store:
    """One store. Construction touches no network; every method may raise
    :class:`StoreUnavailable`, which never shows a password, and :class:`StoreDenies` is one of
    them. ``on_answer`` is told how long each question took and whether it was answered."""

    def __init__(
        self,
        address: StoreAddress,
        *,
        prefix: str = PREFIX,
        time_scale: TimeScale = REAL_TIME,
        on_answer: Callable[[float, bool], None] = lambda seconds, ok: None,
    ) -> None:
        self.address = address
        self.prefix = prefix
        self.time_scale = time_scale
        self._client = _client(address)
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._rests_until = 0.0
        self._well = True
        self._on_answer = on_answer

    def key(self, *parts: str) -> str:
        """A key of ours."""
        return ":".join((self.prefix, *parts))

    async def change(self, script: Script, keys: Sequence[str], *arguments: Argument) -> Any:
        """Run ``script``, once more when the connection broke. The error says when it is not known
        whether it took effect."""
        if not self._well:
            await self.read("PING")

        async def once() -> Any:
            try:
                return await self._client.evalsha(script.digest, len(keys), *keys, *arguments)
            except NoScriptError:
                return await self._client.eval(script.text, len(keys), *keys, *arguments)

        return await self._ask(once)

    async def read(self, command: str, *arguments: Argument) -> Any:
        """One reading command."""
        return await self._ask(
            lambda: self._client.execute_command(command, *arguments)  # type: ignore[no-untyped-call]
        )

    async def ping(self) -> None:
        """Ask whether it is there, although it may not have been a moment ago."""
        self._rests_until = 0.0
        await self.read("PING")

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()
        pool = self._client.connection_pool
        if isinstance(pool, SentinelConnectionPool):
            for sentinel in pool.sentinel_manager.sentinels:
                await sentinel.aclose()

    async def _ask(self, asking: Callable[[], Awaitable[T]]) -> T:
        async with self._slots:
            return await self._ask_now(asking)

    async def _ask_now(self, asking: Callable[[], Awaitable[T]]) -> T:
        if time.monotonic() < self._rests_until:
            raise StoreUnavailable("The store did not answer a moment ago.", hint=_HINT)
        perhaps_done, began = False, time.monotonic()
        try:
            await self._connect()
            try:
                answer = await asking()
            except NoConnection as error:
                if isinstance(error, AuthenticationError | AuthorizationError):
                    raise
                perhaps_done = True
                answer = await asking()
        except (RedisError, OSError) as error:
            if not isinstance(error, NoPermissionError):
                self._well = False
                self._rests_until = time.monotonic() + RESTING
            self._on_answer(time.monotonic() - began, False)
            unavailable = _unavailable(self.address, error)
            unavailable.perhaps_done = perhaps_done or isinstance(error, NoAnswer)
            raise unavailable from None
        self._well = True
        self._on_answer(time.monotonic() - began, True)
        return answer

    async def _connect(self) -> None:
        """Have a living connection at hand. What fails here has asked nothing."""
        pool = self._client.connection_pool
        await pool.release(await pool.get_connection())  # type: ignore[no-untyped-call]


_DRIVER = DriverInfo()
"""Made once: without it redis-py reads its own package's metadata for every connection."""
_HINT = "Check that it runs and store.url and STORE_PASSWORD are right (docs/settings.md)."


def _unavailable(address: StoreAddress, error: Exception) -> StoreUnavailable:
    """redis-py's texts can carry what was sent: only their first word is taken."""
    if isinstance(error, AuthenticationError | AuthorizationError):
        return StoreUnavailable(
            f"The store at {address} refuses the password.", hint="Check STORE_PASSWORD."
        )
    if isinstance(error, NoPermissionError):
        return StoreDenies(
            f"The store at {address} does not let the bot do this.",
            hint="Give its user what the command needs: ACL SETUSER (docs/settings.md).",
        )
    if isinstance(error, NoAnswer):
        return StoreUnavailable(f"The store at {address} does not answer in time.", hint=_HINT)
    if isinstance(error, NoConnection | OSError):
        return StoreUnavailable(f"The store at {address} cannot be reached.", hint=_HINT)
    code = str(error).partition(" ")[0].strip(":")[:20]
    if isinstance(error, ResponseError) and code in ("ERR", "WRONGTYPE"):
        logger.error("the store refused a command of ours: %.300s", error)
    return StoreUnavailable(
        f"The store at {address} refuses to work: {code}.",
        hint="OOM: raise maxmemory. MISCONF: its disk is full. READONLY: it is a replica.",
    )


def _client(address: StoreAddress) -> Redis:
    options: dict[str, Any] = {
        "protocol": _PROTOCOL,
        "socket_connect_timeout": CONNECT,
        "socket_timeout": ANSWER,
        "retry": Retry(NoBackoff(), 0),
        "health_check_interval": 0,
        "driver_info": _DRIVER,
        "password": address.password or None,
        "username": address.username or None,
    }
    if not address.sentinels:
        return Redis.from_url(address.url, **options)
    tls = {"ssl": True} if address.scheme.startswith("rediss") else {}
    sentinel = Sentinel(  # type: ignore[no-untyped-call]
        address.sentinels,
        sentinel_kwargs={
            "socket_connect_timeout": CONNECT,
            "socket_timeout": ANSWER,
            "retry": Retry(NoBackoff(), 0),
            **tls,
        },
        db=address.database,
        **options,
        **tls,
    )
    found: Redis = sentinel.master_for(address.service)
    return found


def credentials(address: StoreAddress) -> CredentialProvider | None:
    """How pydocket signs in at the same store, without a password in its URL."""
    if not address.password:
        return None
    return UsernamePasswordCredentialProvider(address.username or None, address.password)
