"""What ``config`` has seen: values, cilium-config, and what agents run with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bot.clients.cilium.configuration import Comparison, compare
from bot.clients.cilium.document import Document
from bot.clients.gitops.ownership import Owner
from bot.clients.helm.flat import Difference
from bot.clients.kubernetes.objects import CiliumNodeConfig, ConfigMap, DaemonSet, Node, Pod
from bot.model.report import Gap
from runbooks.release.drift import config_drift
from runbooks.release.record import Recorded, owner_of_agents


@dataclass(slots=True)
class Seen:
    """The evidence of one ``config``. Maps are keyed by node name. ``node`` is the one asked about,
    or ``None`` for all."""

    read_at: datetime
    namespace: str
    node: str | None = None
    record: Recorded = field(default_factory=Recorded)
    daemonset: DaemonSet | None = None
    config: ConfigMap | None = None
    absent: bool = False
    """There is no cilium-config at all."""
    nodes: dict[str, Node] | None = None
    overrides: tuple[CiliumNodeConfig, ...] | None = None
    agents: dict[str, Pod] = field(default_factory=dict)
    running: dict[str, Document] = field(default_factory=dict)
    """What each agent that was asked runs with."""
    gaps: list[Gap] = field(default_factory=list)

    @property
    def owner(self) -> Owner | None:
        """The GitOps controller, where there is one."""
        return owner_of_agents(self.daemonset, self.namespace)

    @property
    def drift(self) -> tuple[Difference, ...]:
        """cilium-config against the release."""
        return config_drift(self.record.objects, self.config)

    def overrides_of(self, node: str) -> dict[str, str]:
        """Keys that CiliumNodeConfigs set on ``node``, and to what."""
        found: dict[str, str] = {}
        labels = self._labels(node)
        for override in sorted(self.overrides or (), key=lambda one: one.name):
            if labels is not None and override.matches(labels):
                found |= override.spec.defaults or {}
        return found

    def undecided_on(self, node: str) -> tuple[str, ...]:
        """CiliumNodeConfigs of which it is not known whether they count on ``node``."""
        labels = self._labels(node)
        return tuple(
            one.name
            for one in self.overrides or ()
            if labels is None or one.matches(labels) is None
        )

    def _labels(self, node: str) -> dict[str, str] | None:
        found = (self.nodes or {}).get(node)
        return None if found is None else found.metadata.labels or {}

    def configured_for(self, node: str) -> dict[str, str]:
        """What a new agent on ``node`` would read."""
        data = (self.config.data or {}) if self.config else {}
        return data | self.overrides_of(node)

    def comparison(self, node: str) -> Comparison:
        """What the agent on ``node`` runs with, against what it would read now."""
        return compare(self.configured_for(node), self.running[node])

    def is_older(self, node: str) -> bool:
        """Whether the agent's pod was made before the configuration last changed."""
        changed = self.config.metadata.changed_at if self.config else None
        made = self.agents[node].metadata.creation_timestamp if node in self.agents else None
        return changed is not None and made is not None and made < changed
