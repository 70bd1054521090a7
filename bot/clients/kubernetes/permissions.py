"""What the bot asks of the Kubernetes API, and nothing more.

One table with three uses: the chart's RBAC is tested against it (every row is granted, nothing
else is), a refused request names the row it lacked, and a test drives every read against the
simulator and compares what was asked with what is listed.

Source for ``pods/exec``: over WebSocket the API server asks for both ``get`` and ``create``
(seen on Kubernetes 1.36).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The chart's role that carries a permission; exec can be switched off as a whole."""

    CLUSTER_READER = "cluster-reader"
    CILIUM_READER = "cilium-reader"
    CILIUM_EXEC = "cilium-exec"


@dataclass(frozen=True, slots=True)
class Permission:
    """``verbs`` on ``resource`` (with its subresource) of ``group``, and what it is needed for."""

    role: Role
    group: str
    resource: str
    verbs: tuple[str, ...]
    why: str
    names: tuple[str, ...] = ()


PERMISSIONS: tuple[Permission, ...] = (
    Permission(Role.CLUSTER_READER, "", "nodes", ("get", "list"), "node readiness, taints, zones"),
    Permission(Role.CLUSTER_READER, "cilium.io", "ciliumnodes", ("list",), "pod CIDRs per node"),
    Permission(Role.CILIUM_READER, "", "pods", ("get", "list"), "agents, operator, relay, envoy"),
    Permission(Role.CILIUM_READER, "", "pods/log", ("get",), "last error lines of an agent"),
    Permission(Role.CILIUM_READER, "", "pods/proxy", ("get",), "agent metrics, without exec"),
    Permission(
        Role.CILIUM_READER,
        "",
        "configmaps",
        ("get",),
        "what is configured, and when it changed",
        names=("cilium-config",),
    ),
    Permission(Role.CILIUM_READER, "apps", "daemonsets", ("list",), "rollout of agents and envoy"),
    Permission(Role.CILIUM_READER, "apps", "deployments", ("list",), "operator and relay"),
    Permission(
        Role.CILIUM_READER, "apps", "controllerrevisions", ("list",), "when the agents changed"
    ),
    Permission(
        Role.CILIUM_READER,
        "coordination.k8s.io",
        "leases",
        ("get",),
        "whether the operator leads",
        names=("cilium-operator-resource-lock",),
    ),
    Permission(
        Role.CILIUM_EXEC,
        "",
        "pods/exec",
        ("get", "create"),
        "cilium-dbg and cilium-health in the agents, from the closed table only",
    ),
)


def grant_for(verb: str, group: str, resource: str) -> str:
    """What to grant when ``verb`` on ``resource`` was refused, in words; empty when not listed."""
    for permission in PERMISSIONS:
        if (permission.group, permission.resource) == (group, resource):
            verbs = " and ".join(permission.verbs)
            return f"Grant {verbs} on {resource} (the chart's {permission.role} role)."
    return ""
