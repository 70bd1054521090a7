"""pods/exec over WebSocket, channel protocols v5 and v4.

Each message is a channel byte and a payload: 1 stdout, 2 stderr, 3 the final Status.

With v5 the API server accepts the WebSocket before it talks to the kubelet, so troubles of the
kubelet come as a Status on channel 3; with v4 it passes the handshake on, and they refuse it
(StreamTranslator of Kubernetes 1.30 and later).
"""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from aiohttp import web

from bot.playground.cluster.access import Attributes, forbidden
from bot.playground.cluster.agents import commands
from bot.playground.cluster.agents.view import view_of
from bot.playground.cluster.errors import ApiError, BadRequest, DialFailed, Internal
from bot.playground.cluster.machines import Machine
from bot.playground.cluster.names import stable_hex
from bot.playground.cluster.store import Stored
from bot.playground.cluster.world import World

from . import containers, reading
from .calls import Call

JsonObject = dict[str, Any]
V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"
STDOUT, STDERR, STATUS = b"\x01", b"\x02", b"\x03"
FRAME = 32 * 1024


async def execute(world: World, call: Call) -> web.StreamResponse:
    """Run a command in a container."""
    _authorize(world, call)
    pod = reading.require(world, call)
    container = containers.choose(pod, call.query.get("container"))
    argv = call.request.query.getall("command", [])
    if not argv:
        raise BadRequest("you must specify at least 1 command for the container")
    machine = containers.machine_of(world, pod)
    protocols = _offered(call)
    trouble = _kubelet_trouble(pod, machine, container)
    if trouble is not None and V5 not in protocols:
        raise DialFailed(f"error dialing backend: {trouble}")
    session = web.WebSocketResponse(protocols=(V5, V4), compress=False)
    world.ledger.exec_began()
    try:
        await session.prepare(call.request)
        if trouble is not None:
            await _finish(session, Internal(trouble).status())
        else:
            await _run(world, session, pod, machine, container, argv)
    finally:
        world.ledger.exec_ended()
    return session


def _authorize(world: World, call: Call) -> None:
    """An exec over WebSocket needs both get and create on pods/exec (measured on 1.36)."""
    path = call.path
    for verb in ("get", "create"):
        wanted = Attributes(verb, "", "pods", "exec", path.namespace, path.name)
        world.access.require(call.user, wanted)
        if world.api.exec_forbidden:
            raise forbidden(call.user, wanted)


def _offered(call: Call) -> list[str]:
    """The channel protocols the client offers; a plain request is refused."""
    headers = call.request.headers
    if headers.get("Upgrade", "").lower() != "websocket":
        raise BadRequest("Upgrade request required")
    offered = [
        protocol.strip()
        for header in headers.getall("Sec-WebSocket-Protocol", [])
        for protocol in header.split(",")
    ]
    if not {V5, V4} & set(offered):
        raise BadRequest(f"unable to negotiate a protocol: client supports {offered}")
    return offered


def _kubelet_trouble(pod: Stored, machine: Machine, container: str) -> str | None:
    """Why no process can be started in the container, if so."""
    if not machine.powered:
        target = (
            f"https://{machine.address}:{containers.KUBELET_PORT}/exec/{pod.namespace}/{pod.name}/"
            f"{container}"
        )
        return f'error sending request: Post "{target}": {containers.no_route(machine)}'
    if not containers.is_running(pod, container):
        return f'unable to upgrade connection: container not found ("{container}")'
    return None


async def _run(
    world: World, session: web.WebSocketResponse, pod: Stored, machine: Machine,
    container: str, argv: list[str],
) -> None:  # fmt: skip
    await session.send_bytes(STDOUT)
    if world.exec_latency:
        await asyncio.sleep(world.exec_latency)
    view = view_of(world, pod) if container == "cilium-agent" else None
    if view is not None and machine.hung:
        async for _ in session:  # until the client has had enough
            pass
        return
    try:
        if view is None:
            raise commands.NotInPath(argv[0])
        output = commands.run(view, argv)
    except commands.NotInPath as missing:
        await _finish(session, _not_in_path(pod, missing.program).status())
        return
    await _send(session, STDOUT, output.stdout)
    await _send(session, STDERR, output.stderr)
    await _finish(session, _exit_status(output.code, session.ws_protocol))


async def _send(session: web.WebSocketResponse, channel: bytes, payload: bytes) -> None:
    for start in range(0, len(payload), FRAME):
        await session.send_bytes(channel + payload[start : start + FRAME])


async def _finish(session: web.WebSocketResponse, status: JsonObject) -> None:
    await session.send_bytes(STATUS + msgspec.json.encode(status))
    await session.close()


def _exit_status(code: int, protocol: str | None) -> JsonObject:
    """The Status of a finished command; v5 comes through the API server and has metadata."""
    head: JsonObject = {"metadata": {}} if protocol == V5 else {}
    if code == 0:
        return head | {"status": "Success"}
    message = f"command terminated with exit code {code}"
    if protocol == V5:
        message = f"command terminated with non-zero exit code: {message}"
    causes = [{"reason": "ExitCode", "message": str(code)}]
    return head | {
        "status": "Failure",
        "message": message,
        "reason": "NonZeroExitCode",
        "details": {"causes": causes},
    }


def _not_in_path(pod: Stored, program: str) -> ApiError:
    """A missing program, as containerd and runc report it through the kubelet."""
    attempt = stable_hex(f"exec {pod.uid} {program}")
    return Internal(
        "error executing command in container: failed to exec in container: failed to start exec "
        f'"{attempt}": OCI runtime exec failed: exec failed: unable to start container process: '
        f'exec: "{program}": executable file not found in $PATH'
    )
