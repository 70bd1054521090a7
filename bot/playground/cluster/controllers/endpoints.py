"""CiliumEndpoints and CiliumIdentities: what the agents write about the pods on their node."""

from __future__ import annotations

from typing import Any

from bot.playground.cluster.machines import Machine
from bot.playground.cluster.names import labels_of
from bot.playground.cluster.podlife import Owner
from bot.playground.cluster.store import Stored
from bot.playground.cluster.world import World

JsonObject = dict[str, Any]
FIRST_IDENTITY = 10_000

# Labels that are not security relevant (Cilium's default label filter).
_IGNORED_PREFIXES = ("pod-template-", "controller-revision-", "statefulset.kubernetes.io/")
_IGNORED_LABELS = {"pod-template-hash", "controller-revision-hash"}


def endpoint_id(address: str) -> int:
    """A node-local endpoint id; distinct for every address of one node's pool."""
    third, fourth = address.split(".")[2:]
    return 1 + (int(fourth) * 257 + int(third)) % 65_535


def security_labels(pod: Stored, cluster: str) -> dict[str, str]:
    """The labels that make a pod's identity."""
    own = {
        f"k8s:{key}": value
        for key, value in labels_of(pod.object).items()
        if key not in _IGNORED_LABELS and not key.startswith(_IGNORED_PREFIXES)
    }
    account = pod.object["spec"].get("serviceAccountName", "default")
    return own | {
        "k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name": pod.namespace,
        "k8s:io.cilium.k8s.policy.cluster": cluster,
        "k8s:io.cilium.k8s.policy.serviceaccount": account,
        "k8s:io.kubernetes.pod.namespace": pod.namespace,
    }


def workloads_on(world: World, machine: Machine) -> list[Stored]:
    """Pods on a node that have an address of its pool, in key order: they have endpoints."""
    return [
        pod
        for pod in world.store.collection("pods").on_node(machine.name)
        if has_endpoint(pod.object)
    ]


def has_endpoint(pod: JsonObject) -> bool:
    """Whether a pod is managed by Cilium and running."""
    return not pod["spec"].get("hostNetwork") and bool(pod["status"].get("podIP"))


def broken_on(world: World, machine: Machine) -> set[str]:
    """Keys of the pods whose endpoints cannot be regenerated."""
    return {pod.key for pod in workloads_on(world, machine)[: machine.broken_endpoints]}


class Endpoints:
    """Keeps the custom resources in step with pods, as far as agents are able to."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._identities: dict[tuple[tuple[str, str], ...], int] = {}

    def reconcile(self, namespace: str, name: str) -> None:
        """Create, update or remove the CiliumEndpoint of one pod."""
        store = self._world.store
        pod = store.find("pods", name, namespace)
        existing = store.find("ciliumendpoints", name, namespace)
        if pod is None:
            if existing is not None:
                store.delete("ciliumendpoints", name, namespace)
            return
        machine = self._world.machine_of(pod.object)
        if machine is None or not has_endpoint(pod.object):
            return
        if not machine.agent_answers or machine.cut_from_api:
            return  # nobody there to write it: what stands in the API grows old
        status = self._status(pod, machine)
        if existing is None:
            store.create("ciliumendpoints", self._new(pod, status))
        elif existing.object["status"] != status:
            store.replace("ciliumendpoints", existing.object | {"status": status})

    def identity_of(self, pod: Stored) -> tuple[int, dict[str, str]]:
        """The numeric identity of a pod and its labels; allocated when new."""
        labels = security_labels(pod, self._world.release.cluster_name)
        key = tuple(sorted(labels.items()))
        number = self._identities.get(key)
        if number is None:
            number = self._identities[key] = FIRST_IDENTITY + len(self._identities) * 37
            self._world.store.create(
                "ciliumidentities",
                {
                    "metadata": {
                        "name": str(number),
                        "labels": {"io.kubernetes.pod.namespace": pod.namespace},
                    },
                    "security-labels": labels,
                },
            )
        return number, labels

    def _status(self, pod: Stored, machine: Machine) -> JsonObject:
        number, labels = self.identity_of(pod)
        address = pod.object["status"]["podIP"]
        broken = machine.broken_endpoints > 0 and pod.key in broken_on(self._world, machine)
        return {
            "encryption": {},
            "external-identifiers": {
                "k8s-namespace": pod.namespace,
                "k8s-pod-name": pod.name,
                "pod-name": pod.key,
            },
            "id": endpoint_id(address),
            "identity": {"id": number, "labels": [f"{k}={v}" for k, v in sorted(labels.items())]},
            "networking": {"addressing": [{"ipv4": address}], "node": machine.address},
            "state": "not-ready" if broken else "ready",
        }

    def _new(self, pod: Stored, status: JsonObject) -> JsonObject:
        owner = Owner("v1", "Pod", pod.name, pod.uid).reference()
        metadata = {
            "name": pod.name,
            "namespace": pod.namespace,
            "labels": labels_of(pod.object),
            "ownerReferences": [{key: owner[key] for key in ("apiVersion", "kind", "name", "uid")}],
        }
        return {"metadata": metadata, "status": status}
