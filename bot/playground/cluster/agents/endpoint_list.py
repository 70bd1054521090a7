"""``cilium-dbg endpoint list -o json``."""

from __future__ import annotations

from typing import Any

from bot.playground.cluster.clock import rfc3339
from bot.playground.cluster.names import stable_hex

from .view import AgentView, Endpoint

JsonObject = dict[str, Any]


def endpoints(view: AgentView) -> list[JsonObject]:
    """Every endpoint of the node, in the shape of the agent's API."""
    return [_endpoint(view, endpoint) for endpoint in view.endpoints]


def _endpoint(view: AgentView, endpoint: Endpoint) -> JsonObject:
    namespace, _, name = endpoint.pod.partition("/")
    realized, wanted = (6, 7) if endpoint.broken else (7, 7)
    health = "Warning" if endpoint.broken else "OK"
    external: JsonObject = {}
    if endpoint.pod:
        container = stable_hex(f"sandbox {endpoint.pod} {endpoint.address}")
        external = {
            "cni-attachment-id": f"{container}:eth0",
            "container-id": container,
            "k8s-namespace": namespace,
            "k8s-pod-name": name,
            "pod-name": endpoint.pod,
        }
    mac = stable_hex(f"mac {view.machine.name} {endpoint.id}", 10)
    pairs = ":".join(mac[i : i + 2] for i in range(0, 10, 2))
    return {
        "id": endpoint.id,
        "spec": {"label-configuration": {}, "options": {}},
        "status": {
            "external-identifiers": external,
            "health": {
                "bpf": health,
                "connected": True,
                "overallHealth": health,
                "policy": health,
            },
            "identity": {"id": endpoint.identity, "labels": list(endpoint.labels)},
            "labels": {
                "realized": {},
                "security-relevant": list(endpoint.labels),
            },
            "log": [_log_entry(view, endpoint)],
            "networking": {
                "addressing": [{"ipv4": endpoint.address}] if endpoint.address else [{}],
                "host-mac": f"2a:{pairs}",
                "interface-name": f"lxc{mac}" if endpoint.address else "cilium_host",
                "mac": f"5e:{pairs}",
            },
            "policy": {
                "proxy-statistics": [],
                "realized": {"policy-enabled": "none", "policy-revision": realized},
                "spec": {"policy-enabled": "none", "policy-revision": wanted},
            },
            "realized": {"label-configuration": {}, "options": {}},
            "state": endpoint.state,
        },
    }


def _log_entry(view: AgentView, endpoint: Endpoint) -> JsonObject:
    if endpoint.broken:
        return {
            "code": "Failure",
            "message": "Error regenerating endpoint: unable to sync policy map: update map "
            f"cilium_policy_v2_{endpoint.id:05d}: no space left on device",
            "state": "not-ready",
            "timestamp": rfc3339(view.world.clock.now()),
        }
    return {
        "code": "OK",
        "message": "Successfully regenerated endpoint program (Reason: policy rules updated)",
        "state": "ready",
        "timestamp": rfc3339(view.started),
    }


def table(view: AgentView) -> str:
    """``cilium-dbg endpoint list`` without ``-o json``."""
    rows = [f"{'ENDPOINT':<11}{'IDENTITY':<11}{'LABELS':<60}{'IPv4':<17}STATUS"]
    for endpoint in view.endpoints:
        labels = endpoint.labels or ("",)
        rows.append(
            f"{endpoint.id:<11}{endpoint.identity:<11}{labels[0]:<60}"
            f"{endpoint.address:<17}{endpoint.state}"
        )
        rows += [f"{'':<22}{label}" for label in labels[1:]]
    return "\n".join(rows) + "\n"
