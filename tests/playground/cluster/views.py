"""What the tests of faults look at from several sides."""

from __future__ import annotations

from typing import Any

from .conftest import Client

STATUS = ("cilium-dbg", "status", "-o", "json")
HEALTH = ("cilium-health", "status", "-o", "json")


def first_container(pod: dict[str, Any]) -> dict[str, Any]:
    status: dict[str, Any] = pod["status"]["containerStatuses"][0]
    return status


def ready(pod: dict[str, Any]) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"]["conditions"])


async def path_to(api: Client, observer: str, target: str) -> dict[str, Any]:
    """What one agent reports about the way to another node."""
    nodes = (await api.on_agent(observer, *HEALTH)).json["nodes"]
    found: dict[str, Any] = next(n for n in nodes if n["name"] == f"playground/{target}")
    return found


async def daemonset(api: Client) -> dict[str, Any]:
    _, body = await api.get("/apis/apps/v1/namespaces/kube-system/daemonsets/cilium")
    status: dict[str, Any] = body["status"]
    return status
