"""What ``release`` has seen. ``None`` means "could not be read", never "there is none"."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bot.clients.cilium.names import AGENT_DAEMONSET
from bot.clients.gitops.ownership import Owner
from bot.clients.helm.flat import Difference
from bot.clients.kubernetes.objects import ConfigMap, DaemonSet, Deployment, Pod
from bot.model.report import Gap
from runbooks.release.drift import config_drift, workload_drift
from runbooks.release.record import Recorded, owner_of_agents


@dataclass(slots=True)
class Seen:
    """The evidence of one ``release``."""

    read_at: datetime
    namespace: str
    chart: str = "cilium"
    record: Recorded = field(default_factory=Recorded)
    daemonsets: dict[str, DaemonSet] | None = None
    deployments: dict[str, Deployment] | None = None
    config: ConfigMap | None = None
    agents: tuple[Pod, ...] | None = None
    gaps: list[Gap] = field(default_factory=list)

    @property
    def daemonset(self) -> DaemonSet | None:
        """The agents'."""
        return (self.daemonsets or {}).get(AGENT_DAEMONSET)

    @property
    def owner(self) -> Owner | None:
        """The GitOps controller, where there is one."""
        return owner_of_agents(self.daemonset, self.namespace)

    @property
    def config_drift(self) -> tuple[Difference, ...]:
        """cilium-config against the release."""
        return config_drift(self.record.objects, self.config)

    @property
    def workload_drift(self) -> tuple[Difference, ...]:
        """DaemonSets and Deployments against the release."""
        return workload_drift(self.record.objects, self.daemonsets, self.deployments)

    @property
    def unread(self) -> tuple[Pod, ...]:
        """Agents whose pod is older than the last change of cilium-config."""
        changed = self.config.metadata.changed_at if self.config else None
        if changed is None:
            return ()
        return tuple(
            pod
            for pod in self.agents or ()
            if pod.metadata.creation_timestamp
            and pod.metadata.creation_timestamp < changed
            and not pod.deleting
        )
