"""Faults of one machine and its agent."""

from __future__ import annotations

from math import inf

from bot.playground.cluster.machines import Crash, Machine
from bot.playground.cluster.names import labels_of, random_suffix
from bot.playground.cluster.store import Change

from .scene import Options, Scene, Undo


def _flag(scene: Scene, node: str, cause: str, on: object, off: object, options: Options) -> Undo:
    """Set one cause on a machine; taken out by hand or, if so asked, by a new agent pod."""
    machine = scene.machine(node)

    def undo() -> None:
        scene.trouble(machine, lambda: setattr(machine, cause, off))

    scene.trouble(machine, lambda: setattr(machine, cause, on))
    if options.get("cured_by_restart"):
        return _until_restart(scene, machine, undo)
    return undo


def _until_restart(scene: Scene, machine: Machine, undo: Undo) -> Undo:
    """Undo also when the agent's pod is replaced."""

    def replaced(change: Change) -> None:
        if change.new is not None or change.kind.plural != "pods":
            return
        pod = change.last.object
        if labels_of(pod).get("k8s-app") == "cilium" and pod["spec"]["nodeName"] == machine.name:
            stop()
            undo()
            scene.over()

    stop_listening = scene.world.store.listen(replaced)
    listening = [stop_listening]

    def stop() -> None:
        while listening:
            listening.pop()()

    def undo_by_hand() -> None:
        stop()
        undo()

    return undo_by_hand


def crash_loop(scene: Scene, node: str, options: Options) -> Undo:
    """The agent cannot mount its BPF file system, or eats its memory limit."""
    oom = bool(options["oom"])
    crash = Crash(
        fatal_line="" if oom else "Error while creating daemon",
        error=""
        if oom
        else "error while initializing daemon: failed while reinitializing datapath: "
        "unable to open pinned map /sys/fs/bpf/tc/globals/cilium_ipcache_v2: permission denied",
        oom=oom,
        restarts_before=int(options["restarts"]),
    )
    return _flag(scene, node, "crash", crash, None, options)


def silent(scene: Scene, node: str, options: Options) -> Undo:
    """The agent's process hangs."""
    return _flag(scene, node, "hung", True, False, options)


def never_ready(scene: Scene, node: str, options: Options) -> Undo:
    """Agents that start from now on wait for ever; who runs already goes on."""
    reach = options["pods"]
    if reach not in ("next", "node", "cluster"):
        raise ValueError(f'pods must be "next", "node" or "cluster", not {reach!r}')
    fleet = scene.world.fleet
    machines = list(fleet) if reach == "cluster" else [scene.machine(node)]
    for machine in machines:
        machine.stuck_starts = 1 if reach == "next" else inf

    def undo() -> None:
        for machine in machines:
            machine.stuck_starts = 0
            if machine.stuck:
                scene.trouble(machine, machine.unstick)

    return undo


def failing(scene: Scene, node: str, options: Options) -> Undo:
    """The agent lost the API server."""
    return _flag(scene, node, "cut_from_api", True, False, options)


def garbage(scene: Scene, node: str, options: Options) -> Undo:
    """Output is cut off in the middle."""
    return _flag(scene, node, "torn_output", True, False, options)


def unreachable(scene: Scene, node: str, options: Options) -> Undo:
    """The machine lost power or network."""
    return _flag(scene, node, "powered", False, True, options)


def link_down(scene: Scene, pair: str, _: Options) -> Undo:
    """The two cannot reach each other; the target is written ``node-1 node-2``."""
    one, two = (scene.machine(name) for name in pair.split())
    one.blocked.add(two.name)
    scene.world.fleet.changed()

    def undo() -> None:
        one.blocked.discard(two.name)
        scene.world.fleet.changed()

    return undo


def pool_used_up(scene: Scene, node: str, options: Options) -> Undo:
    """Leak addresses until only a few are free."""
    machine, free = scene.machine(node), int(options["free"])
    pool, leaked = machine.pool, []
    while len(pool.owners) < pool.capacity - free:
        address = pool.take(f"batch/nightly-report-{random_suffix()}")
        if address is None:
            break
        leaked.append(address)
    scene.world.fleet.changed()

    def undo() -> None:
        for address in leaked:
            pool.give_back(address)
        scene.world.fleet.changed()
        scene.loop.reconsider(node)

    return undo


def endpoints_not_ready(scene: Scene, node: str, options: Options) -> Undo:
    """Some endpoints cannot be regenerated."""
    return _flag(scene, node, "broken_endpoints", int(options["count"]), 0, options)
