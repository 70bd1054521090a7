"""What the bot asks of the Kubernetes API, and nothing more.

One table with three uses: the chart's RBAC is tested against it (every row is granted, nothing
else is), a refused request names the row it lacked, and tests drive every read and every change
against the simulator and compare what was asked with what is listed.

Source for ``pods/exec``: over WebSocket the API server asks for both ``get`` and ``create``
(seen on Kubernetes 1.36).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The chart's role that carries a permission; exec can be switched off as a whole, and the
    changers and Helm's reader are there only where they are switched on."""

    CLUSTER_READER = "cluster-reader"
    CILIUM_READER = "cilium-reader"
    CILIUM_EXEC = "cilium-exec"
    HELM_READER = "helm-reader"
    CLUSTER_CHANGER = "cluster-changer"
    CILIUM_CHANGER = "cilium-changer"
    CLUSTER_HELM_CHANGER = "cluster-helm-changer"
    HELM_CHANGER = "helm-changer"

    @property
    def is_cluster_wide(self) -> bool:
        """Whether it is a ClusterRole; the others end at Cilium's namespace."""
        return self in (Role.CLUSTER_READER, Role.CLUSTER_CHANGER, Role.CLUSTER_HELM_CHANGER)

    @property
    def switch(self) -> str:
        """The chart's value that renders it, where there is one."""
        match self:
            case Role.CLUSTER_CHANGER | Role.CILIUM_CHANGER:
                return "changes.enabled: true"
            case Role.HELM_READER:
                return "helm.enabled: true"
            case Role.CLUSTER_HELM_CHANGER | Role.HELM_CHANGER:
                return "helm.changes: true"
            case _:
                return ""


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
        Role.CILIUM_READER,
        "cilium.io",
        "ciliumnodeconfigs",
        ("list",),
        "settings that differ on some nodes",
    ),
    Permission(
        Role.CILIUM_EXEC,
        "",
        "pods/exec",
        ("get", "create"),
        "cilium-dbg and cilium-health in the agents, from the closed table only",
    ),
)


HELM: tuple[Permission, ...] = (
    # RBAC cannot limit a list to a type: this reads every Secret of Cilium's namespace.
    Permission(Role.HELM_READER, "", "secrets", ("list",), "the releases that Helm keeps there"),
)
"""What reading Helm's releases needs beside :data:`PERMISSIONS`; without it the answers name the
gap."""


LOCK = "cilium-oncall-change"
"""The Lease in Cilium's namespace that keeps a cluster's changes apart."""

IDENTITY = Permission(
    Role.CLUSTER_CHANGER,
    "authentication.k8s.io",
    "tokenreviews",
    ("create",),
    "who somebody at a terminal is",
)
"""Needed in one cluster only: the one that says who people are."""

CHANGES: tuple[Permission, ...] = (
    Permission(Role.CLUSTER_CHANGER, "", "nodes", ("patch",), "cordon and uncordon"),
    Permission(
        Role.CLUSTER_CHANGER, "", "pods", ("list",), "whom a change of a node touches: its pods"
    ),
    IDENTITY,
    Permission(Role.CILIUM_CHANGER, "", "pods", ("delete",), "restart an agent"),
    Permission(
        Role.CILIUM_CHANGER,
        "apps",
        "daemonsets",
        ("get", "patch"),
        "restart all agents, by an annotation of their template",
        names=("cilium",),
    ),
    Permission(
        Role.CILIUM_CHANGER,
        "apps",
        "deployments",
        ("get", "patch"),
        "restart the operator, likewise",
        names=("cilium-operator",),
    ),
    Permission(
        Role.CILIUM_CHANGER,
        "coordination.k8s.io",
        "leases",
        ("get", "patch"),
        "the lock: one change at a time",
        names=(LOCK,),
    ),
    # RBAC cannot limit a creation to a name: the API server does not know it yet when it decides.
    Permission(
        Role.CILIUM_CHANGER, "coordination.k8s.io", "leases", ("create",), "the lock's first use"
    ),
)
"""What changes need beside :data:`PERMISSIONS`; a bot that only reads has none of it."""

_APPLY = ("get", "create", "patch", "delete")
"""What Helm does with an object of a release, and the bot as a dry run before it."""

HELM_CHANGES: tuple[Permission, ...] = (
    Permission(
        Role.HELM_CHANGER,
        "",
        "secrets",
        ("get", "create", "update", "patch", "delete"),
        "Helm's records, and the certificates that the chart makes",
    ),
    *(
        Permission(Role.HELM_CHANGER, group, resource, _APPLY, why)
        for group, resource, why in (
            ("", "configmaps", "cilium-config and its like"),
            ("", "serviceaccounts", "as whom the release's pods run"),
            ("", "services", "Hubble's and the metrics' Services"),
            ("apps", "daemonsets", "agents and Envoy"),
            ("apps", "deployments", "operator, relay, UI"),
            ("batch", "cronjobs", "renewal of certificates"),
            ("batch", "jobs", "making of certificates"),
            ("policy", "poddisruptionbudgets", "the operator's budget"),
            ("networking.k8s.io", "ingresses", "Hubble UI's Ingress"),
            ("monitoring.coreos.com", "servicemonitors", "scraping by Prometheus Operator"),
            ("cert-manager.io", "certificates", "certificates by cert-manager"),
        )
    ),
    # No delete: a change that would take a namespace away is a person's.
    Permission(
        Role.CLUSTER_HELM_CHANGER,
        "",
        "namespaces",
        ("get", "list", "create", "patch"),
        "cilium-secrets, and a suggestion where a namespace is mistyped",
    ),
    *(
        Permission(Role.CLUSTER_HELM_CHANGER, "rbac.authorization.k8s.io", resource, verbs, why)
        for resource, verbs, why in (
            # Without escalate and bind nobody may grant what he does not have himself.
            ("clusterroles", (*_APPLY, "escalate", "bind"), "the rights of agents and operator"),
            ("clusterrolebindings", _APPLY, "who has them"),
            ("roles", (*_APPLY, "escalate", "bind"), "rights in cilium-secrets and its like"),
            ("rolebindings", _APPLY, "who has those"),
        )
    ),
    Permission(
        Role.CLUSTER_HELM_CHANGER,
        "networking.k8s.io",
        "ingressclasses",
        _APPLY,
        "Cilium's class of Ingresses",
    ),
    Permission(
        Role.CLUSTER_HELM_CHANGER,
        "gateway.networking.k8s.io",
        "gatewayclasses",
        _APPLY,
        "Cilium's class of Gateways",
    ),
)
"""What helm needs to change Cilium's release: whoever has it can become administrator of the
cluster, because it may grant any right. Only where it is switched on by itself; what a chart
consists of beyond this is refused by the API server when the plan tries it. Source: what Cilium's
charts 1.14 to 1.20 render (facts on Helm, section 3)."""

ALL = (*PERMISSIONS, *HELM, *CHANGES, *HELM_CHANGES)


def grant_for(
    verb: str, group: str, resource: str, *, name: str = "", everywhere: bool = False
) -> str:
    """What to grant when ``verb`` on ``resource`` was refused, in words; empty when not listed.

    ``name`` is that of the object, ``everywhere``: it was asked for outside of any namespace.
    """

    def differs(row: Permission) -> tuple[bool, ...]:
        elsewhere = bool(row.names) and name not in row.names
        return verb not in row.verbs, elsewhere, row.role.is_cluster_wide != everywhere

    rows = [row for row in ALL if (row.group, row.resource) == (group, resource)]
    return grant_of(min(rows, key=differs)) if rows else ""


def grant_of(permission: Permission) -> str:
    """What to grant when ``permission`` is missing, in words."""
    verbs, role = " and ".join(permission.verbs), permission.role
    switch = f", rendered by {role.switch}" if role.switch else ""
    return f"Grant {verbs} on {permission.resource} (the chart's {role} role{switch})."
