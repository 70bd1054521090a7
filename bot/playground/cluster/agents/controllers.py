"""The agent's background controllers, and why some of them fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.playground.cluster.clock import rfc3339_milli
from bot.playground.cluster.names import stable_hex

from .view import AgentView

JsonObject = dict[str, Any]

_NEVER = "0001-01-01T00:00:00.000Z"
# Name and interval in seconds of the controllers that every agent runs.
_ALWAYS = (
    ("cilium-health-ep", 60),
    ("ct-map-pressure", 30),
    ("daemon-validate-config", 60),
    ("dns-garbage-collector-job", 60),
    ("endpoint-gc", 300),
    ("endpoint-periodic-regeneration", 120),
    ("ipcache-inject-labels", 0),
    ("link-cache", 15),
    ("node-neighbor-link-updater", 60),
    ("sync-host-ips", 60),
    ("sync-lb-maps-with-k8s-services", 0),
    ("sync-utime", 60),
    ("write-cni-file", 0),
)


@dataclass(frozen=True)
class Controller:
    """One controller; ``failure`` is the message of its last run, empty when that succeeded."""

    name: str
    interval: int = 0
    failure: str = ""


def controllers(view: AgentView) -> Iterator[Controller]:
    """Every controller of an agent, in the order of their names."""
    yield from sorted(_all(view), key=lambda controller: controller.name)


def _all(view: AgentView) -> Iterator[Controller]:
    for name, interval in _ALWAYS:
        yield Controller(name, interval)
    yield Controller("k8s-heartbeat", 30, _cut_off(view, "/healthz"))
    for endpoint in view.workloads:
        yield from _of_endpoint(view, endpoint.id, endpoint.pod, endpoint.broken)


def _of_endpoint(view: AgentView, number: int, pod: str, broken: bool) -> Iterator[Controller]:
    namespace, _, name = pod.partition("/")
    resource = f"/apis/cilium.io/v2/namespaces/{namespace}/ciliumendpoints/{name}"
    map_full = "unable to update element: no space left on device" if broken else ""
    yield Controller(f"resolve-identity-{number}", 300)
    yield Controller(f"sync-policymap-{number}", 900, map_full)
    yield Controller(f"sync-to-k8s-ciliumendpoint ({number})", 10, _cut_off(view, resource))
    if broken:
        name = f"endpoint-{number}-regeneration-recovery"
        yield Controller(name, 0, "regeneration recovery failed")


def _cut_off(view: AgentView, path: str) -> str:
    """The failure of a call to the API server while it cannot be reached, else nothing."""
    if not view.machine.cut_from_api:
        return ""
    return f'Get "https://10.96.0.1:443{path}": {view.unreachable_api}'


def report(view: AgentView, controller: Controller) -> JsonObject:
    """A ControllerStatus as the agent's API gives it; zero counts are absent."""
    now = view.world.clock.now()
    interval = max(controller.interval, 1)
    runs = 1 + int(view.uptime / interval) if controller.interval else 1
    configuration: JsonObject = {"error-retry": True}
    if controller.interval:
        configuration["interval"] = f"{controller.interval // 60}m{controller.interval % 60}s"
    status: JsonObject = {
        "last-failure-timestamp": _NEVER,
        "last-success-timestamp": rfc3339_milli(now - timedelta(seconds=interval / 2)),
        "success-count": runs,
    }
    if controller.failure:
        count = view.failures(max(interval, 30))
        since = view.machine.troubled_since or now
        status |= {
            "consecutive-failure-count": count,
            "failure-count": count,
            "last-failure-msg": controller.failure,
            "last-failure-timestamp": rfc3339_milli(now),
            "last-success-timestamp": rfc3339_milli(since),
        }
    digest = stable_hex(f"{view.pod.uid} {controller.name}", 32)
    return {
        "configuration": configuration,
        "name": controller.name,
        "status": status,
        "uuid": "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:])),
    }
