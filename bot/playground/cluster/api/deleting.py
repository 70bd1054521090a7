"""delete, deletecollection and evict, with the preconditions of DeleteOptions."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web

from bot.playground.cluster.errors import Conflict
from bot.playground.cluster.store import Stored
from bot.playground.cluster.world import World

from . import reading
from .calls import Call, json_response
from .writing import found

JsonObject = dict[str, Any]


def delete(world: World, call: Call) -> web.Response:
    """DELETE of one object; a pod is only told to stop."""
    stored = found(world, call)
    options = call.body if isinstance(call.body, dict) else {}
    _check_preconditions(stored, options.get("preconditions") or {})
    if not _is_pod(stored):
        if not call.dry_run:
            world.store.delete(stored.kind.plural, stored.name, stored.namespace)
            call.outcome.after = None
        return json_response(_deleted(stored))
    grace = _grace(call, options)
    if call.dry_run:
        return json_response(world.terminating(stored, grace).whole() + b"\n")
    return json_response(_delete_pod(world, call, stored, grace).whole() + b"\n")


def delete_collection(world: World, call: Call) -> web.Response:
    """DELETE of everything that is selected."""
    page = reading.select_page(world, call)
    for stored in page.items if not call.dry_run else ():
        if not _is_pod(stored):
            world.store.delete(stored.kind.plural, stored.name, stored.namespace)
            call.outcome.collected.append(stored.uid)
        elif world.delete_pod(stored, None) is not stored:
            call.outcome.collected.append(stored.uid)
    return reading.list_items(call.kind, page)


def evict(world: World, call: Call) -> web.Response:
    """POST to a pod's eviction subresource; disruption budgets are not modelled."""
    stored = found(world, call)
    options = call.object_body().get("deleteOptions") or {}
    _check_preconditions(stored, options.get("preconditions") or {})
    if not call.dry_run:
        _delete_pod(world, call, stored, options.get("gracePeriodSeconds"))
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    return json_response(msgspec.json.encode(status | {"code": 201}), 201)


def _delete_pod(world: World, call: Call, stored: Stored, grace: int | None) -> Stored:
    left = world.delete_pod(stored, grace)
    call.outcome.after = world.store.find("pods", stored.name, stored.namespace)
    return left


def _is_pod(stored: Stored) -> bool:
    return stored.kind.plural == "pods"


def _grace(call: Call, options: JsonObject) -> int | None:
    asked = options.get("gracePeriodSeconds")
    return call.number("gracePeriodSeconds") if asked is None else int(asked)


def _check_preconditions(stored: Stored, wanted: JsonObject) -> None:
    uid, version = wanted.get("uid"), wanted.get("resourceVersion")
    if uid and uid != stored.uid:
        raise Conflict.other_uid(stored.kind, stored.name, uid, stored.uid)
    present = stored.object["metadata"]["resourceVersion"]
    if version and version != present:
        raise Conflict.other_version(stored.kind, stored.name, version, present)


def _deleted(stored: Stored) -> bytes:
    details: JsonObject = {"name": stored.name}
    if stored.kind.group:
        details["group"] = stored.kind.group
    status = {
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
        "details": details | {"kind": stored.kind.plural, "uid": stored.uid},
    }  # fmt: skip
    return msgspec.json.encode(status) + b"\n"
