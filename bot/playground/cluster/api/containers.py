"""Which container of a pod a request means, and whether its kubelet can be reached."""

from __future__ import annotations

from bot.playground.cluster.errors import BadRequest
from bot.playground.cluster.machines import Machine
from bot.playground.cluster.store import Stored
from bot.playground.cluster.world import World

KUBELET_PORT = 10250


def choose(pod: Stored, asked: str | None) -> str:
    """The container asked for, or the only one; refuses as the API server does."""
    spec = pod.object["spec"]
    names = [container["name"] for container in spec["containers"]]
    inits = [container["name"] for container in spec.get("initContainers") or ()]
    if asked:
        if asked not in (*names, *inits):
            raise BadRequest(f"container {asked} is not valid for pod {pod.name}")
        return asked
    if len(names) == 1:
        return str(names[0])
    message = (
        f"a container name must be specified for pod {pod.name}, choose one of: {_shown(names)}"
    )
    if inits:
        message += f" or one of the init containers: {_shown(inits)}"
    raise BadRequest(message)


def _shown(names: list[str]) -> str:
    return f"[{' '.join(names)}]"


def machine_of(world: World, pod: Stored) -> Machine:
    """The machine a pod runs on; a pod without one has no kubelet to ask."""
    machine = world.machine_of(pod.object)
    if machine is None:
        raise BadRequest(f"pod {pod.name} does not have a host assigned")
    return machine


def no_route(machine: Machine, port: int = KUBELET_PORT) -> str:
    """What dialling a dead machine says."""
    return f"dial tcp {machine.address}:{port}: connect: no route to host"


def is_running(pod: Stored, container: str) -> bool:
    """Whether a container's process exists right now."""
    statuses = pod.object["status"].get("containerStatuses") or ()
    return any(status["name"] == container and "running" in status["state"] for status in statuses)
