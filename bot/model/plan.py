"""Plans: exactly what a remedy will do, before it does it. Plain data with a digest and bounds."""

from __future__ import annotations

import hashlib
from enum import StrEnum

import msgspec


class Risk(StrEnum):
    """How much a change can hurt, and so how many people must agree to it.

    ``safe``: nobody has to; ``guarded``: one approver who is not the requester; ``breakglass``: two
    approvers, an incident, a reason, the typed name of the cluster, and a word before each step.
    """

    SAFE = "safe"
    GUARDED = "guarded"
    BREAKGLASS = "breakglass"


class ObjectRef(msgspec.Struct, frozen=True, kw_only=True):
    """One object of the cluster. With a ``uid`` it is that very object and no later namesake."""

    kind: str
    name: str
    namespace: str = ""
    uid: str = ""

    def __str__(self) -> str:
        name = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {name}"


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call that will change something: ``verb`` as RBAC names it. ``changes`` are lines of a
    diff, ``- before`` and ``+ after``; none where the verb says it all."""

    verb: str
    object: ObjectRef
    changes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.verb} {self.object}"


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """What the plan stays within, however the cluster changes meanwhile."""

    most_nodes: int = 1
    max_unavailable: int = 1


class BlastRadius(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the change touches. ``pods`` counts the pods whose traffic or life it may affect."""

    nodes: tuple[str, ...] = ()
    pods: int = 0
    namespaces: tuple[str, ...] = ()


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a remedy will do. Making one changes nothing.

    ``target`` is what cooldowns are counted by, such as ``node/node-7``. ``meanwhile`` says what
    stops working while it goes on, ``undo`` how to take it back, ``checks`` what must hold
    afterwards, ``stops_when`` what ends it early. ``pinned`` are versions and digests of texts that
    the calls rest on. ``agent_restarts`` counts against the restart budget. ``dry_run`` says what
    the API server answered to the calls as a dry run; ``seconds`` is an estimate; ``notes`` is what
    the approver should know of the present; ``broken`` that the target is certainly broken already.
    """

    cluster: str
    remedy: str
    parameters: dict[str, str]
    title: str
    risk: Risk
    target: str
    calls: tuple[Call, ...]
    blast_radius: BlastRadius = BlastRadius()
    meanwhile: tuple[str, ...] = ()
    undo: str
    checks: tuple[str, ...]
    stops_when: tuple[str, ...]
    bounds: Bounds = Bounds()
    pinned: dict[str, str] = {}
    agent_restarts: int = 0
    dry_run: str = ""
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    broken: bool = False

    @property
    def digest(self) -> str:
        """SHA-256 of what is approved; two plans with one digest do the same to the same objects.

        Left out is what changes by itself without changing what is done: timings, notes, counts of
        pods, the dry run's answer.
        """
        approved = {
            "cluster": self.cluster,
            "remedy": self.remedy,
            "parameters": self.parameters,
            "risk": self.risk,
            "target": self.target,
            "calls": self.calls,
            "checks": self.checks,
            "stops_when": self.stops_when,
            "bounds": self.bounds,
            "pinned": self.pinned,
            "agent_restarts": self.agent_restarts,
        }
        canonical = msgspec.json.encode(approved, order="sorted")
        return hashlib.sha256(canonical).hexdigest()


def what_changed(before: Plan, now: Plan) -> tuple[str, ...]:
    """In words, why the digests of two plans of one change differ; empty when they do not."""
    if before.digest == now.digest:
        return ()
    lines = _calls_changed(before, now)
    for name in ("risk", "target", "checks", "stops_when", "bounds", "parameters", "pinned"):
        old, new = getattr(before, name), getattr(now, name)
        if old != new:
            lines.append(f"{name.replace('_', ' ')}: {_short(old)} became {_short(new)}")
    if before.agent_restarts != now.agent_restarts:
        lines.append(f"agent restarts: {before.agent_restarts} became {now.agent_restarts}")
    return tuple(lines)


def _calls_changed(before: Plan, now: Plan) -> list[str]:
    gone = [call for call in before.calls if call not in now.calls]
    new = [call for call in now.calls if call not in before.calls]
    lines = []
    for call in gone:
        twin = next((other for other in new if str(other) == str(call)), None)
        if twin is None:
            lines.append(f"no longer: {call}")
        else:
            new.remove(twin)
            what = "it is another object now" if twin.object != call.object else "it changes more"
            lines.append(f"{call}: {what}")
    return lines + [f"new: {call}" for call in new]


def _short(value: object) -> str:
    if isinstance(value, msgspec.Struct):
        value = msgspec.structs.asdict(value)
    return str(value)[:120]
