"""What a way back rests on, as it was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.clients.cilium.names import AGENT_DAEMONSET
from bot.clients.gitops.ownership import Owner
from bot.clients.helm.manifest import Object
from bot.clients.helm.release import Revision, latest
from bot.clients.kubernetes.objects import DaemonSet, Pod
from runbooks.release.record import owner_of_agents
from runbooks.release.rollback_target import NoTarget, Target
from runbooks.release.trial import Trial


@dataclass(slots=True)
class Seen:
    """``before`` and ``after`` are the objects of the newest and of the target revision; they and
    the ``trial`` are there once there is a target that nothing speaks against."""

    read_at: datetime
    cluster: str
    namespace: str
    history: tuple[Revision, ...]
    daemonsets: Mapping[str, DaemonSet]
    agents: tuple[Pod, ...]
    target: Target | NoTarget
    before: Sequence[Object] = ()
    after: Sequence[Object] = ()
    trial: Trial = field(default_factory=lambda: Trial({}))
    namespaces: tuple[str, ...] = ()
    """Those there are, where Cilium was not found in ours."""

    @property
    def daemonset(self) -> DaemonSet | None:
        """The agents'."""
        return self.daemonsets.get(AGENT_DAEMONSET)

    @property
    def owner(self) -> Owner | None:
        """The GitOps controller, where there is one."""
        return owner_of_agents(self.daemonset, self.namespace)

    @property
    def newest(self) -> Revision | None:
        """The revision with the highest number: what the next one follows."""
        return latest(self.history)
