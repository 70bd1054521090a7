"""What ``status`` has seen. ``None`` means "could not be read", never "there is none"."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bot.clients.cilium.commands import AGENT_CONTAINER
from bot.clients.cilium.endpoints import Endpoint
from bot.clients.cilium.health import PeerHealth
from bot.clients.cilium.metrics import AgentMetrics
from bot.clients.cilium.status import AgentStatus
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
from bot.model.report import Gap


@dataclass(slots=True)
class Seen:
    """The evidence of one ``status``. Maps are keyed by node name unless they say otherwise.

    ``node`` is the one node asked about, or ``None`` for the cluster. ``nodes`` then holds only
    that node, while ``agents`` always holds all of them.
    """

    read_at: datetime
    namespace: str
    node: str | None = None
    deep: bool = False
    nodes: dict[str, Node] | None = None
    agents: dict[str, Pod] | None = None
    envoys: dict[str, Pod] | None = None
    operators: tuple[Pod, ...] | None = None
    relays: tuple[Pod, ...] | None = None
    daemonsets: dict[str, DaemonSet] | None = None
    """By name."""
    deployments: dict[str, Deployment] | None = None
    """By name."""
    config: ConfigMap | None = None
    lease: Lease | None = None
    revisions: tuple[ControllerRevision, ...] | None = None
    cilium_nodes: dict[str, CiliumNode] | None = None
    metrics: dict[str, AgentMetrics] = field(default_factory=dict)
    statuses: dict[str, AgentStatus] = field(default_factory=dict)
    health: dict[str, PeerHealth] = field(default_factory=dict)
    """By observer."""
    endpoints: tuple[Endpoint, ...] | None = None
    log: str = ""
    previous_log: str = ""
    unknown: set[str] = field(default_factory=set)
    """Nodes whose running agent answered neither exec nor metrics, or what cannot be read."""
    gaps: list[Gap] = field(default_factory=list)

    @property
    def heard(self) -> set[str]:
        """Nodes whose agent answered, one way or the other."""
        return self.metrics.keys() | self.statuses.keys()

    def in_scope(self, agents: dict[str, Pod] | None) -> dict[str, Pod]:
        """Those of ``agents`` that this run is about."""
        found = agents or {}
        if self.node is None:
            return found
        return {self.node: found[self.node]} if self.node in found else {}


def image_of(pod: Pod) -> str:
    """The agent's image as the pod's template asks for it."""
    return pod.image(AGENT_CONTAINER)


def node_is_gone(seen: Seen, node: str) -> bool:
    """Whether Kubernetes holds ``node`` for not ready, which explains every pod on it."""
    object_ = (seen.nodes or {}).get(node)
    condition = object_.condition("Ready") if object_ else None
    return condition is not None and condition.status != "True"
