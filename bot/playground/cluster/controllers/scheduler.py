"""The scheduler: binds pods that have no node yet."""

from __future__ import annotations

from bot.playground.cluster.podlife import condition
from bot.playground.cluster.store import Stored, controller_uid
from bot.playground.cluster.world import World

# The real scheduler also scores only a sample of a large cluster, starting where it left off.
SAMPLE = 8


class Scheduler:
    """Spreads pods: fewest siblings first, then fewest pods, over a rotating sample of nodes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._next = 0

    def bind(self, namespace: str, name: str) -> None:
        """Bind one pod, or leave it Pending with the reason in its conditions."""
        pod = self._world.store.find("pods", name, namespace)
        if pod is None or pod.object["spec"].get("nodeName"):
            return
        node = self._choose(pod)
        now = self._world.clock.stamp()
        if node is not None:
            spec = pod.object["spec"] | {"nodeName": node}
            self._world.store.replace("pods", pod.object | {"spec": spec})
            return
        total = len(self._world.fleet)
        message = f"0/{total} nodes are available: {total} node(s) were unschedulable."
        verdict = condition("PodScheduled", "False", now, reason="Unschedulable", message=message)
        if not pod.object["status"].get("conditions"):
            status = pod.object["status"] | {"conditions": [verdict]}
            self._world.store.replace("pods", pod.object | {"status": status})

    def _choose(self, pod: Stored) -> str | None:
        nodes = self._world.store.all("nodes")
        owner = controller_uid(pod.object)
        pods = self._world.store.collection("pods")
        best: tuple[int, int] | None = None
        chosen: str | None = None
        seen = 0
        for offset in range(len(nodes)):
            node = nodes[(self._next + offset) % len(nodes)]
            if not _schedulable(node):
                continue
            there = pods.on_node(node.name)
            siblings = sum(controller_uid(other.object) == owner for other in there)
            score = (siblings, len(there))
            if best is None or score < best:
                best, chosen = score, node.name
            seen += 1
            if seen == SAMPLE:
                break
        self._next = (self._next + 1) % max(1, len(nodes))
        return chosen


def _schedulable(node: Stored) -> bool:
    spec = node.object["spec"]
    taints = spec.get("taints") or ()
    return not spec.get("unschedulable") and not any(
        taint["effect"] in ("NoSchedule", "NoExecute") for taint in taints
    )
