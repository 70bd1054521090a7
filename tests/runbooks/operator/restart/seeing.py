"""Two operators that are well, to be spoiled one thing at a time."""

from __future__ import annotations

from typing import Any

from bot.clients.kubernetes.objects import Deployment, Lease, Pod
from runbooks.operator.restart.evidence import Before, Seen
from runbooks.restarted_at import RESTARTED_AT, Restart
from tests.runbooks.agent.status.healthy import NOW, a_pod, ago, as_object
from tests.runbooks.changing import change_of

CHANGE = change_of("restart-operator")
BEFORE = Before(pods=("old-1", "old-2"), holder="node-9-aaaaaaaaaa")


def operator(node: str, **changes: Any) -> Pod:
    return a_pod("cilium-operator", node, **changes)


def deployment(
    *, generation: int = 3, observed: int = 3, mark: str = "", paused: bool = False, **changes: Any
) -> Deployment:
    metadata: dict[str, Any] = {"name": "cilium-operator", "namespace": "kube-system"}
    status = {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}
    replicas = changes.pop("wanted", 2)
    return as_object(  # type: ignore[no-any-return]
        Deployment,
        metadata=metadata | {"uid": "uid-deployment", "generation": generation},
        spec={
            "replicas": replicas,
            "paused": paused,
            "template": {"metadata": {"annotations": {RESTARTED_AT: mark} if mark else None}},
        },
        status=status | {"observedGeneration": observed} | changes,
    )


def lease(holder: str = "node-1-abc", renewed: str | None = ago(seconds=5)) -> Lease:
    spec = {"holderIdentity": holder, "renewTime": renewed}
    return as_object(Lease, metadata={"name": "l"}, spec=spec)  # type: ignore[no-any-return]


def restart() -> Restart:
    """The restart that was planned of the healthy operator."""
    return Restart.of(deployment(), CHANGE)


def healthy(**changes: Any) -> Seen:
    usual: dict[str, Any] = {
        "read_at": NOW,
        "cluster": "prod",
        "namespace": "kube-system",
        "deployment": deployment(),
        "pods": (operator("node-1"), operator("node-2")),
        "lease": lease(),
    }
    return Seen(**{**usual, **changes})


def restarted(**changes: Any) -> Seen:
    """The same after the restart: other pods, one of which leads."""
    there = deployment(generation=4, observed=4, mark=restart().value)
    return healthy(**{"deployment": there, **changes})


def marked(**changes: Any) -> Deployment:
    """The Deployment after the restart."""
    usual = {"generation": 4, "observed": 4, "mark": restart().value}
    return deployment(**{**usual, **changes})
