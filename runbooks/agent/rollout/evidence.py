"""What ``rollout-restart`` sees: before, while the agents roll, and afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from bot.authoring import natural
from bot.clients.kubernetes.field_owners import FieldOwner
from bot.clients.kubernetes.objects import (
    ConfigMap,
    ControllerRevision,
    DaemonSet,
    Lease,
    Node,
    Pod,
)
from runbooks.agent.pods import is_broken
from runbooks.agent.restart.evidence import Inside, newest_of
from runbooks.agent.status.thresholds import SHARED_BY


@dataclass(slots=True)
class Seen:
    """What the plan rests on. ``owners`` are those of the annotation, ``config`` is ``None`` where
    it could not be read; ``reason`` is the requester's own."""

    read_at: datetime
    cluster: str
    namespace: str
    nodes: dict[str, Node]
    agents: tuple[Pod, ...]
    daemonset: DaemonSet | None
    revisions: tuple[ControllerRevision, ...]
    lease: Lease | None
    owners: tuple[FieldOwner, ...] = ()
    config: ConfigMap | None = None
    reason: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def newest(self) -> str:
        """The hash of the present template; empty when there is no history."""
        return newest_of(self.revisions)

    @property
    def broken(self) -> list[str]:
        """Nodes whose agent certainly does not work."""
        return _nodes(
            pod
            for pod in self.agents
            if is_broken(pod, self.nodes.get(pod.spec.node_name), self.read_at)
        )

    @property
    def outdated(self) -> list[str]:
        """Nodes whose agent is older than the configuration, so that it runs the one before."""
        changed = self.config.metadata.changed_at if self.config else None
        if changed is None:
            return []
        return _nodes(
            pod
            for pod in self.agents
            if pod.metadata.creation_timestamp and pod.metadata.creation_timestamp < changed
        )

    @property
    def enough(self) -> int:
        """Nodes that must share a finding here."""
        return min(SHARED_BY, max(1, len(self.agents)))


@dataclass(frozen=True, slots=True)
class Rolling:
    """One look at a rollout. ``newest`` is the hash of the template that it rolls out."""

    read_at: datetime
    daemonset: DaemonSet
    newest: str
    agents: tuple[Pod, ...]
    nodes: dict[str, Node]


@dataclass(frozen=True, slots=True)
class After:
    """How it is afterwards. ``inside`` are the views of some agents, by node."""

    daemonset: DaemonSet
    newest: str
    agents: tuple[Pod, ...]
    inside: dict[str, Inside]


def _nodes(pods: Iterable[Pod]) -> list[str]:
    return sorted((pod.spec.node_name for pod in pods), key=natural)
