"""A healthy cluster as ``rollout-restart`` sees it, to be spoiled one thing at a time."""

from __future__ import annotations

from typing import Any

import msgspec

from bot.clients.kubernetes.objects import ConfigMap, DaemonSet, Pod
from runbooks.agent.restart.evidence import Inside
from runbooks.agent.rollout.evidence import After, Rolling, Seen
from runbooks.restarted_at import RESTARTED_AT, Restart
from tests.runbooks.agent.restart.seeing import agent
from tests.runbooks.agent.status.healthy import (
    NODES,
    NOW,
    a_lease,
    a_node,
    a_revision,
    ago,
    as_object,
)
from tests.runbooks.changing import change_of

CHANGE = change_of("rollout-restart")
FINE = Inside(state="Ok", unreachable=(), endpoints=10, endpoints_ready=10)


def daemonset(
    *,
    generation: int = 3,
    observed: int = 3,
    updated: int = 12,
    available: int = 12,
    strategy: str = "RollingUpdate",
    rolling: dict[str, Any] | None = None,
    mark: str = "",
    **more: Any,
) -> DaemonSet:
    usual = {"maxUnavailable": 2, "maxSurge": 0}
    return as_object(  # type: ignore[no-any-return]
        DaemonSet,
        metadata={
            "name": "cilium",
            "namespace": "kube-system",
            "uid": "uid-ds",
            "generation": generation,
        },
        spec={
            "updateStrategy": {"type": strategy, "rollingUpdate": rolling or usual},
            "template": {"metadata": {"annotations": {RESTARTED_AT: mark} if mark else None}},
        },
        status={
            "desiredNumberScheduled": 12,
            "updatedNumberScheduled": updated,
            "numberAvailable": available,
            "numberUnavailable": 12 - available,
            "observedGeneration": observed,
            **more,
        },
    )


def config(changed: str) -> ConfigMap:
    metadata = {"name": "cilium-config", "creationTimestamp": changed}
    return as_object(ConfigMap, metadata=metadata)  # type: ignore[no-any-return]


def healthy(**changes: Any) -> Seen:
    """Twelve nodes on which everything is as it should be; somebody says why all are restarted."""
    usual: dict[str, Any] = {
        "read_at": NOW,
        "cluster": "prod",
        "namespace": "kube-system",
        "nodes": {name: a_node(name) for name in NODES},
        "agents": tuple(agent(name) for name in NODES),
        "daemonset": daemonset(),
        "revisions": (a_revision(2, "new", ago(days=8)), a_revision(1, "old", ago(days=90))),
        "lease": a_lease(ago(seconds=5)),
        "config": config(ago(days=9)),
        "reason": "they leak memory",
    }
    return Seen(**{**usual, **changes})


def in_place_of(agents: tuple[Pod, ...], *changed: Pod) -> tuple[Pod, ...]:
    """Other agents in the place of those on the same nodes."""
    nodes = {pod.spec.node_name for pod in changed}
    return (*(pod for pod in agents if pod.spec.node_name not in nodes), *changed)


def restart() -> Restart:
    """The restart that was planned of the healthy cluster."""
    return Restart.of(daemonset(), CHANGE)


def rolled(**changes: Any) -> DaemonSet:
    """The DaemonSet once it is restarted."""
    return daemonset(generation=4, mark=restart().value, **{"observed": 4, **changes})


def rolling(*changed: Pod, **changes: Any) -> Rolling:
    """A rollout whose agents are all new and well, but for ``changed``."""
    fresh = tuple(agent(name, created=ago(minutes=20), since=1_190) for name in NODES)
    usual: dict[str, Any] = {
        "read_at": NOW,
        "daemonset": rolled(),
        "newest": "new",
        "agents": in_place_of(fresh, *changed),
        "nodes": {name: a_node(name) for name in NODES},
    }
    return Rolling(**{**usual, **changes})


def afterwards(**changes: Any) -> After:
    """All agents are new and well, and two of them were asked."""
    usual: dict[str, Any] = {
        "daemonset": rolled(),
        "newest": "new",
        "agents": tuple(agent(name) for name in NODES),
        "inside": {"node-1": FINE, "node-7": FINE},
    }
    return After(**{**usual, **changes})


def but(**changes: Any) -> dict[str, Inside]:
    """The same two, the second spoiled."""
    return {"node-1": FINE, "node-7": msgspec.structs.replace(FINE, **changes)}
