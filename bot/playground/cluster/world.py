"""The cluster's innards, shared by controllers, agents, faults and the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from .access import Access
from .chart.release import Release
from .clock import Clock, rfc3339
from .ledger import Ledger
from .machines import Fleet, Machine
from .names import labels_of, stable_hex
from .podlife import is_deleting
from .store import Change, ObjectStore, Stored
from .trouble import ApiConditions

JsonObject = dict[str, Any]
SYSTEM = "kube-system"


@dataclass
class World:
    """Everything there is: objects, machines, time, callers."""

    store: ObjectStore
    clock: Clock
    fleet: Fleet
    release: Release
    access: Access = field(default_factory=Access)
    ledger: Ledger = field(default_factory=Ledger)
    api: ApiConditions = field(default_factory=ApiConditions)
    exec_latency: float = 0.0
    """Seconds that every exec takes before its output comes."""
    configs_read: dict[str, Mapping[str, str]] = field(default_factory=dict)
    """By UID of an agent's pod: cilium-config when the pod was made. Its init container reads it
    once, so that a container that restarts keeps it."""

    def __post_init__(self) -> None:
        self.store.listen(self._read_config)

    def _read_config(self, change: Change) -> None:
        if change.kind.plural != "pods" or (change.old is None) is (change.new is None):
            return
        pod = change.new or change.last
        if labels_of(pod.object).get("k8s-app") != "cilium":
            return
        if change.new is None:
            self.configs_read.pop(pod.uid, None)
        elif (config := self.store.find("configmaps", "cilium-config", SYSTEM)) is not None:
            self.configs_read[pod.uid] = config.object.get("data") or {}

    def agent_pod(self, node: str) -> Stored | None:
        """The agent's pod on a node; one that is being deleted only when there is no other."""
        found: Stored | None = None
        for pod in self.store.collection("pods").on_node(node):
            if labels_of(pod.object).get("k8s-app") == "cilium":
                if not is_deleting(pod.object):
                    return pod
                found = pod
        return found

    def machine_of(self, pod: Mapping[str, Any]) -> Machine | None:
        """The machine a pod is bound to."""
        return self.fleet.get(pod["spec"].get("nodeName") or "")

    def delete_pod(self, pod: Stored, grace: int | None = None) -> Stored:
        """Begin a pod's deletion, or finish it at once when there is nobody to wait for.

        A pod that terminates already stays as it is, unless it is given less time than before.
        """
        if grace == 0 or not pod.object["spec"].get("nodeName"):
            return self.store.delete("pods", pod.name, pod.namespace)
        told = self.terminating(pod, grace)
        return pod if told is pod else self.store.replace("pods", told.object)

    def terminating(self, pod: Stored, grace: int | None = None) -> Stored:
        """The pod as it is once it was told to stop (a dry run stores nothing)."""
        if grace is None:
            grace = int(pod.object["spec"].get("terminationGracePeriodSeconds", 30))
        metadata = pod.object["metadata"]
        if is_deleting(pod.object) and grace >= metadata["deletionGracePeriodSeconds"]:
            return pod
        # Scaled as the wait is: a client may wait for this moment.
        deadline = self.clock.now() + timedelta(seconds=self.clock.scaled(grace))
        doomed = metadata | {
            "deletionTimestamp": rfc3339(deadline),
            "deletionGracePeriodSeconds": grace,
        }
        return Stored(pod.kind, pod.key, pod.object | {"metadata": doomed}, pod.version)

    def record_event(
        self, subject: Stored, kind: str, reason: str, message: str, source: str
    ) -> None:
        """Write or count up the Event that a component emits about an object."""
        namespace = subject.namespace or "default"
        digest = stable_hex(f"{subject.uid}{reason}{message}", 16)
        name, now = f"{subject.name}.{digest}", self.clock.stamp()

        def again(event: JsonObject) -> None:
            event["count"] += 1
            event["lastTimestamp"] = now

        if self.store.amend("events", name, namespace, again) is not None:
            return
        node = subject.object.get("spec", {}).get("nodeName", "")
        self.store.create(
            "events",
            {
                "metadata": {"name": name, "namespace": namespace},
                "involvedObject": {
                    "kind": subject.kind.kind,
                    "apiVersion": subject.kind.api_version,
                    "name": subject.name,
                    "uid": subject.uid,
                    **({"namespace": subject.namespace} if subject.namespace else {}),
                },
                "reason": reason,
                "message": message,
                "source": {"component": source, **({"host": node} if node else {})},
                "firstTimestamp": now,
                "lastTimestamp": now,
                "count": 1,
                "type": kind,
                "eventTime": None,
                "reportingComponent": source,
                "reportingInstance": node,
            },
        )
