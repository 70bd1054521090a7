"""A pod's object through its life: built from a template, starting, running, crashing.

Shapes follow pods of a real 1.36 API server. Functions return new ``status`` dicts and never touch
the object they are given; specs share the template's containers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .names import labels_of, new_uid, random_suffix, stable_hex

JsonObject = dict[str, Any]

_DAEMON_TOLERATIONS = [
    {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": effect}
    for key, effect in (
        ("not-ready", "NoExecute"),
        ("unreachable", "NoExecute"),
        ("disk-pressure", "NoSchedule"),
        ("memory-pressure", "NoSchedule"),
        ("pid-pressure", "NoSchedule"),
        ("unschedulable", "NoSchedule"),
        ("network-unavailable", "NoSchedule"),
    )
]


@dataclass(frozen=True)
class Owner:
    """The controller a pod belongs to."""

    api_version: str
    kind: str
    name: str
    uid: str

    def reference(self) -> JsonObject:
        """As it stands in ownerReferences."""
        return {
            "apiVersion": self.api_version,
            "kind": self.kind,
            "name": self.name,
            "uid": self.uid,
            "controller": True,
            "blockOwnerDeletion": True,
        }


def build(
    template: Mapping[str, Any],
    owner: Owner,
    namespace: str,
    *,
    extra_labels: Mapping[str, str],
    node: str | None,
    created: str,
    daemon: bool = False,
) -> JsonObject:
    """A new Pending pod; ``node`` binds it, ``daemon`` adds what the DaemonSet controller adds."""
    prefix = f"{owner.name}-"
    metadata: JsonObject = {
        "name": prefix + random_suffix(),
        "generateName": prefix,
        "namespace": namespace,
        "uid": new_uid(),
        "creationTimestamp": created,
        "labels": {**labels_of(template), **extra_labels},
        "ownerReferences": [owner.reference()],
    }
    if annotations := (template.get("metadata") or {}).get("annotations"):
        metadata["annotations"] = annotations
    spec: JsonObject = {**template["spec"], "enableServiceLinks": True}
    if daemon and node is not None:
        spec["affinity"] = _pinned_to(node)
        spec["tolerations"] = [*template["spec"].get("tolerations", ()), *_DAEMON_TOLERATIONS]
    if node is not None:
        spec["nodeName"] = node
    return {"metadata": metadata, "spec": spec, "status": {"phase": "Pending"}}


def _pinned_to(node: str) -> JsonObject:
    field = {"key": "metadata.name", "operator": "In", "values": [node]}
    terms = {"nodeSelectorTerms": [{"matchFields": [field]}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}


def condition(kind: str, status: str, since: str, **more: str) -> JsonObject:
    """One pod condition."""
    return {
        "type": kind, "status": status, "lastProbeTime": None, "lastTransitionTime": since
    } | more  # fmt: skip


def container_id(uid: str, name: str, attempt: int) -> str:
    """The id a runtime gives one attempt at a container."""
    return f"containerd://{stable_hex(f'{uid}/{name}/{attempt}')}"


def _image_id(image: str) -> str:
    repository, _, _ = image.rpartition(":")
    return f"{repository}@sha256:{stable_hex(image)}"


def _container(
    pod: Mapping[str, Any], spec: Mapping[str, Any], *, state: JsonObject, ready: bool,
    started: bool, restarts: int = 0, last: JsonObject | None = None,
) -> JsonObject:  # fmt: skip
    created = "waiting" not in state or restarts > 0
    status: JsonObject = {
        "name": spec["name"],
        "state": state,
        "lastState": {"terminated": last} if last else {},
        "ready": ready,
        "restartCount": restarts,
        "image": spec["image"],
        "imageID": _image_id(spec["image"]) if created else "",
        "started": started,
    }
    if created:
        status["containerID"] = container_id(pod["metadata"]["uid"], spec["name"], restarts)
    return status


def _finished_init(pod: Mapping[str, Any], at: str) -> list[JsonObject]:
    return [
        _container(
            pod, spec, ready=True, started=False,
            state={
                "terminated": {
                    "exitCode": 0, "reason": "Completed", "startedAt": at, "finishedAt": at,
                    "containerID": container_id(pod["metadata"]["uid"], spec["name"], 0),
                }
            },
        )
        for spec in pod["spec"].get("initContainers", ())
    ]  # fmt: skip


def _addresses(host: str, address: str) -> JsonObject:
    return {
        "hostIP": host,
        "hostIPs": [{"ip": host}],
        "podIP": address,
        "podIPs": [{"ip": address}],
    }


def conditions(scheduled: str, ready_since: str, *, ready: bool) -> list[JsonObject]:
    """The five conditions of a pod whose containers have been started."""
    if ready:
        verdict: dict[str, str] = {}
        status = "True"
    else:
        verdict = {"reason": "ContainersNotReady", "message": "containers with unready status"}
        status = "False"
    return [
        condition("PodReadyToStartContainers", "True", scheduled),
        condition("Initialized", "True", scheduled),
        condition("Ready", status, ready_since, **verdict),
        condition("ContainersReady", status, ready_since, **verdict),
        condition("PodScheduled", "True", scheduled),
    ]


def creating(pod: Mapping[str, Any], host: str, at: str) -> JsonObject:
    """Bound to a node, containers not yet created."""
    waiting = {"waiting": {"reason": "ContainerCreating"}}
    unready = {"reason": "ContainersNotReady", "message": "containers with unready status"}
    return {
        "phase": "Pending",
        "conditions": [
            condition("PodReadyToStartContainers", "False", at),
            condition("Initialized", "True", at),
            condition("Ready", "False", at, **unready),
            condition("ContainersReady", "False", at, **unready),
            condition("PodScheduled", "True", at),
        ],
        "hostIP": host,
        "hostIPs": [{"ip": host}],
        "startTime": at,
        "containerStatuses": [
            _container(pod, spec, state=waiting, ready=False, started=False)
            for spec in pod["spec"]["containers"]
        ],
        "qosClass": "Burstable",
    }


def running(
    pod: Mapping[str, Any], host: str, address: str, at: str, *, ready: bool = True,
    started: bool = True, restarts: int = 0, last: JsonObject | None = None,
    started_at: str | None = None,
) -> JsonObject:  # fmt: skip
    """All containers run. ``at`` is the pod's start, ``started_at`` this attempt's."""
    running_since = {"running": {"startedAt": started_at or at}}
    return {
        "phase": "Running",
        "conditions": conditions(at, started_at or at, ready=ready),
        **_addresses(host, address),
        "startTime": at,
        "initContainerStatuses": _finished_init(pod, at),
        "containerStatuses": [
            _container(
                pod, spec, state=running_since, ready=ready, started=started,
                restarts=restarts, last=last,
            )
            for spec in pod["spec"]["containers"]
        ],
        "qosClass": "Burstable",
    }  # fmt: skip


def backing_off(
    pod: Mapping[str, Any], host: str, address: str, at: str, *, restarts: int,
    last: JsonObject, delay: str,
) -> JsonObject:  # fmt: skip
    """The first container crashed and the kubelet waits before it starts it again."""
    name, uid = pod["metadata"]["name"], pod["metadata"]["uid"]
    namespace = pod["metadata"]["namespace"]
    container = pod["spec"]["containers"][0]["name"]
    message = (
        f"back-off {delay} restarting failed container={container} pod={name}_{namespace}({uid})"
    )
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": message}}
    status = running(pod, host, address, at, ready=False)
    unready = {
        "reason": "ContainersNotReady",
        "message": f"containers with unready status: [{container}]",
    }
    status["conditions"] = [
        entry | unready if entry["type"] in ("Ready", "ContainersReady") else entry
        for entry in conditions(at, last["finishedAt"], ready=False)
    ]
    status["containerStatuses"] = [
        _container(
            pod, pod["spec"]["containers"][0], state=waiting, ready=False, started=False,
            restarts=restarts, last=last,
        ),
        *status["containerStatuses"][1:],
    ]  # fmt: skip
    return status


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Whether the pod's Ready condition is True."""
    return any(
        entry["type"] == "Ready" and entry["status"] == "True"
        for entry in pod.get("status", {}).get("conditions") or ()
    )


def started_at(pod: Mapping[str, Any]) -> str | None:
    """When the first container's present attempt began, if it runs."""
    for status in pod.get("status", {}).get("containerStatuses") or ():
        running_state = status["state"].get("running")
        return running_state["startedAt"] if running_state else None
    return None


def is_deleting(pod: Mapping[str, Any]) -> bool:
    """Whether a graceful deletion is under way."""
    return "deletionTimestamp" in pod["metadata"]
