"""The DaemonSet controller: one pod a node, RollingUpdate within maxUnavailable, OnDelete."""

from __future__ import annotations

import math
from typing import Any

from bot.playground.cluster import podlife
from bot.playground.cluster.names import labels_of
from bot.playground.cluster.store import Stored
from bot.playground.cluster.world import World

from . import revisions

JsonObject = dict[str, Any]


def reconcile(world: World, namespace: str, name: str) -> None:
    """Bring a DaemonSet's pods and status to what its spec says."""
    daemonset = world.store.find("daemonsets", name, namespace)
    if daemonset is None:
        return
    current = revisions.ensure_current(world.store, daemonset)
    nodes = world.store.collection("nodes").objects
    pods = world.store.collection("pods").owned_by(daemonset.uid)
    by_node = {str(pod.object["spec"]["nodeName"]): pod for pod in pods}

    for node in nodes.keys() - by_node.keys():
        world.store.create("pods", new_pod(world, daemonset, current, node))
    for node in by_node.keys() - nodes.keys():
        world.store.delete("pods", by_node[node].name, namespace)
    if daemonset.object["spec"]["updateStrategy"]["type"] == "RollingUpdate":
        _roll(world, daemonset, current, pods, len(nodes))
    _report(world, daemonset, current, len(nodes))


def new_pod(world: World, daemonset: Stored, revision_hash: str, node: str) -> JsonObject:
    """The pod that a DaemonSet's template demands on a node; not yet stored."""
    return podlife.build(
        daemonset.object["spec"]["template"],
        revisions.owner_of(daemonset),
        daemonset.namespace,
        extra_labels={
            "controller-revision-hash": revision_hash,
            "pod-template-generation": str(daemonset.object["metadata"].get("generation", 1)),
        },
        node=node,
        created=world.clock.stamp(),
        daemon=True,
    )


def _roll(world: World, daemonset: Stored, current: str, pods: list[Stored], nodes: int) -> None:
    """Delete pods of old templates: broken ones at once, healthy ones within maxUnavailable."""
    outdated = [pod for pod in pods if not _is_current(pod, current)]
    if not outdated:
        return
    healthy = [pod for pod in pods if podlife.is_ready(pod.object) and not _leaving(pod)]
    unavailable = nodes - len(healthy)
    rolling = daemonset.object["spec"]["updateStrategy"].get("rollingUpdate") or {}
    budget = max(0, share_of(rolling.get("maxUnavailable", 1), nodes) - unavailable)
    for pod in sorted(outdated, key=lambda pod: pod.key):
        if _leaving(pod):
            continue
        if podlife.is_ready(pod.object):
            if budget == 0:
                continue
            budget -= 1
        world.delete_pod(pod)


def share_of(value: int | str, total: int) -> int:
    """An int-or-percent of a number, rounded up: ``"5%"`` of 12 is 1."""
    if isinstance(value, int):
        return value
    return math.ceil(int(value.rstrip("%")) * total / 100)


def _is_current(pod: Stored, revision_hash: str) -> bool:
    return labels_of(pod.object).get("controller-revision-hash") == revision_hash


def _leaving(pod: Stored) -> bool:
    return podlife.is_deleting(pod.object)


def _report(world: World, daemonset: Stored, current: str, desired: int) -> None:
    pods = world.store.collection("pods").owned_by(daemonset.uid)
    present = [pod for pod in pods if not _leaving(pod)]
    ready = sum(podlife.is_ready(pod.object) for pod in present)
    updated = sum(_is_current(pod, current) for pod in present)
    status: JsonObject = {
        "currentNumberScheduled": len(pods),
        "numberMisscheduled": 0,
        "desiredNumberScheduled": desired,
        "numberReady": ready,
        "observedGeneration": daemonset.object["metadata"].get("generation", 1),
    }
    # Zero is left out, as Go's omitempty leaves it out.
    optional = {
        "updatedNumberScheduled": updated,
        "numberAvailable": ready,
        "numberUnavailable": desired - ready,
    }
    status |= {key: value for key, value in optional.items() if value}
    if status != daemonset.object.get("status"):
        world.store.replace("daemonsets", daemonset.object | {"status": status})
