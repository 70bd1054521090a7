"""Faults that lie in how a change was rolled out."""

from __future__ import annotations

from typing import Any

from bot.playground.cluster.chart.agent import agent_template
from bot.playground.cluster.chart.release import Release
from bot.playground.cluster.controllers import revisions
from bot.playground.cluster.ownership import changed_fields, owned_part, sign
from bot.playground.cluster.store import Stored
from bot.playground.cluster.world import SYSTEM

from .scene import Options, Scene, Undo

JsonObject = dict[str, Any]
MINUTE = 60.0


def config_changed(scene: Scene, _: str, options: Options) -> Undo:
    """Somebody edits cilium-config now; nobody restarts the agents."""
    key, value = str(options["key"]), str(options["value"])
    before = scene.world.store.get("configmaps", "cilium-config", SYSTEM)["data"].get(key)
    _edit_config(scene, key, value)
    return lambda: _edit_config(scene, key, before)


def _edit_config(scene: Scene, key: str, value: str | None) -> None:
    world = scene.world
    stored = world.store.find("configmaps", "cilium-config", SYSTEM)
    if stored is None:
        return
    thing = stored.copy()
    if value is None:
        thing["data"].pop(key, None)
    else:
        thing["data"][key] = value
    fields = changed_fields(owned_part(stored.object), owned_part(thing))
    signed = sign(
        thing, fields, manager="kubectl-edit", operation="Update", api_version="v1",
        at=world.clock.stamp(),
    )  # fmt: skip
    world.store.replace("configmaps", signed)


def version_skew(scene: Scene, node: str, options: Options) -> Undo:
    """Leave one pod of an older revision behind, under OnDelete."""
    world = scene.world
    older = world.release.older()
    if options["version"]:
        older = Release(str(options["version"]).removeprefix("v"), world.release.agent_metrics)
    _set_strategy(scene, "OnDelete")
    daemonset = _agents(scene)
    current = daemonset.object["spec"]["template"]
    with world.clock.back(20 * 24 * 60 * MINUTE):
        _revert(scene, agent_template(older))
        _replace_pods(scene, [node])
    with world.clock.back(30 * MINUTE):
        _revert(scene, current)

    def undo() -> None:
        _set_strategy(scene, "RollingUpdate")

    return undo


def recent_change(scene: Scene, _: str, options: Options) -> Undo:
    """A rollout restart that began some minutes ago and is done; nothing to undo."""
    world = scene.world
    with world.clock.back(float(options["minutes"]) * MINUTE):
        at = world.clock.stamp()
        template = _agents(scene).copy()["spec"]["template"]
        template["metadata"].setdefault("annotations", {})["kubectl.kubernetes.io/restartedAt"] = at
        _revert(scene, template)
        _replace_pods(scene, [machine.name for machine in world.fleet])
    return lambda: None


def _agents(scene: Scene) -> Stored:
    daemonset = scene.world.store.find("daemonsets", "cilium", SYSTEM)
    if daemonset is None:
        raise ValueError("there is no DaemonSet kube-system/cilium to change")
    return daemonset


def _set_strategy(scene: Scene, strategy: str) -> None:
    def change(thing: JsonObject) -> None:
        if thing["spec"]["updateStrategy"]["type"] != strategy:
            thing["spec"]["updateStrategy"]["type"] = strategy
            thing["metadata"]["generation"] += 1

    scene.world.store.amend("daemonsets", "cilium", SYSTEM, change)


def _revert(scene: Scene, template: JsonObject) -> None:
    """Give the DaemonSet a template, and the template a revision."""

    def change(thing: JsonObject) -> None:
        thing["spec"]["template"] = template
        thing["metadata"]["generation"] += 1

    scene.world.store.amend("daemonsets", "cilium", SYSTEM, change)
    revisions.ensure_current(scene.world.store, _agents(scene))


def _replace_pods(scene: Scene, nodes: list[str]) -> None:
    """Agent pods go and come back at the moment that is being lived."""
    for node in nodes:
        pod = scene.world.agent_pod(node)
        if pod is not None:
            scene.world.store.delete("pods", pod.name, pod.namespace)
    scene.loop.enqueue("daemonsets", SYSTEM, "cilium")
    scene.loop.live()
