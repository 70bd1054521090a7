"""Exec frame by frame, against servers that split, flood, lie and hang up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web

from bot.clients.kubernetes.pod_exec import MOST_BYTES, Executed
from bot.clients.kubernetes.pod_ref import PodRef
from bot.model.errors import ClientError, Malformed, Refused, Throttled, TimedOut, Unreachable
from tests.clients.kubernetes.serving import Handler, against, answering, text

Session = web.WebSocketResponse
Script = Callable[[Session], Awaitable[None]]
SUCCESS = b'\x03{"metadata":{},"status":"Success"}'
POD = ("kube-system", "cilium-x", "uid", "node-1")


def speaking(
    script: Script, protocols: tuple[str, ...] = ("v5.channel.k8s.io", "v4.channel.k8s.io")
) -> Handler:
    """A server that opens the WebSocket and follows ``script``."""

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        session = web.WebSocketResponse(protocols=protocols, compress=False)
        await session.prepare(request)
        if session.ws_protocol is not None:  # without a common language there is nothing to say
            await script(session)
        return session

    return handler


def frames(*sent: bytes) -> Script:
    async def script(session: Session) -> None:
        for frame in sent:
            await session.send_bytes(frame)
        await session.close()

    return script


async def executed(
    handler: Handler, folder: Path, *, timeout: float = 5.0, container: str = "cilium-agent"
) -> Executed:
    async with against(handler, folder) as (cluster, served):
        try:
            argv = ("cilium", "status")
            return await cluster.pod_exec.run(PodRef(*POD), container, argv, timeout=timeout)
        finally:
            assert await served.comes_to(0)


async def test_frames_are_put_together_by_stream(tmp_path: Path) -> None:
    word = "grüße 🐝".encode()
    script = frames(
        b"\x01", b"\x01" + word[:3], b"\x02warn", b"\x01" + word[3:-2], b"\x02ing",
        b"\x01" + word[-2:], b"", SUCCESS,
    )  # fmt: skip
    assert await executed(speaking(script), tmp_path) == Executed(word, b"warning", 0)


async def test_a_long_answer_comes_in_frames_of_32_kib(tmp_path: Path) -> None:
    whole = bytes(range(256)) * 8192
    step = 32 * 1024
    parts = [b"\x01" + whole[start : start + step] for start in range(0, len(whole), step)]
    answer = await executed(speaking(frames(*parts, SUCCESS)), tmp_path)
    assert answer.stdout == whole


async def test_a_server_that_speaks_only_v4_is_understood(tmp_path: Path) -> None:
    failed = (
        b'\x03{"status":"Failure","message":"command terminated with exit code 3",'
        b'"reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}'
    )
    handler = speaking(frames(b"\x02no\n", failed), ("v4.channel.k8s.io",))
    assert await executed(handler, tmp_path) == Executed(b"", b"no\n", 3)


async def test_channels_and_messages_we_do_not_know_are_passed_over(tmp_path: Path) -> None:
    async def script(session: Session) -> None:
        await session.send_str("hello")
        await session.send_bytes(b"\x07?")
        await session.ping()
        await frames(b"\x01out", SUCCESS)(session)

    assert await executed(speaking(script), tmp_path) == Executed(b"out", b"", 0)


STATUSES: list[tuple[bytes, type[ClientError], str]] = [
    (b"", Malformed, "The end of cilium was not seen."),
    (b"\x03", Malformed, "The end of cilium was not seen."),
    (b"\x03{", Malformed, "The end of cilium was not seen."),
    (b"\x03[]", Malformed, "The end of cilium was not seen."),
    (b'\x03{"status":7}', Malformed, "The end of cilium was not seen."),
    (b"\x03\xff", Malformed, "The end of cilium was not seen."),
    (b"\x03{}", Unreachable, "cilium could not be run: "),
    (b'\x03{"status":"Failure","message":"oom"}', Unreachable, "cilium could not be run: oom."),
    (
        b'\x03{"status":"Failure","reason":"InternalError","details":null}',
        Unreachable,
        "cilium could not be run: InternalError.",
    ),
    (
        b'\x03{"status":"Failure","message":"m","details":'
        b'{"causes":[{"reason":"ExitCode","message":"x"}]}}',
        Unreachable,
        "cilium could not be run: m.",
    ),
]


@pytest.mark.parametrize(("status", "kind", "message"), STATUSES)
async def test_an_end_that_was_not_seen_is_never_success(
    tmp_path: Path, status: bytes, kind: type[ClientError], message: str
) -> None:
    with pytest.raises(kind) as caught:
        await executed(speaking(frames(b"\x01all is well", status)), tmp_path)
    assert caught.value.message.startswith(message)


def hanging_up_after(*sent: bytes) -> Handler:
    """A server that ends the TCP connection without a close frame, as the real one does."""

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        session = web.WebSocketResponse(protocols=("v5.channel.k8s.io",), compress=False)
        await session.prepare(request)
        for frame in sent:
            await session.send_bytes(frame)
        assert request.transport is not None
        request.transport.close()
        return session

    return handler


async def test_a_server_that_hangs_up_without_a_close_frame_after_the_end_is_fine(
    tmp_path: Path,
) -> None:
    assert (await executed(hanging_up_after(b"\x01out", SUCCESS), tmp_path)).stdout == b"out"


async def test_one_that_hangs_up_before_the_end_is_malformed(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="The end of cilium was not seen"):
        await executed(hanging_up_after(b"\x01ou"), tmp_path)


async def test_cancelling_closes_the_connection(tmp_path: Path) -> None:
    async def endless(session: Session) -> None:
        await session.send_bytes(b"\x01.")
        await session.receive()

    async with against(speaking(endless), tmp_path) as (cluster, served):
        running = asyncio.create_task(cluster.pod_exec.run(PodRef(*POD), "c", ("cilium",)))
        assert await served.comes_to(1)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert await served.comes_to(0)


@pytest.mark.parametrize("frame", [32 * 1024, MOST_BYTES + 2], ids=["many frames", "one frame"])
async def test_more_than_eight_mebibytes_are_refused(tmp_path: Path, frame: int) -> None:
    async def flood(session: Session) -> None:
        for _ in range(MOST_BYTES // frame + 2):
            await session.send_bytes(b"\x01" + b"x" * frame)
        await frames(SUCCESS)(session)

    with pytest.raises(Malformed, match="wrote more than 8,388,608 bytes"):
        await executed(speaking(flood), tmp_path)


async def test_a_command_that_never_ends_is_given_up_in_time(tmp_path: Path) -> None:
    async def trickle(session: Session) -> None:
        while not session.closed:
            await session.send_bytes(b"\x01.")
            await asyncio.sleep(0.01)

    with pytest.raises(TimedOut, match=r"did not end within 0\.2 s"):
        await executed(speaking(trickle), tmp_path, timeout=0.2)


async def test_a_handshake_that_never_ends_is_given_up_in_time(tmp_path: Path) -> None:
    async def silent(request: web.BaseRequest) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(TimedOut, match=r"did not end within 0\.2 s"):
        await executed(silent, tmp_path, timeout=0.2)


@pytest.mark.parametrize(
    ("status", "kind", "message"),
    [
        (200, Refused, "answered 200"),
        (400, Refused, "no such container"),
        (429, Throttled, "slow down"),
        (500, Unreachable, r"kubelet cannot be reached through the API server \(500\)"),
        (503, Unreachable, "kubelet"),
    ],
)
async def test_a_refused_handshake_has_its_kind(
    tmp_path: Path, status: int, kind: type[ClientError], message: str
) -> None:
    with pytest.raises(kind, match=message):
        await executed(answering(text("no", status)), tmp_path)


async def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    asked: list[str] = []

    async def redirecting(request: web.BaseRequest) -> web.StreamResponse:
        asked.append(request.path)
        if request.path != "/elsewhere":
            return web.Response(status=302, headers={"Location": "/elsewhere"})
        return await speaking(frames(b"\x01all is well", SUCCESS))(request)

    with pytest.raises(Refused, match="it redirects elsewhere"):
        await executed(redirecting, tmp_path)
    assert len(asked) == 1


async def test_a_server_that_resets_the_handshake_is_unreachable(tmp_path: Path) -> None:
    async def resetting(request: web.BaseRequest) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    with pytest.raises(Unreachable, match="broke"):
        await executed(resetting, tmp_path)


async def test_the_server_is_asked_for_exactly_this(tmp_path: Path) -> None:
    asked: list[web.BaseRequest] = []

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        asked.append(request)
        return await speaking(frames(SUCCESS))(request)

    await executed(handler, tmp_path, container="cilium-agent")
    (request,) = asked
    assert request.path == "/api/v1/namespaces/kube-system/pods/cilium-x/exec"
    assert list(request.query.items()) == [
        ("container", "cilium-agent"), ("stdout", "true"), ("stderr", "true"),
        ("command", "cilium"), ("command", "status"),
    ]  # fmt: skip
    assert request.headers["Authorization"] == "Bearer secret"


async def test_a_server_that_asks_to_slow_down_is_asked_again(tmp_path: Path) -> None:
    calls: list[str] = []
    answered = speaking(frames(b"\x01done", SUCCESS))

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        calls.append(request.path)
        if len(calls) == 1:
            return web.Response(status=429)
        return await answered(request)

    done = await executed(handler, tmp_path)
    assert done.stdout == b"done"
    assert len(calls) == 2
