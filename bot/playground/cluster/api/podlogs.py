"""pods/log."""

from __future__ import annotations

from datetime import timedelta

from aiohttp import web

from bot.playground.cluster.agents import logs
from bot.playground.cluster.clock import parse_time, rfc3339_nano
from bot.playground.cluster.errors import BadRequest, DialFailed
from bot.playground.cluster.store import Stored
from bot.playground.cluster.world import World

from . import containers, reading
from .calls import Call


def read(world: World, call: Call) -> web.Response:
    """A container's log as plain text; ``follow`` ends at the present (not modelled)."""
    pod = reading.require(world, call)
    container = containers.choose(pod, call.query.get("container"))
    machine = containers.machine_of(world, pod)
    if not machine.powered:
        target = (
            f"https://{machine.address}:{containers.KUBELET_PORT}/containerLogs/{pod.namespace}/"
            f"{pod.name}/{container}"
        )
        raise DialFailed(f'Get "{target}": {containers.no_route(machine)}')
    previous = call.flag("previous")
    _require_attempt(pod, container, previous=previous)
    lines = logs.log_of(world, pod, container, previous=previous)
    return web.Response(text=_cut(world, call, lines), content_type="text/plain")


def _require_attempt(pod: Stored, container: str, *, previous: bool) -> None:
    """Refuse when the container has no such attempt to read from."""
    status = pod.object["status"]
    every = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    found = next((entry for entry in every if entry["name"] == container), None)
    if previous and not (found and found.get("lastState", {}).get("terminated")):
        raise BadRequest(
            f'previous terminated container "{container}" in pod "{pod.name}" not found'
        )
    waiting = (found or {}).get("state", {}).get("waiting", {}) if found else {}
    if found is None or (waiting and not found["restartCount"]):
        reason = waiting.get("reason", "ContainerCreating")
        raise BadRequest(
            f'container "{container}" in pod "{pod.name}" is waiting to start: {reason}'
        )


def _cut(world: World, call: Call, lines: list[logs.Line]) -> str:
    since = call.number("sinceSeconds")
    if since is not None:
        if since < 1:
            raise BadRequest("sinceSeconds: Invalid value: must be greater than 0")
        earliest = world.clock.now() - timedelta(seconds=since)
        lines = [line for line in lines if line.time >= earliest]
    if since_time := call.query.get("sinceTime"):
        earliest = parse_time(since_time)
        lines = [line for line in lines if line.time >= earliest]
    tail = call.number("tailLines")
    if tail is not None:
        lines = lines[-tail:] if tail > 0 else []
    stamps = call.flag("timestamps")
    text = "".join(
        f"{rfc3339_nano(line.time)} {line.text}\n" if stamps else f"{line.text}\n" for line in lines
    )
    limit = call.number("limitBytes")
    return text if limit is None else text.encode()[:limit].decode(errors="ignore")
