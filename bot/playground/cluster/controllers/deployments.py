"""Deployments and ReplicaSets: a new template gets a new ReplicaSet, the old one drains after."""

from __future__ import annotations

from typing import Any

from bot.playground.cluster import podlife
from bot.playground.cluster.names import labels_of, stable_hash
from bot.playground.cluster.store import Stored
from bot.playground.cluster.world import World

from .daemonsets import share_of

JsonObject = dict[str, Any]
REVISION = "deployment.kubernetes.io/revision"


def reconcile(world: World, namespace: str, name: str) -> None:
    """Bring a Deployment's ReplicaSets and status to what its spec says."""
    deployment = world.store.find("deployments", name, namespace)
    if deployment is None:
        return
    current = _current_replicaset(world, deployment)
    replicas = int(deployment.object["spec"].get("replicas", 1))
    _set_replicas(world, current, replicas)
    surplus = [
        replicaset
        for replicaset in world.store.collection("replicasets").owned_by(deployment.uid)
        if replicaset.name != current.name
    ]
    if _ready_pods(world, current) >= replicas:
        for replicaset in surplus:
            _set_replicas(world, replicaset, 0)
    _report(world, deployment, current, surplus, replicas)


def scale(world: World, namespace: str, name: str) -> None:
    """Bring a ReplicaSet's pods and status to its number of replicas."""
    replicaset = world.store.find("replicasets", name, namespace)
    if replicaset is None:
        return
    wanted = int(replicaset.object["spec"]["replicas"])
    pods = _pods(world, replicaset)
    owner = podlife.Owner("apps/v1", "ReplicaSet", name, replicaset.uid)
    for _ in range(wanted - len(pods)):
        world.store.create(
            "pods",
            podlife.build(
                replicaset.object["spec"]["template"], owner, namespace,
                extra_labels={}, node=None, created=world.clock.stamp(),
            ),
        )  # fmt: skip
    # Pods that are not ready go first.
    for pod in sorted(pods, key=lambda pod: podlife.is_ready(pod.object))[: len(pods) - wanted]:
        if len(pods) > wanted:
            world.delete_pod(pod)
    _report_replicas(world, replicaset)


def _pods(world: World, replicaset: Stored) -> list[Stored]:
    owned = world.store.collection("pods").owned_by(replicaset.uid)
    return [pod for pod in owned if not podlife.is_deleting(pod.object)]


def _ready_pods(world: World, replicaset: Stored) -> int:
    return sum(podlife.is_ready(pod.object) for pod in _pods(world, replicaset))


def _current_replicaset(world: World, deployment: Stored) -> Stored:
    template = deployment.object["spec"]["template"]
    template_hash = stable_hash(template)
    name = f"{deployment.name}-{template_hash}"
    found = world.store.find("replicasets", name, deployment.namespace)
    if found is not None:
        return found
    number = len(world.store.collection("replicasets").owned_by(deployment.uid)) + 1
    label = {"pod-template-hash": template_hash}
    labels = labels_of(template) | label
    selector = deployment.object["spec"]["selector"]["matchLabels"] | label
    owner = podlife.Owner("apps/v1", "Deployment", deployment.name, deployment.uid)
    created = world.store.create(
        "replicasets",
        {
            "metadata": {
                "name": name,
                "namespace": deployment.namespace,
                "generation": 1,
                "labels": labels,
                "annotations": {REVISION: str(number)},
                "ownerReferences": [owner.reference()],
            },
            "spec": {
                "replicas": int(deployment.object["spec"].get("replicas", 1)),
                "selector": {"matchLabels": selector},
                "template": {
                    "metadata": template["metadata"] | {"labels": labels},
                    "spec": template["spec"],
                },
            },
            "status": {"replicas": 0},
        },
    )

    def note_revision(thing: JsonObject) -> None:
        thing["metadata"].setdefault("annotations", {})[REVISION] = str(number)

    world.store.amend("deployments", deployment.name, deployment.namespace, note_revision)
    return created


def _set_replicas(world: World, replicaset: Stored, replicas: int) -> None:
    if replicaset.object["spec"]["replicas"] == replicas:
        return

    def change(thing: JsonObject) -> None:
        thing["spec"]["replicas"] = replicas
        thing["metadata"]["generation"] += 1

    world.store.amend("replicasets", replicaset.name, replicaset.namespace, change)


def _report_replicas(world: World, replicaset: Stored) -> None:
    ready = _ready_pods(world, replicaset)
    status: JsonObject = {
        "replicas": len(_pods(world, replicaset)),
        "observedGeneration": replicaset.object["metadata"].get("generation", 1),
    }
    if ready:
        status |= {"fullyLabeledReplicas": ready, "readyReplicas": ready}
        status |= {"availableReplicas": ready}
    if status != replicaset.object.get("status"):
        world.store.replace("replicasets", replicaset.object | {"status": status})


def _report(
    world: World, deployment: Stored, current: Stored, surplus: list[Stored], wanted: int
) -> None:
    latest = world.store.find("deployments", deployment.name, deployment.namespace) or deployment
    updated, ready = len(_pods(world, current)), _ready_pods(world, current)
    total = updated + sum(len(_pods(world, replicaset)) for replicaset in surplus)
    available = ready + sum(_ready_pods(world, replicaset) for replicaset in surplus)
    rolling = latest.object["spec"]["strategy"].get("rollingUpdate") or {}
    tolerated = share_of(rolling.get("maxUnavailable", "25%"), wanted)
    enough = available >= wanted - tolerated
    counts = {
        "replicas": total,
        "updatedReplicas": updated,
        "readyReplicas": available,
        "availableReplicas": available,
        "unavailableReplicas": max(0, wanted - available),
    }
    before = latest.object.get("status") or {}
    status: JsonObject = {"observedGeneration": latest.object["metadata"].get("generation", 1)}
    status |= {key: value for key, value in counts.items() if value}
    status["conditions"] = _conditions(world, before, current, enough=enough, done=ready >= wanted)
    if status != before:
        world.store.replace("deployments", latest.object | {"status": status})


def _conditions(
    world: World, before: JsonObject, current: Stored, *, enough: bool, done: bool
) -> list[JsonObject]:
    known = {entry["type"]: entry for entry in before.get("conditions") or ()}

    def entry(kind: str, status: str, reason: str, message: str) -> JsonObject:
        old: JsonObject | None = known.get(kind)
        if old and old["status"] == status and old["reason"] == reason:
            return old
        now = world.clock.stamp()
        since = old["lastTransitionTime"] if old and old["status"] == status else now
        return {
            "type": kind, "status": status, "lastUpdateTime": now, "lastTransitionTime": since,
            "reason": reason, "message": message,
        }  # fmt: skip

    return [
        entry("Available", "True", "MinimumReplicasAvailable",
              "Deployment has minimum availability.")
        if enough
        else entry("Available", "False", "MinimumReplicasUnavailable",
                   "Deployment does not have minimum availability."),
        entry("Progressing", "True", "NewReplicaSetAvailable",
              f'ReplicaSet "{current.name}" has successfully progressed.')
        if done
        else entry("Progressing", "True", "ReplicaSetUpdated",
                   f'ReplicaSet "{current.name}" is progressing.'),
    ]  # fmt: skip
