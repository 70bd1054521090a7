"""The node lifecycle: conditions and taints when a machine is gone, pods on it unready."""

from __future__ import annotations

from typing import Any

from bot.playground.cluster import podlife
from bot.playground.cluster.clock import Clock, rfc3339
from bot.playground.cluster.machines import KERNEL, REGION, Machine
from bot.playground.cluster.store import Stored
from bot.playground.cluster.world import World

JsonObject = dict[str, Any]

_HEALTHY = (
    ("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
)
_UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
_UNREACHABLE = "node.kubernetes.io/unreachable"


def _condition(kind: str, status: str, reason: str, message: str, at: str) -> JsonObject:
    return {
        "type": kind,
        "status": status,
        "lastHeartbeatTime": at,
        "lastTransitionTime": at,
        "reason": reason,
        "message": message,
    }


def conditions(at: str) -> list[JsonObject]:
    """A healthy node's conditions; Cilium itself reports the network."""
    return [
        _condition(
            "NetworkUnavailable", "False", "CiliumIsUp", "Cilium is running on this node", at
        ),
        *(_condition(kind, "False", reason, message, at) for kind, reason, message in _HEALTHY),
        _condition("Ready", "True", "KubeletReady", "kubelet is posting ready status", at),
    ]


def node(machine: Machine, clock: Clock) -> JsonObject:
    """The Node object of a machine that just joined."""
    now = rfc3339(clock.now())
    capacity = {
        "cpu": "16",
        "ephemeral-storage": "101430960Ki",
        "memory": "65806376Ki",
        "pods": "110",
    }
    labels = {
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": machine.name,
        "kubernetes.io/os": "linux",
        "topology.kubernetes.io/region": REGION,
        "topology.kubernetes.io/zone": machine.zone,
    }
    return {
        "metadata": {"name": machine.name, "creationTimestamp": now, "labels": labels},
        "spec": {
            "podCIDR": machine.pool.cidr,
            "podCIDRs": [machine.pool.cidr],
            "providerID": f"playground://{machine.name}",
        },
        "status": {
            "capacity": capacity,
            "allocatable": capacity,
            "conditions": conditions(now),
            "addresses": [
                {"type": "InternalIP", "address": machine.address},
                {"type": "Hostname", "address": machine.name},
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": {
                "machineID": machine.machine_id,
                "systemUUID": machine.machine_id,
                "bootID": machine.machine_id[::-1],
                "kernelVersion": KERNEL,
                "osImage": "Ubuntu 24.04.3 LTS",
                "containerRuntimeVersion": "containerd://2.1.4",
                "kubeletVersion": "v1.36.2",
                "kubeProxyVersion": "",
                "operatingSystem": "linux",
                "architecture": "amd64",
            },
        },
    }


def cilium_node(machine: Machine) -> JsonObject:
    """The CiliumNode of a machine."""
    return {
        "metadata": {
            "name": machine.name,
            "labels": {
                "kubernetes.io/hostname": machine.name,
                "topology.kubernetes.io/zone": machine.zone,
            },
        },
        "spec": {
            "addresses": [
                {"ip": machine.address, "type": "InternalIP"},
                {"ip": machine.router, "type": "CiliumInternalIP"},
            ],
            "bootid": machine.machine_id[::-1],
            "encryption": {},
            "health": {"ipv4": machine.health},
            "ipam": {"podCIDRs": [machine.pool.cidr]},
        },
        "status": {"ipam": {"operator-status": {}}},
    }


def reconcile(world: World, name: str) -> None:
    """Bring a node's taints and conditions, and its pods' readiness, in line with its machine."""
    machine, stored = world.fleet.get(name), world.store.find("nodes", name)
    if machine is None or stored is None:
        return
    now = world.clock.stamp()
    went_away = machine.powered is False and _is_ready(stored)

    def change(thing: JsonObject) -> None:
        _set_taints(thing["spec"], machine, now)
        if machine.powered != _is_ready(stored):
            _set_conditions(thing["status"], machine, now)

    world.store.amend("nodes", name, "", change)
    if went_away:
        world.record_event(
            stored, "Normal", "NodeNotReady", f"Node {name} status is now: NodeNotReady",
            "node-controller",
        )  # fmt: skip
    if not machine.powered:
        _mark_pods_unready(world, machine, now)


def _is_ready(stored: Stored) -> bool:
    return any(
        entry["type"] == "Ready" and entry["status"] == "True"
        for entry in stored.object["status"]["conditions"]
    )


def _set_taints(spec: JsonObject, machine: Machine, now: str) -> None:
    managed = (_UNSCHEDULABLE, _UNREACHABLE)
    before = spec.get("taints") or []
    since = {(taint["key"], taint["effect"]): taint.get("timeAdded", now) for taint in before}
    taints = [taint for taint in before if taint["key"] not in managed]
    wanted = [(_UNSCHEDULABLE, "NoSchedule")] if spec.get("unschedulable") else []
    if not machine.powered:
        wanted += [(_UNREACHABLE, "NoSchedule"), (_UNREACHABLE, "NoExecute")]
    taints += [
        {"key": key, "effect": effect, "timeAdded": since.get((key, effect), now)}
        for key, effect in wanted
    ]
    if taints:
        spec["taints"] = taints
    else:
        spec.pop("taints", None)


def _set_conditions(status: JsonObject, machine: Machine, now: str) -> None:
    if machine.powered:
        status["conditions"] = conditions(now)
        return
    unknown = {
        "status": "Unknown",
        "reason": "NodeStatusUnknown",
        "message": "Kubelet stopped posting node status.",
        "lastTransitionTime": now,
    }
    # NetworkUnavailable belongs to Cilium, not to the kubelet: it keeps its last value.
    status["conditions"] = [
        entry if entry["type"] == "NetworkUnavailable" else entry | unknown
        for entry in status["conditions"]
    ]


def _mark_pods_unready(world: World, machine: Machine, now: str) -> None:
    for pod in world.store.collection("pods").on_node(machine.name):
        if not podlife.is_ready(pod.object):
            continue
        conditions = [
            entry | {"status": "False", "lastTransitionTime": now}
            if entry["type"] == "Ready"
            else entry
            for entry in pod.object["status"]["conditions"]
        ]
        status = pod.object["status"] | {"conditions": conditions}
        world.store.replace("pods", pod.object | {"status": status})
