"""The parts of Kubernetes and Cilium objects that runbooks look at.

Only these fields are decoded: a list of a thousand pods costs a few megabytes. Every field may be
missing or null, as the API server omits what is empty. Sources: Kubernetes API reference (v1,
apps/v1, coordination/v1), Cilium's CRDs (cilium.io/v2).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec


class _Object(msgspec.Struct, frozen=True, rename="camel"):
    """Keys as in JSON: ``nodeName`` for ``node_name``."""


class ManagedFields(_Object, frozen=True):
    manager: str = ""
    operation: str = ""
    subresource: str = ""
    time: datetime | None = None


class OwnerReference(_Object, frozen=True):
    kind: str = ""
    name: str = ""
    controller: bool = False


class Metadata(_Object, frozen=True):
    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    managed_fields: list[ManagedFields] | None = None
    owner_references: list[OwnerReference] | None = None

    @property
    def controller(self) -> OwnerReference | None:
        """What makes a new one when this one goes."""
        return next((owner for owner in self.owner_references or () if owner.controller), None)

    @property
    def changed_at(self) -> datetime | None:
        """When a writer last changed it, status aside; ``None`` when the server does not tell."""
        times = [
            entry.time
            for entry in self.managed_fields or ()
            if entry.time and entry.subresource != "status"
        ]
        return max(times, default=self.creation_timestamp)


class Named(_Object, frozen=True):
    """Any object, where only its name matters."""

    metadata: Metadata


class Condition(_Object, frozen=True):
    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""
    last_transition_time: datetime | None = None


class Taint(_Object, frozen=True):
    key: str = ""
    effect: str = ""


class NodeSpec(_Object, frozen=True):
    unschedulable: bool = False
    taints: list[Taint] | None = None


class NodeInfo(_Object, frozen=True):
    kernel_version: str = ""


class NodeStatus(_Object, frozen=True):
    conditions: list[Condition] | None = None
    node_info: NodeInfo | None = None


class Node(_Object, frozen=True):
    metadata: Metadata
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def zone(self) -> str:
        """``topology.kubernetes.io/zone``, or empty."""
        return (self.metadata.labels or {}).get("topology.kubernetes.io/zone", "")

    def condition(self, kind: str) -> Condition | None:
        """The condition of type ``kind``."""
        return _condition(self.status.conditions, kind)


class Terminated(_Object, frozen=True):
    reason: str = ""
    exit_code: int = 0
    message: str = ""
    finished_at: datetime | None = None


class Waiting(_Object, frozen=True):
    reason: str = ""
    message: str = ""


class Running(_Object, frozen=True):
    started_at: datetime | None = None


class ContainerState(_Object, frozen=True):
    running: Running | None = None
    waiting: Waiting | None = None
    terminated: Terminated | None = None


class ContainerStatus(_Object, frozen=True):
    name: str = ""
    ready: bool = False
    restart_count: int = 0
    image: str = ""
    state: ContainerState = ContainerState()
    last_state: ContainerState = ContainerState()


class ContainerPort(_Object, frozen=True):
    name: str = ""
    container_port: int = 0


class Container(_Object, frozen=True):
    name: str = ""
    image: str = ""
    ports: list[ContainerPort] | None = None


class PodSpec(_Object, frozen=True):
    node_name: str = ""
    host_network: bool = False
    containers: list[Container] | None = None


class PodStatus(_Object, frozen=True):
    phase: str = ""
    reason: str = ""
    message: str = ""
    start_time: datetime | None = None
    conditions: list[Condition] | None = None
    container_statuses: list[ContainerStatus] | None = None
    init_container_statuses: list[ContainerStatus] | None = None


class Pod(_Object, frozen=True):
    metadata: Metadata
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def ready(self) -> bool:
        """The Ready condition; a pod being deleted is not ready."""
        condition = _condition(self.status.conditions, "Ready")
        return bool(condition and condition.status == "True") and not self.deleting

    @property
    def deleting(self) -> bool:
        return self.metadata.deletion_timestamp is not None

    @property
    def revision(self) -> str:
        """The ``controller-revision-hash`` its template came from."""
        return (self.metadata.labels or {}).get("controller-revision-hash", "")

    def condition(self, kind: str) -> Condition | None:
        """The condition of type ``kind``."""
        return _condition(self.status.conditions, kind)

    def container(self, name: str) -> ContainerStatus | None:
        """The status of container ``name``; missing before the kubelet reported."""
        found = (c for c in self.status.container_statuses or () if c.name == name)
        return next(found, None)

    def image(self, container: str) -> str:
        """The image asked for in the spec: what the status shows can be a digest."""
        return _image(self.spec, container)


class RollingUpdate(_Object, frozen=True):
    """A number of pods, or a share such as ``"10%"``; the API server fills in what is left out."""

    max_unavailable: int | str | None = None
    max_surge: int | str | None = None


class UpdateStrategy(_Object, frozen=True):
    type: str = ""
    rolling_update: RollingUpdate | None = None


class TemplateMetadata(_Object, frozen=True):
    annotations: dict[str, str] | None = None


class PodTemplate(_Object, frozen=True):
    metadata: TemplateMetadata = TemplateMetadata()
    spec: PodSpec = PodSpec()

    def annotation(self, name: str) -> str:
        """What a new pod is annotated with; empty when with nothing."""
        return (self.metadata.annotations or {}).get(name, "")


class DaemonSetSpec(_Object, frozen=True):
    update_strategy: UpdateStrategy = UpdateStrategy()
    template: PodTemplate = PodTemplate()


class DaemonSetStatus(_Object, frozen=True):
    desired_number_scheduled: int = 0
    updated_number_scheduled: int = 0
    number_ready: int = 0
    number_available: int = 0
    number_unavailable: int = 0
    number_misscheduled: int = 0
    observed_generation: int = 0


class DaemonSet(_Object, frozen=True):
    metadata: Metadata
    spec: DaemonSetSpec = DaemonSetSpec()
    status: DaemonSetStatus = DaemonSetStatus()

    @property
    def name(self) -> str:
        return self.metadata.name

    def image(self, container: str) -> str:
        """The image that a new pod gets."""
        return _image(self.spec.template.spec, container)


class DeploymentSpec(_Object, frozen=True):
    replicas: int | None = None
    paused: bool = False
    template: PodTemplate = PodTemplate()


class DeploymentStatus(_Object, frozen=True):
    replicas: int = 0
    updated_replicas: int = 0
    available_replicas: int = 0
    observed_generation: int = 0


class Deployment(_Object, frozen=True):
    metadata: Metadata
    spec: DeploymentSpec = DeploymentSpec()
    status: DeploymentStatus = DeploymentStatus()

    @property
    def name(self) -> str:
        return self.metadata.name

    def image(self, container: str) -> str:
        """The image that a new pod gets."""
        return _image(self.spec.template.spec, container)

    @property
    def desired(self) -> int:
        """Replicas asked for; unset means one."""
        return 1 if self.spec.replicas is None else self.spec.replicas


class ControllerRevision(_Object, frozen=True):
    metadata: Metadata
    revision: int = 0

    @property
    def hash(self) -> str:
        """The ``controller-revision-hash`` of pods made from it."""
        return (self.metadata.labels or {}).get("controller-revision-hash", "")


class ConfigMap(_Object, frozen=True):
    metadata: Metadata
    data: dict[str, str] | None = None


class LeaseSpec(_Object, frozen=True):
    holder_identity: str | None = None
    renew_time: datetime | None = None


class Lease(_Object, frozen=True):
    metadata: Metadata
    spec: LeaseSpec = LeaseSpec()


class LabelSelector(_Object, frozen=True):
    match_labels: dict[str, str] | None = None
    match_expressions: list[dict[str, Any]] | None = None


class CiliumNodeConfigSpec(_Object, frozen=True):
    node_selector: LabelSelector = LabelSelector()
    defaults: dict[str, str] | None = None


class CiliumNodeConfig(_Object, frozen=True):
    """Keys of cilium-config that are otherwise on some nodes (cilium.io/v2, since 1.16)."""

    metadata: Metadata
    spec: CiliumNodeConfigSpec = CiliumNodeConfigSpec()

    @property
    def name(self) -> str:
        return self.metadata.name

    def matches(self, labels: Mapping[str, str]) -> bool | None:
        """Whether it counts on a node with these labels; ``None`` for a selector with expressions,
        which are not read here."""
        if self.spec.node_selector.match_expressions:
            return None
        wanted = self.spec.node_selector.match_labels or {}
        return all(labels.get(key) == value for key, value in wanted.items())


class IpamSpec(_Object, frozen=True, rename={"pod_cidrs": "podCIDRs"}):
    pod_cidrs: list[str] | None = None


class CiliumNodeSpec(_Object, frozen=True):
    ipam: IpamSpec = IpamSpec()


class OperatorStatus(_Object, frozen=True):
    error: str = ""


class IpamStatus(_Object, frozen=True, rename={"operator_status": "operator-status"}):
    operator_status: OperatorStatus = OperatorStatus()


class CiliumNodeStatus(_Object, frozen=True):
    ipam: IpamStatus = IpamStatus()


class CiliumNode(_Object, frozen=True):
    metadata: Metadata
    spec: CiliumNodeSpec = CiliumNodeSpec()
    status: CiliumNodeStatus = CiliumNodeStatus()

    @property
    def name(self) -> str:
        return self.metadata.name


def _condition(conditions: list[Condition] | None, kind: str) -> Condition | None:
    return next((c for c in conditions or () if c.type == kind), None)


def _image(spec: PodSpec, container: str) -> str:
    return next((c.image for c in spec.containers or () if c.name == container), "")
