"""A healthy cluster as evidence, to be spoiled one thing at a time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from bot.clients.cilium.health import Path, Peer, PeerHealth
from bot.clients.cilium.metrics import AgentMetrics
from bot.clients.cilium.status import AgentStatus, Part
from bot.clients.kubernetes.objects import (
    CiliumNode,
    ConfigMap,
    ControllerRevision,
    DaemonSet,
    Deployment,
    Lease,
    Node,
    Pod,
)
from runbooks.agent.status.evidence import Seen

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
NODES = [f"node-{number}" for number in range(1, 13)]


def ago(**delta: float) -> str:
    """A moment before now, as Kubernetes writes it."""
    return (NOW - timedelta(**delta)).isoformat().replace("+00:00", "Z")


CRASHED = {"reason": "Error", "exitCode": 1, "message": "level=fatal", "finishedAt": ago(minutes=2)}


def healthy(*, node: str | None = None) -> Seen:
    """Twelve nodes on which everything is as it should be, last changed days ago."""
    return Seen(
        read_at=NOW,
        namespace="kube-system",
        node=node,
        nodes={name: a_node(name) for name in ([node] if node else NODES)},
        agents={name: an_agent(name) for name in NODES},
        envoys={name: a_pod("cilium-envoy", name) for name in NODES},
        operators=(a_pod("cilium-operator", "node-1"), a_pod("cilium-operator", "node-2")),
        relays=(a_pod("hubble-relay", "node-3"),),
        daemonsets={name: a_daemonset(name) for name in ("cilium", "cilium-envoy")},
        deployments={
            "cilium-operator": a_deployment("cilium-operator", 2),
            "hubble-relay": a_deployment("hubble-relay", 1),
        },
        config=as_object(
            ConfigMap,
            metadata={"name": "cilium-config", "creationTimestamp": ago(days=9)},
            data={"ipam": "cluster-pool", "prometheus-serve-metrics-addr": ":9962"},
        ),
        lease=a_lease(ago(seconds=5)),
        revisions=(a_revision(2, "new", ago(days=8)), a_revision(1, "old", ago(days=90))),
        cilium_nodes={name: a_cilium_node(name) for name in NODES},
        metrics={name: some_metrics() for name in NODES},
        statuses={name: a_status() for name in NODES},
        health={name: sees(name) for name in ("node-1", "node-5", "node-9")},
    )


def as_object(shape: type[Any], **fields: Any) -> Any:
    """An object decoded as the client decodes it."""
    return msgspec.json.decode(msgspec.json.encode(fields), type=shape)


def a_node(name: str, *, ready: str = "True", taints: list[Any] | None = None, **more: Any) -> Node:
    conditions = [
        {"type": "Ready", "status": ready, "reason": "KubeletReady", "message": "kubelet posts"},
        {"type": "NetworkUnavailable", "status": "False", "reason": "CiliumIsUp", **more},
    ]
    status = {"conditions": conditions, "nodeInfo": {"kernelVersion": "6.8.0"}}
    spec = {"taints": taints}
    zone = "abc"[int(name.rpartition("-")[2]) % 3]
    metadata = {"name": name, "labels": {"topology.kubernetes.io/zone": f"zone-{zone}"}}
    return as_object(Node, metadata=metadata, spec=spec, status=status)  # type: ignore[no-any-return]


def a_pod(
    name: str,
    node: str,
    *,
    container: str = "",
    ready: bool = True,
    restarts: int = 0,
    state: dict[str, Any] | None = None,
    last: dict[str, Any] | None = None,
    created: str = ago(days=7),
    revision: str = "new",
    image: str = "quay.io/cilium/cilium:v1.18.6",
    **status: Any,
) -> Pod:
    container = container or name
    return as_object(  # type: ignore[no-any-return]
        Pod,
        metadata={
            "name": f"{name}-{node[-2:]}",
            "namespace": "kube-system",
            "uid": f"uid-{name}-{node}",
            "creationTimestamp": created,
            "labels": {"controller-revision-hash": revision},
        },
        spec={"nodeName": node, "containers": [{"name": container, "image": image}]},
        status={
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            "containerStatuses": [
                {
                    "name": container,
                    "ready": ready,
                    "restartCount": restarts,
                    "state": state or {"running": {"startedAt": created}},
                    "lastState": {"terminated": last} if last else {},
                }
            ],
            **status,
        },
    )


def an_agent(node: str, **changes: Any) -> Pod:
    return a_pod("cilium", node, container="cilium-agent", **changes)


def a_daemonset(name: str, *, updated: int = 12, desired: int = 12, **spec: Any) -> DaemonSet:
    return as_object(  # type: ignore[no-any-return]
        DaemonSet,
        metadata={"name": name, "generation": 3},
        spec=spec,
        status={
            "desiredNumberScheduled": desired,
            "currentNumberScheduled": desired,
            "updatedNumberScheduled": updated,
            "numberReady": desired,
            "numberAvailable": desired,
            "observedGeneration": 3,
        },
    )


def a_deployment(name: str, replicas: int, available: int | None = None) -> Deployment:
    available = replicas if available is None else available
    return as_object(  # type: ignore[no-any-return]
        Deployment,
        metadata={"name": name},
        spec={"replicas": replicas},
        status={"availableReplicas": available, "readyReplicas": available},
    )


def a_lease(renewed: str | None) -> Lease:
    spec = {"holderIdentity": "node-1-abc", "renewTime": renewed}
    metadata = {"name": "cilium-operator-resource-lock"}
    return as_object(Lease, metadata=metadata, spec=spec)  # type: ignore[no-any-return]


def a_revision(number: int, hash_: str, created: str) -> ControllerRevision:
    metadata = {
        "name": f"cilium-{hash_}",
        "creationTimestamp": created,
        "labels": {"controller-revision-hash": hash_},
    }
    return as_object(ControllerRevision, metadata=metadata, revision=number)  # type: ignore[no-any-return]


def a_cilium_node(name: str, cidrs: list[str] | None = None, error: str = "") -> CiliumNode:
    given = ["10.0.1.0/24"] if cidrs is None else cidrs
    return as_object(  # type: ignore[no-any-return]
        CiliumNode,
        metadata={"name": name},
        spec={"ipam": {"podCIDRs": given}},
        status={"ipam": {"operator-status": {"error": error}}},
    )


def some_metrics(**changes: Any) -> AgentMetrics:
    usual: dict[str, Any] = {
        "unreachable_nodes": 0,
        "unreachable_health_endpoints": 0,
        "controllers_failing": 0,
        "addresses": 12,
        "capacity": 254,
        "endpoint_states": {"ready": 10},
    }
    return AgentMetrics(**{**usual, **changes})


def a_status(**changes: Any) -> AgentStatus:
    usual: dict[str, Any] = {
        "parts": (Part("cilium", "Ok", "1.18.6"), Part("kubernetes", "Ok", "1.34")),
        "failing_controllers": (),
        "controllers": 20,
        "stale": (),
        "allocated": 12,
        "capacity": 254,
    }
    return AgentStatus(**{**usual, **changes})


def sees(observer: str, **unreachable: tuple[Path, Path, Path]) -> PeerHealth:
    """What ``observer`` sees; ``node_7=(ping, port, endpoint)`` spoils a peer."""
    fine = (Path.REACHABLE, Path.REACHABLE, Path.REACHABLE)
    paths = {name: unreachable.get(name.replace("-", "_"), fine) for name in NODES}
    return PeerHealth(
        observer,
        tuple(
            Peer(name, *path, "" if path == fine else "Connection timed out")
            for name, path in paths.items()
        ),
    )
