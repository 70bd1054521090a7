"""pods/proxy: the way to an agent's metrics through the API server."""

from __future__ import annotations

import asyncio

from aiohttp import web

from bot.playground.cluster.agents import metrics
from bot.playground.cluster.agents.view import view_of
from bot.playground.cluster.errors import NotFound, ServiceUnavailable
from bot.playground.cluster.store import Stored
from bot.playground.cluster.world import World

from . import containers
from .calls import Call, pod_and_port

METRICS_PORT = "9962"


async def forward(world: World, call: Call) -> web.Response:
    """GET ``pods/<pod>:9962/proxy/metrics``; nothing else listens in this cluster."""
    name, port = pod_and_port(call.path.name)
    pod = world.store.find("pods", name, call.path.namespace)
    if pod is None:
        raise NotFound(call.kind, name)
    machine = containers.machine_of(world, pod)
    if not machine.powered:
        raise _unreachable(containers.no_route(machine, int(port or "80")))
    view = view_of(world, pod)
    if view is None or port != METRICS_PORT or machine.stuck or not _listens(world, pod):
        address = pod.object["status"].get("podIP") or machine.address
        raise _unreachable(f"dial tcp {address}:{port or '80'}: connect: connection refused")
    if machine.hung:
        await asyncio.Event().wait()  # until the client gives up: its disconnect cancels this
    if call.path.tail.strip("/") != "metrics":
        return web.Response(text="404 page not found\n", status=404)
    return web.Response(
        body=metrics.exposition(view).encode(), headers={"Content-Type": metrics.CONTENT_TYPE}
    )


def _listens(world: World, pod: Stored) -> bool:
    """Whether the agent runs and was configured to serve metrics."""
    ports = pod.object["spec"]["containers"][0].get("ports") or ()
    return (
        world.fleet.metrics_served
        and any(str(port["containerPort"]) == METRICS_PORT for port in ports)
        and containers.is_running(pod, "cilium-agent")
    )


def _unreachable(why: str) -> ServiceUnavailable:
    return ServiceUnavailable(f"error trying to reach service: {why}")
