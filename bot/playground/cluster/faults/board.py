"""The board of active faults: inject, list, clear."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from typing import Any
from uuid import uuid4

from .catalogue import CATALOGUE, FaultKind, Target
from .scene import Scene, Undo


@dataclass(frozen=True)
class Fault:
    """One fault in the cluster."""

    id: str
    name: str
    target: str
    """A node, ``node-1 node-2`` for a pair, empty for the whole cluster."""
    options: dict[str, Any]
    since: datetime


class FaultBoard:
    """Faults of one cluster."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._active: dict[str, tuple[Fault, Undo]] = {}
        self._ended: set[str] = set()

    @property
    def active(self) -> list[Fault]:
        """Faults in the order of their injection."""
        return [fault for fault, _ in self._active.values()]

    def inject(self, name: str, target: str | None = None, **options: Any) -> Fault:
        """Put a fault in; ``ValueError`` names what is known when something is not."""
        kind = CATALOGUE.get(name)
        if kind is None:
            raise ValueError(f"no fault is called {name!r}{_nearest(name, CATALOGUE)}")
        aimed = self._aim(kind, target or "")
        unknown = options.keys() - kind.options.keys()
        if unknown:
            offered = ", ".join(kind.options) or "none"
            raise ValueError(f"{name} has no option {min(unknown)!r}; its options: {offered}")
        used = kind.options | options
        fault = Fault(uuid4().hex[:8], name, aimed, used, self._scene.world.clock.now())
        scene = replace(self._scene, over=lambda: self._over(fault.id))
        self._active[fault.id] = (fault, kind.cause(scene, aimed, used))
        return fault

    def _over(self, fault_id: str) -> None:
        """A restart has cured it, or it has struck as often as it was to."""
        if self._active.pop(fault_id, None) is not None:
            self._ended.add(fault_id)

    def clear(self, fault_id: str) -> None:
        """Take a fault out; ``ValueError`` when it is not active.

        One that ended by itself may be cleared once more: whoever put it in cannot know.
        """
        if fault_id in self._ended:
            self._ended.discard(fault_id)
            return
        try:
            _, undo = self._active.pop(fault_id)
        except KeyError:
            raise ValueError(
                f"no active fault has the id {fault_id!r}{_nearest(fault_id, self._active)}"
            ) from None
        undo()

    def clear_all(self) -> None:
        """Take every fault out, the last one first."""
        for fault_id in reversed(list(self._active)):
            self.clear(fault_id)

    def _aim(self, kind: FaultKind, target: str) -> str:
        names = target.replace(",", " ").split()
        wanted = {Target.CLUSTER: 0, Target.NODE: 1, Target.NODE_PAIR: 2}[kind.target]
        if kind.target is Target.CLUSTER and names in ([], ["cluster"]):
            return ""
        if len(names) != wanted or len(set(names)) != wanted:
            needs = {0: "no target", 1: "one node", 2: "two different nodes"}[wanted]
            raise ValueError(f"{kind.name} takes {needs}, not {target!r}")
        fleet = self._scene.world.fleet
        for node in names:
            if node not in fleet:
                known = [machine.name for machine in fleet]
                raise ValueError(f"no node is called {node!r}{_nearest(node, known)}")
        return " ".join(names)


def _nearest(name: str, known: Iterable[str]) -> str:
    names = list(known)
    close = get_close_matches(name, names, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    shown = ", ".join(names[:20]) or "none"
    return f"; known: {shown}"
