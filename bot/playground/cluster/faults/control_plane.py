"""Faults of Cilium's central programs and of the API server."""

from __future__ import annotations

from typing import Any

from bot.playground.cluster.chart.configuration import METRICS_KEY
from bot.playground.cluster.clock import rfc3339
from bot.playground.cluster.inventory import CONFIG_CHANGED
from bot.playground.cluster.machines import Crash
from bot.playground.cluster.ownership import sign
from bot.playground.cluster.world import SYSTEM

from .scene import Options, Scene, Undo


def _broken(scene: Scene, workload: str, crash: Crash) -> Undo:
    """A Deployment's pods crash wherever they run."""
    broken, key = scene.world.fleet.broken_workloads, (SYSTEM, workload)

    def look_again() -> None:
        for pod in scene.world.store.all("pods", SYSTEM):
            if pod.name.startswith(f"{workload}-"):
                scene.loop.enqueue("kubelet", SYSTEM, pod.name)

    def undo() -> None:
        broken.pop(key, None)
        look_again()

    broken[key] = crash
    look_again()
    return undo


def operator_down(scene: Scene, _: str, options: Options) -> Undo:
    """The operator cannot create its CRDs."""
    crash = Crash(
        "Unable to register CRDs",
        "unable to create CRD: customresourcedefinitions.apiextensions.k8s.io is forbidden: User "
        '"system:serviceaccount:kube-system:cilium-operator" cannot create resource '
        '"customresourcedefinitions" in API group "apiextensions.k8s.io" at the cluster scope',
        restarts_before=int(options["restarts"]),
    )
    return _broken(scene, "cilium-operator", crash)


def relay_down(scene: Scene, _: str, options: Options) -> Undo:
    """Relay has no certificate."""
    crash = Crash(
        "failed to start hubble-relay",
        "failed to load keypair: open /var/lib/hubble-relay/tls/client.crt: no such file or "
        "directory",
        restarts_before=int(options["restarts"]),
    )
    return _broken(scene, "hubble-relay", crash)


def slow(scene: Scene, _: str, options: Options) -> Undo:
    """Every request waits."""
    api, seconds = scene.world.api, float(options["seconds"])
    api.latency += seconds

    def undo() -> None:
        api.latency = max(0.0, api.latency - seconds)

    return undo


def throttle(scene: Scene, _: str, options: Options) -> Undo:
    """A share of the reads is refused."""
    share = float(options["share"])
    if not 0 < share <= 1:
        raise ValueError(f"share must be above 0 and at most 1, not {share:g}")
    scene.world.api.throttled_share = share

    def undo() -> None:
        scene.world.api.throttled_share = 0.0

    return undo


def down(scene: Scene, _: str, options: Options) -> Undo:
    """Stop listening; listen on the same port again afterwards."""
    scene.switch_api(False)
    return lambda: scene.switch_api(True)


def slow_watches(scene: Scene, _: str, options: Options) -> Undo:
    """Watch events are late, as from a watch cache that lags behind."""
    api, seconds = scene.world.api, float(options["seconds"])
    api.watch_delay += seconds

    def undo() -> None:
        api.watch_delay = max(0.0, api.watch_delay - seconds)

    return undo


def break_watches(scene: Scene, _: str, options: Options) -> Undo:
    """Open watches end, and where they stopped cannot be resumed: history was compacted."""
    scene.world.store.compact()
    for end in tuple(scene.world.api.open_watches):
        end()
    return lambda: None


def forbid_exec(scene: Scene, _: str, options: Options) -> Undo:
    """As if no role granted pods/exec."""
    scene.world.api.exec_forbidden = True

    def undo() -> None:
        scene.world.api.exec_forbidden = False

    return undo


def metrics_off(scene: Scene, _: str, options: Options) -> Undo:
    """Take the key out of cilium-config as if it had never been set, and the listeners away."""
    world = scene.world
    stored = world.store.find("configmaps", "cilium-config", SYSTEM)
    address = (stored.object.get("data") or {}).get(METRICS_KEY) if stored else None
    _write_config(scene, METRICS_KEY, None)
    world.fleet.metrics_served = False

    def undo() -> None:
        world.fleet.metrics_served = True
        if address:
            _write_config(scene, METRICS_KEY, address)

    return undo


def _write_config(scene: Scene, key: str, value: str | None) -> None:
    world = scene.world
    stored = world.store.find("configmaps", "cilium-config", SYSTEM)
    if stored is None:
        return
    with world.clock.back(CONFIG_CHANGED):
        at = rfc3339(world.clock.now())
    thing = stored.copy()
    if value is None:
        thing["data"].pop(key, None)
    else:
        thing["data"][key] = value
    fields: dict[str, Any] = {"f:data": {f"f:{name}": {} for name in thing["data"]}}
    world.store.replace(
        "configmaps",
        sign(thing, fields, manager="helm", operation="Apply", api_version="v1", at=at),
    )
