"""Requests to the API server: bounded, retried where that is safe, errors in the project's words.

Reads are retried on 429, 5xx and broken connections; writes never are, and every write carries a
precondition: the UID of what it deletes, the resourceVersion of what it changes.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import msgspec

from bot.clients.kubernetes.answers import error_of, failure_of
from bot.clients.kubernetes.connection import ClusterAddress, Connection, connect
from bot.clients.kubernetes.observer import Observer, Silent
from bot.model.errors import ClientError, Malformed, Throttled, TimedOut
from bot.model.outcome import timed

MOST_BYTES = 64 * 1024 * 1024
PAGE = 500
ATTEMPTS = 4
FIRST_PAUSE = 0.2

Query = Mapping[str, str]


class Api:
    """One API server. Opens connections when first used; at most ``requests_in_flight`` requests.

    Exec has a pool of its own (see :mod:`bot.clients.kubernetes.pod_exec`), so that sixty open
    WebSockets never starve a list.
    """

    def __init__(
        self,
        address: ClusterAddress,
        *,
        requests_in_flight: int = 64,
        observer: Observer | None = None,
    ) -> None:
        self.address = address
        self.observer: Observer = observer or Silent()
        self._requests_in_flight = requests_in_flight
        self._connection: Connection | None = None
        self._session: aiohttp.ClientSession | None = None
        self._opening = asyncio.Lock()
        self._renewing = asyncio.Lock()

    async def connection(self) -> Connection:
        """Address and credentials, read once. Raises :class:`ConfigurationError`."""
        async with self._opening:
            if self._connection is None:
                self._connection = await connect(self.address)
            return self._connection

    async def session(self) -> aiohttp.ClientSession:
        """The pooled session for requests."""
        if self._session is None:
            await self.connection()
            connector = aiohttp.TCPConnector(limit=self._requests_in_flight, ttl_dns_cache=300)
            self._session = aiohttp.ClientSession(connector=connector)
        return self._session

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def get(
        self,
        path: str,
        query: Query | None = None,
        *,
        timeout: float = 10.0,
        most_bytes: int = MOST_BYTES,
        attempts: int = ATTEMPTS,
    ) -> bytes:
        """The body at ``path``; ``timeout`` in seconds for each of at most ``attempts`` tries.

        Raises :class:`ClientError`; :class:`Malformed` when it is larger than ``most_bytes``.
        """
        for attempt in range(1, attempts + 1):
            try:
                return await self._send("GET", path, query, None, {}, timeout, most_bytes)
            except ClientError as error:
                if not error.retry_makes_sense or attempt == attempts:
                    raise
                pause = FIRST_PAUSE * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)  # noqa: S311
                if isinstance(error, Throttled):
                    pause = max(pause, error.retry_after)
                await asyncio.sleep(pause)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def pages(
        self, path: str, query: Query | None = None, *, timeout: float = 10.0
    ) -> AsyncIterator[list[msgspec.Raw]]:
        """The items of a list, a page of :data:`PAGE` at a time, undecoded.

        Raises :class:`ClientError`. A continue token that expires while paging (410) is an error:
        the caller sees what was read before.
        """
        following = ""
        while True:
            asked = {"limit": str(PAGE), **(query or {})}
            if following:
                asked["continue"] = following
            page = decode(await self.get(path, asked, timeout=timeout), _Page, path)
            yield page.items or []
            following = page.metadata.following if page.metadata else ""
            if not following:
                return

    async def create(
        self, path: str, body: Mapping[str, Any], *, dry_run: bool = False, timeout: float = 10.0
    ) -> bytes:
        """Create an object in the collection ``path``; an existing one is a :class:`Conflict`."""
        query = {"fieldValidation": "Strict"} | ({"dryRun": "All"} if dry_run else {})
        return await self._write("POST", path, query, body, "application/json", timeout)

    async def patch(
        self,
        path: str,
        changes: Mapping[str, Any],
        *,
        resource_version: str,
        dry_run: bool = False,
        timeout: float = 10.0,
    ) -> bytes:
        """Merge ``changes`` into the object at ``path`` if it is still at ``resource_version``.

        Raises :class:`Conflict` when somebody else changed it since it was read.
        """
        metadata = {**changes.get("metadata", {}), "resourceVersion": resource_version}
        query = {"fieldValidation": "Strict"} | ({"dryRun": "All"} if dry_run else {})
        body = {**changes, "metadata": metadata}
        return await self._write(
            "PATCH", path, query, body, "application/merge-patch+json", timeout
        )

    async def delete(
        self, path: str, *, uid: str, dry_run: bool = False, timeout: float = 10.0
    ) -> bytes:
        """Delete the object at ``path`` if it is still the one with ``uid``."""
        body: dict[str, Any] = {"preconditions": {"uid": uid}}
        if dry_run:
            body["dryRun"] = ["All"]
        return await self._write("DELETE", path, {}, body, "application/json", timeout)

    async def _write(
        self,
        method: str,
        path: str,
        query: Query,
        body: Mapping[str, Any],
        content_type: str,
        timeout: float,
    ) -> bytes:
        headers = {"Content-Type": content_type}
        return await self._send(
            method, path, query, msgspec.json.encode(body), headers, timeout, MOST_BYTES
        )

    async def _send(
        self,
        method: str,
        path: str,
        query: Query | None,
        body: bytes | None,
        headers: dict[str, str],
        timeout: float,
        most_bytes: int,
    ) -> bytes:
        with timed(lambda seconds, end: self.observer.requested(method, seconds, end)):
            status, answer, retry_after = await self._exchange(
                method, path, query, body, headers, timeout, most_bytes
            )
            if status == 401 and await self._renew():
                status, answer, retry_after = await self._exchange(
                    method, path, query, body, headers, timeout, most_bytes
                )
            if status >= 400:
                raise error_of(status, answer, method, path, retry_after)
            return answer

    async def _exchange(
        self,
        method: str,
        path: str,
        query: Query | None,
        body: bytes | None,
        headers: dict[str, str],
        timeout: float,
        most_bytes: int,
    ) -> tuple[int, bytes, str]:
        session = await self.session()
        connection = await self.connection()
        async with border(connection.server, timeout):
            sent = {"Accept": "application/json", **headers, **await connection.headers()}
            async with session.request(
                method,
                connection.server + path,
                params=query,
                data=body,
                headers=sent,
                ssl=connection.tls or True,
                server_hostname=connection.server_name,
                proxy=connection.proxy,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=timeout),
            ) as response:
                answer = await _read_at_most(response, most_bytes, path)
                return response.status, answer, response.headers.get("Retry-After", "")

    async def _renew(self) -> bool:
        """Read the credentials again, once for all who were refused; whether they changed."""
        connection = await self.connection()
        before = await connection.headers()
        async with self._renewing:
            if await connection.headers() == before:
                await connection.renew()
            return await connection.headers() != before


class _ListMetadata(msgspec.Struct):
    following: str = msgspec.field(name="continue", default="")


class _Page(msgspec.Struct):
    items: list[msgspec.Raw] | None = None
    metadata: _ListMetadata | None = None


def decode(body: bytes, shape: type[Any], path: str) -> Any:
    """``body`` as ``shape``; :class:`Malformed` names ``path``."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"The answer for {path} cannot be read: {error}.") from None


@asynccontextmanager
async def border(server: str, timeout: float) -> AsyncIterator[None]:
    """Where the HTTP library's exceptions become the project's."""
    try:
        yield
    except (aiohttp.ClientError, OSError) as error:
        if isinstance(error, TimeoutError):
            raise TimedOut(f"{server} did not answer within {timeout:g} s.") from None
        raise failure_of(error, server) from None


async def _read_at_most(response: aiohttp.ClientResponse, most: int, path: str) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > most:
            response.close()
            raise Malformed(f"The answer for {path} is larger than {most:,} bytes.")
        chunks.append(chunk)
    return b"".join(chunks)
