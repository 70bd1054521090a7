"""Running one fixed argument list in a pod's container, over WebSocket.

Frames are read here, since the official client's exec drops the exit code and merges the streams.
Each frame is a channel byte and a payload: 1 stdout, 2 stderr, 3 a Status with the exit code.
Source: Kubernetes ``remotecommand`` protocols v4 and v5, checked on a 1.36 API server, which ends
the connection without a close frame.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from urllib.parse import quote

import aiohttp
import msgspec

from bot.clients.kubernetes.answers import error_of
from bot.clients.kubernetes.api import Api, border
from bot.clients.kubernetes.pod_ref import PodRef
from bot.clients.kubernetes.reads import Reads
from bot.model.errors import (
    ClientError,
    Conflict,
    Denied,
    Malformed,
    NotFound,
    Refused,
    Throttled,
    TimedOut,
    Unreachable,
)
from bot.model.outcome import timed

PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
STDOUT, STDERR, STATUS = 1, 2, 3
MOST_BYTES = 8 * 1024 * 1024
COMMAND_NOT_FOUND = 127
"""The shell's exit code for a missing program; container runtimes tell it in words only."""
UID_HOLDS = 10.0
"""Seconds for which a pod's UID, once read, need not be read again before an exec."""


@dataclass(frozen=True, slots=True)
class Executed:
    """What a command wrote, apart by stream, and how it ended."""

    stdout: bytes
    stderr: bytes
    exit_code: int


class PodExec:
    """Exec with a connection per command; at most ``in_flight`` at once, on a pool of its own."""

    def __init__(self, api: Api, *, in_flight: int = 64) -> None:
        self._api = api
        self._reads = Reads(api)
        self._slots = asyncio.Semaphore(in_flight)
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def run(
        self, pod: PodRef, container: str, argv: tuple[str, ...], *, timeout: float = 30.0
    ) -> Executed:
        """Run ``argv`` in ``container`` of exactly ``pod``; ``timeout`` in seconds.

        Messages name neither pod nor node: whoever asked says whose answer is missing.
        Raises :class:`ClientError`: :class:`Conflict` when the pod was replaced, :class:`TimedOut`
        when the command does not end, :class:`Throttled` when the server only ever asked to slow
        down, :class:`Malformed` when it writes more than 8 MiB or the
        connection ends without a status, :class:`Denied` without permission.
        """
        async with self._slots:
            with timed(self._api.observer.executed):
                return await self._within(pod, container, argv, timeout)

    async def _within(
        self, pod: PodRef, container: str, argv: tuple[str, ...], timeout: float
    ) -> Executed:
        error: ClientError = TimedOut(f"{argv[0]} did not end within {timeout:g} s.")
        try:
            async with asyncio.timeout(timeout):
                while True:
                    await self._must_be_same(pod)
                    try:
                        return await self._run(pod, container, argv, timeout)
                    except Throttled as throttled:  # nothing was executed
                        error = throttled
                        await asyncio.sleep(throttled.retry_after)
        except TimeoutError:
            raise error from None

    async def _must_be_same(self, pod: PodRef) -> None:
        if time.monotonic() - pod.seen_at < UID_HOLDS:
            return
        try:
            uid = (await self._reads.pod(pod.namespace, pod.name)).metadata.uid
        except NotFound:
            uid = ""
        if uid != pod.uid:
            raise Conflict("The pod was replaced in the meantime.")

    async def _run(
        self, pod: PodRef, container: str, argv: tuple[str, ...], timeout: float
    ) -> Executed:
        query = [("container", container), ("stdout", "true"), ("stderr", "true")]
        query += [("command", word) for word in argv]
        path = f"/api/v1/namespaces/{quote(pod.namespace)}/pods/{quote(pod.name)}/exec"
        for last in (False, True):
            connection = await self._api.connection()
            credentials = await connection.headers()
            async with border(connection.server, timeout):
                try:
                    async with self._pool().ws_connect(
                        connection.server + path,
                        params=query,
                        protocols=PROTOCOLS,
                        headers=credentials,
                        ssl=connection.tls or True,
                        server_hostname=connection.server_name,
                        proxy=connection.proxy,
                        max_msg_size=MOST_BYTES + 1,
                        timeout=aiohttp.ClientWSTimeout(ws_close=0.1),
                    ) as socket:
                        return await _read(socket, argv)
                except aiohttp.WSServerHandshakeError as error:
                    if error.status != 401 or last:
                        raise _refusal(error, path) from None
            if not await self._api.renew(connection, credentials):
                raise error_of(401, b"", "GET", path, "")
        raise AssertionError("unreachable: the second answer is returned or raised")

    def _pool(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0, force_close=True, ttl_dns_cache=300)
            staying = aiohttp.TraceConfig()
            staying.on_request_redirect.append(_stay)
            self._session = aiohttp.ClientSession(connector=connector, trace_configs=[staying])
        return self._session


async def _stay(
    session: object, context: object, asked: aiohttp.TraceRequestRedirectParams
) -> None:
    """Follow no redirect: what a stranger's server prints is no answer of the agent."""
    asked.response.close()
    raise error_of(asked.response.status, b"", "GET", asked.url.path, "")


async def _read(socket: aiohttp.ClientWebSocketResponse, argv: tuple[str, ...]) -> Executed:
    streams: dict[int, list[bytes]] = {STDOUT: [], STDERR: [], STATUS: []}
    size = 0
    async for message in socket:
        if message.type is aiohttp.WSMsgType.ERROR:
            break
        if message.type is not aiohttp.WSMsgType.BINARY or not message.data:
            continue
        channel, payload = message.data[0], message.data[1:]
        size += len(payload)
        if size > MOST_BYTES:
            raise _too_much(argv)
        streams.setdefault(channel, []).append(payload)
        if channel == STATUS:
            break
    if socket.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG:
        raise _too_much(argv)
    stdout, stderr = b"".join(streams[STDOUT]), b"".join(streams[STDERR])
    return Executed(stdout, stderr, _exit_code(b"".join(streams[STATUS]), argv))


def _too_much(argv: tuple[str, ...]) -> Malformed:
    return Malformed(f"{argv[0]} wrote more than {MOST_BYTES:,} bytes.")


class _Cause(msgspec.Struct):
    reason: str = ""
    message: str = ""


class _Details(msgspec.Struct):
    causes: list[_Cause] | None = None


class _ExecStatus(msgspec.Struct):
    status: str = ""
    reason: str = ""
    message: str = ""
    details: _Details | None = None


def _exit_code(status: bytes, argv: tuple[str, ...]) -> int:
    """The exit code in a Status. Without one the end of the command was not seen."""
    try:
        ended = msgspec.json.decode(status, type=_ExecStatus)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Malformed(f"The end of {argv[0]} was not seen.") from None
    if ended.status == "Success":
        return 0
    for cause in (ended.details and ended.details.causes) or ():
        if cause.reason == "ExitCode" and cause.message.isdecimal():
            return int(cause.message)
    if "executable file not found" in ended.message:
        return COMMAND_NOT_FOUND
    raise Unreachable(f"{argv[0]} could not be run: {ended.message or ended.reason}.")


def _refusal(error: aiohttp.WSServerHandshakeError, path: str) -> ClientError:
    """A refused handshake carries only its status: the body is lost in the upgrade."""
    match error.status:
        case 403:
            return Denied(
                "Exec into the pod is forbidden.",
                hint="Grant get and create on pods/exec (the chart's cilium-exec role); "
                "if they are granted, an admission policy refused the command.",
            )
        case 400:
            return Refused("The pod has no such container, or it has not started yet.")
        case 404:
            return NotFound("The pod is gone.")
        case 429:
            return Throttled("The API server asks to slow down.")
        case 500 | 502 | 503 | 504:
            return Unreachable(
                f"The node's kubelet cannot be reached through the API server ({error.status})."
            )
        case status:
            return error_of(status, b"", "GET", path, "")
