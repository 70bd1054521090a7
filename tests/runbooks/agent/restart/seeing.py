"""A healthy cluster as ``restart-agent`` sees it, to be spoiled one thing at a time."""

from __future__ import annotations

from typing import Any

import msgspec

from bot.clients.kubernetes.objects import DaemonSet, Pod
from runbooks.agent.restart.evidence import After, Inside, Peering, Seen
from tests.runbooks.agent.status.healthy import (
    NODES,
    NOW,
    a_lease,
    a_node,
    a_revision,
    ago,
    an_agent,
    as_object,
)

NODE = "node-7"
FINE = Inside(state="Ok", message="1.18.6", unreachable=(), endpoints=10, endpoints_ready=10)
OWNED = {"kind": "DaemonSet", "name": "cilium", "controller": True}


def agent(node: str, *, since: float = 7 * 86_400.0, **changes: Any) -> Pod:
    """An agent whose Ready condition is as it is for ``since`` seconds; the DaemonSet's own."""
    owners = changes.pop("owners", [OWNED])
    deleted = changes.pop("deleted", None)
    document = msgspec.to_builtins(an_agent(node, **changes))
    document["metadata"] |= {"ownerReferences": owners, "deletionTimestamp": deleted}
    for condition in document["status"]["conditions"]:
        condition["lastTransitionTime"] = ago(seconds=since)
    return as_object(Pod, **document)  # type: ignore[no-any-return]


def daemonset(
    *, generation: int = 3, unavailable: int = 0, updated: int = 12, strategy: str = ""
) -> DaemonSet:
    return as_object(  # type: ignore[no-any-return]
        DaemonSet,
        metadata={"name": "cilium", "generation": generation},
        spec={
            "updateStrategy": {"type": strategy},
            "template": {
                "spec": {
                    "containers": [
                        {"name": "cilium-agent", "image": "quay.io/cilium/cilium:v1.18.6"}
                    ]
                }
            },
        },
        status={
            "desiredNumberScheduled": 12,
            "updatedNumberScheduled": updated,
            "numberUnavailable": unavailable,
            "observedGeneration": 3,
        },
    )


def healthy() -> Seen:
    """Twelve nodes on which everything is as it should be."""
    return Seen(
        read_at=NOW,
        cluster="prod",
        namespace="kube-system",
        node=NODE,
        nodes={name: a_node(name) for name in NODES},
        agents=tuple(agent(name) for name in NODES),
        daemonset=daemonset(),
        revisions=(a_revision(2, "new", ago(days=8)), a_revision(1, "old", ago(days=90))),
        lease=a_lease(ago(seconds=5)),
        inside=FINE,
        on_node=(),
    )


def with_agents(seen: Seen, *changed: Pod) -> None:
    """Put other agents in the place of those on the same nodes."""
    nodes = {pod.spec.node_name for pod in changed}
    kept = [pod for pod in seen.agents if pod.spec.node_name not in nodes]
    seen.agents = (*kept, *changed)


def afterwards(**changes: Any) -> After:
    """A node whose new agent is well."""
    usual: dict[str, Any] = {
        "pods": (agent(NODE),),
        "newest": "new",
        "inside": FINE,
        "peering": Peering(asked=("node-1", "node-2")),
    }
    return After(**{**usual, **changes})
