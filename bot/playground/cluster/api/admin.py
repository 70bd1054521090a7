"""The playground's own endpoints, for its page: state, faults, ledger."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web

from bot.playground.cluster.clock import rfc3339
from bot.playground.cluster.errors import ApiError, BadRequest, PageNotFound
from bot.playground.cluster.faults import CATALOGUE, Fault, FaultBoard
from bot.playground.cluster.ledger import Mutation
from bot.playground.cluster.machines import Machine
from bot.playground.cluster.podlife import is_ready
from bot.playground.cluster.world import World

from .calls import json_response

JsonObject = dict[str, Any]
_EXEC = ("get", "pods", "exec")


class _NoSuchFault(ApiError):
    code = 404
    reason = "NotFound"


async def answer(
    world: World, board: FaultBoard, request: web.BaseRequest, path: str
) -> web.Response:
    """Carry out one request under ``/playground``."""
    match request.method, path.strip("/").split("/")[1:]:
        case "GET", ["state"]:
            return _json(state(world, board))
        case "GET", ["ledger"]:
            return _json({"mutations": [_mutation(one) for one in world.ledger.mutations]})
        case "GET", ["counters"]:
            return _json(counters(world))
        case "POST", ["faults"]:
            return await _inject(board, request)
        case "DELETE", ["faults", fault_id]:
            try:
                board.clear(fault_id)
            except ValueError as error:
                raise _NoSuchFault(str(error)) from None
            return _json({"cleared": fault_id})
        case _:
            raise PageNotFound


def counters(world: World) -> JsonObject:
    """How much was asked so far: for benchmarks, which measure from another process."""
    requests = world.ledger.requests
    execs = sum(n for (verb, _, *what), n in requests.items() if (verb, *what) == _EXEC)
    return {
        "requests": sum(requests.values()),
        "execs": execs,
        "execs_in_flight_peak": world.ledger.execs_in_flight_peak,
    }


async def _inject(board: FaultBoard, request: web.BaseRequest) -> web.Response:
    try:
        asked = msgspec.json.decode(await request.read(), type=dict[str, Any])
        fault = board.inject(
            str(asked.get("name", "")), asked.get("target"), **(asked.get("options") or {})
        )
    except (ValueError, TypeError) as error:  # msgspec.DecodeError is a ValueError
        raise BadRequest(str(error)) from None
    return _json(_fault(fault), 201)


def state(world: World, board: FaultBoard) -> JsonObject:
    """What the page shows: nodes, active faults, and what could be injected."""
    return {
        "cilium": world.release.version,
        "nodes": [_node(world, machine) for machine in world.fleet],
        "faults": [_fault(fault) for fault in board.active],
        "catalogue": [
            {
                "name": kind.name,
                "target": kind.target.value,
                "description": kind.description,
                "options": kind.options,
            }
            for kind in CATALOGUE.values()
        ],
        "mutations": len(world.ledger.mutations),
        "requests": sum(world.ledger.requests.values()),
    }


def _node(world: World, machine: Machine) -> JsonObject:
    node, pod = world.store.find("nodes", machine.name), world.agent_pod(machine.name)
    ready = node is not None and any(
        entry["type"] == "Ready" and entry["status"] == "True"
        for entry in node.object["status"]["conditions"]
    )
    return {
        "name": machine.name,
        "zone": machine.zone,
        "ready": ready,
        "unschedulable": bool(node and node.object["spec"].get("unschedulable")),
        "agent": _agent_state(machine, ready=pod is not None and is_ready(pod.object)),
        "agent_pod": pod.name if pod else None,
    }


def _agent_state(machine: Machine, *, ready: bool) -> str:
    """One word for the page: unreachable, crashing, silent, failing, garbled, starting, ok."""
    for word, holds in (
        ("unreachable", not machine.powered),
        ("crashing", machine.crash is not None),
        ("silent", machine.hung),
        ("failing", machine.cut_from_api),
        ("garbled", machine.torn_output),
        ("starting", not ready),
    ):
        if holds:
            return word
    return "ok"


def _fault(fault: Fault) -> JsonObject:
    return {
        "id": fault.id,
        "name": fault.name,
        "target": fault.target,
        "options": fault.options,
        "since": rfc3339(fault.since),
    }


def _mutation(mutation: Mutation) -> JsonObject:
    shown: JsonObject = msgspec.to_builtins(mutation)
    return shown


def _json(value: Any, status: int = 200) -> web.Response:
    return json_response(msgspec.json.encode(value) + b"\n", status)
