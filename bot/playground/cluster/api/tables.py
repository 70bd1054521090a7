"""The Table form of get and list, which ``kubectl get`` asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
from aiohttp import web

from bot.playground.cluster import podlife
from bot.playground.cluster.clock import parse_time
from bot.playground.cluster.kinds import Kind
from bot.playground.cluster.store import Stored

JsonObject = dict[str, Any]
Column = tuple[str, Callable[[JsonObject], Any]]


def wanted(request: web.BaseRequest) -> bool:
    """Whether the client prefers a Table."""
    return "as=Table" in request.headers.get("Accept", "")


def _age(thing: JsonObject) -> str:
    created = parse_time(thing["metadata"]["creationTimestamp"])
    seconds = int((datetime.now(UTC) - created).total_seconds())
    for size, letter in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= 2 * size:
            return f"{seconds // size}{letter}"
    return f"{max(0, seconds)}s"


def _containers(pod: JsonObject) -> list[JsonObject]:
    return pod["status"].get("containerStatuses") or []


def _pod_ready(pod: JsonObject) -> str:
    ready = sum(bool(status["ready"]) for status in _containers(pod))
    return f"{ready}/{len(pod['spec']['containers'])}"


def _pod_status(pod: JsonObject) -> str:
    if podlife.is_deleting(pod):
        return "Terminating"
    for status in _containers(pod):
        for state in ("waiting", "terminated"):
            reason = status["state"].get(state, {}).get("reason")
            if reason:
                return str(reason)
    return str(pod["status"].get("phase", "Pending"))


def _pod_restarts(pod: JsonObject) -> str:
    return str(sum(status["restartCount"] for status in _containers(pod)))


def _node_status(node: JsonObject) -> str:
    ready = next((c["status"] for c in node["status"]["conditions"] if c["type"] == "Ready"), "")
    words = ["Ready" if ready == "True" else "NotReady"]
    if node["spec"].get("unschedulable"):
        words.append("SchedulingDisabled")
    return ",".join(words)


def _field(*path: str, default: Any = 0) -> Callable[[JsonObject], Any]:
    def read(thing: JsonObject) -> Any:
        found: Any = thing
        for step in path:
            found = found.get(step) if isinstance(found, dict) else None
        return default if found is None else found

    return read


def _deployment_ready(deployment: JsonObject) -> str:
    status = deployment.get("status") or {}
    return f"{status.get('readyReplicas', 0)}/{deployment['spec'].get('replicas', 1)}"


_NAME: Column = ("Name", lambda thing: thing["metadata"]["name"])
_AGE: Column = ("Age", _age)
_COLUMNS: dict[str, tuple[Column, ...]] = {
    "pods": (("Ready", _pod_ready), ("Status", _pod_status), ("Restarts", _pod_restarts)),
    "nodes": (
        ("Status", _node_status),
        ("Roles", lambda _: "<none>"),
        ("Version", _field("status", "nodeInfo", "kubeletVersion")),
    ),
    "daemonsets": (
        ("Desired", _field("status", "desiredNumberScheduled")),
        ("Current", _field("status", "currentNumberScheduled")),
        ("Ready", _field("status", "numberReady")),
        ("Up-to-date", _field("status", "updatedNumberScheduled")),
        ("Available", _field("status", "numberAvailable")),
    ),
    "deployments": (
        ("Ready", _deployment_ready),
        ("Up-to-date", _field("status", "updatedReplicas")),
        ("Available", _field("status", "availableReplicas")),
    ),
    "namespaces": (("Status", _field("status", "phase", default="")),),
    "leases": (("Holder", _field("spec", "holderIdentity", default="")),),
    "events": (
        ("Type", _field("type", default="")),
        ("Reason", _field("reason", default="")),
        ("Message", _field("message", default="")),
    ),
    "controllerrevisions": (("Revision", _field("revision")),),
}


def render(
    kind: Kind, items: Iterable[Stored], version: int, token: str = "", remaining: int | None = None
) -> bytes:
    """A meta.k8s.io/v1 Table of objects."""
    columns = (_NAME, *_COLUMNS.get(kind.plural, ()), _AGE)
    metadata: JsonObject = {"resourceVersion": str(version)}
    if token:
        metadata["continue"] = token
    if remaining is not None:
        metadata["remainingItemCount"] = remaining
    return msgspec.json.encode(
        {
            "kind": "Table",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": metadata,
            "columnDefinitions": [
                {
                    "name": name,
                    "type": "string",
                    "format": "name" if name == "Name" else "",
                    "description": name,
                    "priority": 0,
                }
                for name, _ in columns
            ],
            "rows": [
                {
                    "cells": [read(stored.object) for _, read in columns],
                    "object": {
                        "kind": "PartialObjectMetadata",
                        "apiVersion": "meta.k8s.io/v1",
                        "metadata": stored.object["metadata"],
                    },
                }
                for stored in items
            ],
        }
    )
