"""Requests to the API server: bounded, retried where that is safe, errors in the project's words.

Reads are retried on 429, 5xx and broken connections; writes never are, and every write carries a
precondition: the UID of what it deletes, the resourceVersion of what it changes.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import msgspec

from bot.clients.kubernetes.answers import error_of, failure_of
from bot.clients.kubernetes.connection import ClusterAddress, Connection
from bot.clients.kubernetes.credentials import Credentials
from bot.clients.kubernetes.decoding import decode
from bot.clients.kubernetes.observer import Observer, Silent
from bot.model.errors import (
    ClientError,
    Malformed,
    Throttled,
    TimedOut,
    Unreachable,
)
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
        self._slots = asyncio.Semaphore(requests_in_flight)
        self._credentials = Credentials(address)
        self._session: aiohttp.ClientSession | None = None
        self.trouble: ClientError | None = None
        """Why the latest read failed, while it may still be tried again; ``None`` after a success.
        For those whose time ran out meanwhile."""

    async def connection(self) -> Connection:
        """Address and credentials, read once. Raises :class:`ConfigurationError`."""
        return await self._credentials.connection()

    async def renew(self, refused: Connection, sent: Mapping[str, str]) -> bool:
        """Read the credentials again after ``sent`` were refused; whether they are others now."""
        return await self._credentials.renew(refused, sent)

    def _pool(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0, ttl_dns_cache=300)
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
                answer = await self._send(_Request("GET", path, query, timeout, most_bytes))
                self.trouble = None
                return answer
            except ClientError as error:
                if not error.retry_makes_sense or attempt == attempts:
                    raise
                self.trouble = error
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
            previous, following = following, page.metadata.following if page.metadata else ""
            if not following:
                return
            if following == previous:
                raise Malformed(f"The list {path} does not end: the same page follows itself.")

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

    async def try_apply(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        manager: str,
        force: bool = False,
        timeout: float = 10.0,
    ) -> bytes:
        """What a server-side apply of ``body`` by ``manager`` would make of the object at ``path``.

        A dry run, and never anything else: who applies for real is Helm. Raises :class:`Conflict`
        naming the owners of fields that are somebody else's, unless it is tried with ``force``.
        """
        query = {
            "dryRun": "All",
            "fieldManager": manager,
            "fieldValidation": "Strict",
            "force": "true" if force else "false",
        }
        # JSON is YAML: the API server reads it so.
        return await self._write(
            "PATCH", path, query, body, "application/apply-patch+yaml", timeout
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
        encoded = msgspec.json.encode(body)
        request = _Request(method, path, query, timeout, MOST_BYTES, encoded, content_type)
        return await self._send(request)

    async def _send(self, request: _Request) -> bytes:
        with timed(lambda seconds, end: self.observer.requested(request.method, seconds, end)):
            return await self._answer(request)

    async def _answer(self, request: _Request) -> bytes:
        for last in (False, True):
            connection = await self.connection()
            credentials = await connection.headers()
            status, answer, retry_after = await self._exchange(request, connection, credentials)
            if status == 401 and not last and await self.renew(connection, credentials):
                continue
            if status >= 300:
                raise error_of(status, answer, request.method, request.path, retry_after)
            return answer
        raise AssertionError("unreachable: the second answer is returned or raised")

    async def _exchange(
        self, request: _Request, connection: Connection, credentials: Mapping[str, str]
    ) -> tuple[int, bytes, str]:
        """Status, body and Retry-After. Time spent waiting for a slot is not the server's."""
        content = {"Content-Type": request.content_type} if request.content_type else {}
        async with (
            self._slots,
            border(connection.server, request.timeout),
            self._pool().request(
                request.method,
                connection.server + request.path,
                params=request.query,
                data=request.body,
                headers={"Accept": "application/json", **content, **credentials},
                ssl=connection.tls or True,
                server_hostname=connection.server_name,
                proxy=connection.proxy,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=request.timeout),
                middlewares=() if request.method == "GET" else (_once,),
            ) as response,
        ):
            answer = await _read_at_most(response, request.most_bytes, request.path)
            return response.status, answer, response.headers.get("Retry-After", "")


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    query: Query | None
    timeout: float
    most_bytes: int
    body: bytes | None = None
    content_type: str = ""


async def _once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep the HTTP library from sending a change twice: it repeats DELETE on a lost connection."""
    try:
        return await handler(request)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        raise  # nothing was sent, and these are not repeated
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
        raise Unreachable(
            f"The connection to {request.url.authority} broke before the answer came.",
            hint="Whether the change took effect is not known: look before asking again.",
        ) from None


class _ListMetadata(msgspec.Struct):
    following: str = msgspec.field(name="continue", default="")


class _Page(msgspec.Struct):
    items: list[msgspec.Raw] | None = None
    metadata: _ListMetadata | None = None


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
