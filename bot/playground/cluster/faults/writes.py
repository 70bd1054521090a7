"""Faults that strike in the middle of a change: around a write, or after it took effect."""

from __future__ import annotations

import asyncio
from typing import Any

from bot.playground.cluster.controllers import daemonsets, revisions
from bot.playground.cluster.kinds import BY_PLURAL
from bot.playground.cluster.ledger import Outcome
from bot.playground.cluster.ownership import changed_fields, owned_part, sign
from bot.playground.cluster.store import Stored
from bot.playground.cluster.trouble import Death, Interference, LostReplies, WriteAttempt
from bot.playground.cluster.world import SYSTEM

from .scene import Options, Scene, Undo, number_of

JsonObject = dict[str, Any]
# Two other clients of the cluster; the ledger has their changes under their names.
INVENTORY = "system:serviceaccount:inventory:inventory"
DRAINER = "system:serviceaccount:kube-system:node-drainer"
SEEN = "inventory.example.com/seen"


def lose_replies(scene: Scene, _: str, options: Options) -> Undo:
    """The next mutations act, and their connections break."""
    api = scene.world.api

    def over() -> None:
        undo()
        scene.over()

    def undo() -> None:
        if api.lost_replies is lost:
            api.lost_replies = None

    api.lost_replies = lost = LostReplies(number_of(options, "count"), over)
    return undo


# Another writer


def conflict(scene: Scene, _: str, options: Options) -> Undo:
    """Somebody annotates an object just before a client writes the version that it has read."""
    left, resource = number_of(options, "count"), options["resource"]
    if resource is not None and resource not in BY_PLURAL:
        raise ValueError(f"resource must be a plural such as nodes or leases, not {resource!r}")
    store = scene.world.store

    def interfere(attempt: WriteAttempt) -> None:
        nonlocal left
        if not attempt.version or resource not in (None, attempt.resource):
            return
        stored = store.find(attempt.resource, attempt.name, attempt.namespace)
        # A version that is stale anyway needs nobody's help.
        if stored is not None and attempt.version == stored.object["metadata"]["resourceVersion"]:
            left -= 1
            _annotate(scene, stored)
        if left == 0:
            stop()
            scene.over()

    stop = _interfering(scene, interfere)
    return stop


def _annotate(scene: Scene, stored: Stored) -> None:
    thing = stored.copy()
    annotations = thing["metadata"].setdefault("annotations", {})
    # A number that grows: two visits within a second must differ.
    annotations[SEEN] = str(int(annotations.get(SEEN, "0")) + 1)
    signed = sign(
        thing, changed_fields(owned_part(stored.object), owned_part(thing)), manager="inventory",
        operation="Update", api_version=stored.kind.api_version, at=scene.world.clock.stamp(),
    )  # fmt: skip
    changed = scene.world.store.replace(stored.kind.plural, signed)
    _note(scene, INVENTORY, "patch", Outcome(stored, changed))


def _note(scene: Scene, user: str, verb: str, outcome: Outcome, subresource: str = "") -> None:
    now = scene.world.clock.now()
    scene.world.ledger.note(now, user, verb, outcome, subresource=subresource)


def recreate_pod(scene: Scene, node: str, options: Options) -> Undo:
    """Somebody evicts the agent's pod: at once, or just before the next delete that is for it."""
    when, same_name = options["when"], bool(options["same_name"])
    if when not in ("now", "delete"):
        raise ValueError(f'when must be "now" or "delete", not {when!r}')
    if when == "now":
        pod = scene.world.agent_pod(node)
        if pod is not None:
            _evict(scene, pod, at_once=same_name, same_name=same_name)
        return lambda: None

    def interfere(attempt: WriteAttempt) -> None:
        pod = scene.world.agent_pod(node)
        aimed = attempt.verb == "delete" or attempt.subresource == "eviction"
        if pod is None or not aimed or attempt.resource != "pods":
            return
        if (attempt.namespace, attempt.name) == (pod.namespace, pod.name):
            stop()
            scene.over()
            _evict(scene, pod, at_once=True, same_name=same_name)

    stop = _interfering(scene, interfere)
    return stop


def _evict(scene: Scene, pod: Stored, *, at_once: bool, same_name: bool) -> None:
    """The pod goes; under another name its controller makes the next one by itself."""
    store = scene.world.store
    scene.world.delete_pod(pod, 0 if at_once else None)
    left = store.find("pods", pod.name, pod.namespace)
    _note(scene, DRAINER, "create", Outcome(pod, left), "eviction")
    daemonset = store.find("daemonsets", "cilium", SYSTEM)
    if same_name and daemonset is not None:
        current = revisions.ensure_current(store, daemonset)
        node = str(pod.object["spec"]["nodeName"])
        fresh = daemonsets.new_pod(scene.world, daemonset, current, node)
        fresh["metadata"]["name"] = pod.name
        store.create("pods", fresh)


def _interfering(scene: Scene, interfere: Interference) -> Undo:
    interferences = scene.world.api.interferences
    interferences.append(interfere)

    def stop() -> None:
        if interfere in interferences:
            interferences.remove(interfere)

    return stop


# The server's death


def die(scene: Scene, _: str, options: Options) -> Undo:
    """Go away at a request to come, and come back on the same port after some seconds."""
    effect, seconds = options["effect"], float(options["seconds"])
    if effect not in ("applied", "none"):
        raise ValueError(f'effect must be "applied" or "none", not {effect!r}')
    every_request = options["requests"] is not None
    coming_back: list[asyncio.TimerHandle] = []

    def come_back() -> None:
        if coming_back:
            coming_back.pop().cancel()
            scene.switch_api(True)
            scene.over()

    def go_away() -> None:
        scene.world.api.death = None
        scene.switch_api(False)
        coming_back.append(asyncio.get_running_loop().call_later(seconds, come_back))

    death = Death(
        number_of(options, "requests" if every_request else "writes"), every_request,
        effect == "applied", go_away,
    )  # fmt: skip
    scene.world.api.death = death

    def undo() -> None:
        if scene.world.api.death is death:
            scene.world.api.death = None
        come_back()

    return undo
