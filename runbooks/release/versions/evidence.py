"""What ``versions`` has seen: which images run, which chart is installed, what is offered."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from bot.clients.cilium.commands import AGENT_CONTAINER
from bot.clients.cilium.names import (
    AGENT_SELECTOR,
    CLUSTERMESH_SELECTOR,
    ENVOY_SELECTOR,
    OPERATOR_CONTAINER,
    OPERATOR_SELECTOR,
    RELAY_SELECTOR,
)
from bot.clients.cilium.versions import version_of
from bot.clients.helm.names import ChartVersion
from bot.clients.helm.repository import Offered
from bot.clients.kubernetes.objects import Pod
from bot.model.report import Gap
from runbooks.release.record import Recorded


@dataclass(frozen=True, slots=True)
class Component:
    """A part of Cilium: its pods' label and the container that says its version.

    Envoy has versions of its own, which say nothing about Cilium's.
    """

    name: str
    selector: str
    container: str
    own_versions: bool = False


AGENT = Component("agent", AGENT_SELECTOR, AGENT_CONTAINER)
COMPONENTS = (
    AGENT,
    Component("operator", OPERATOR_SELECTOR, OPERATOR_CONTAINER),
    Component("relay", RELAY_SELECTOR, "hubble-relay"),
    Component("clustermesh", CLUSTERMESH_SELECTOR, "apiserver"),
    Component("envoy", ENVOY_SELECTOR, "cilium-envoy", own_versions=True),
)


@dataclass(slots=True)
class Seen:
    """The evidence of one ``versions``. Pods by component's name; a component that is missing could
    not be read, one without pods is not installed."""

    read_at: datetime
    namespace: str
    pods: dict[str, tuple[Pod, ...]] = field(default_factory=dict)
    record: Recorded = field(default_factory=Recorded)
    asked_repository: bool = False
    offered: tuple[Offered, ...] | None = None
    """Newest first; ``None`` when the repository was not asked or did not answer."""
    gaps: list[Gap] = field(default_factory=list)

    def running(self, component: Component) -> Counter[str]:
        """How many pods run which version; an image whose tag is no version stands for itself."""
        pods = [pod for pod in self.pods.get(component.name, ()) if not pod.deleting]
        return Counter(version_in(pod, component) for pod in pods)

    @property
    def usual(self) -> ChartVersion | None:
        """What most agents run."""
        counted = self.running(AGENT).most_common(1)
        return ChartVersion.read(counted[0][0]) if counted else None


def version_in(pod: Pod, component: Component) -> str:
    """The version a pod runs, by its image's tag."""
    image = pod.image(component.container)
    return version_of(image) or image or "?"
