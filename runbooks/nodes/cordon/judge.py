"""Judging and planning: what speaks against it, and what would be done. Pure."""

from __future__ import annotations

from datetime import datetime

from bot.authoring import BlastRadius, Call, ObjectRef, Plan, PlanRefused, Risk
from bot.clients.kubernetes.objects import Node
from bot.model.names import format_duration
from runbooks.nodes.cordon.mark import BY, by_whom, mark_of

CORDON, UNCORDON = "cordon", "uncordon"
LEAST, MOST = 60.0, 7 * 86_400.0
"""Seconds for which a node may be cordoned: a cordon that nobody remembers costs capacity."""
SECONDS = 65.0
"""One call, and checks that must hold twice, a minute apart."""


def cordon_plan(
    cluster: str, node: Node, others: tuple[Node, ...], seconds: float, now: datetime
) -> Plan:
    """What cordoning ``node`` for ``seconds`` would do; raises :class:`PlanRefused`."""
    name = node.name
    if not LEAST <= seconds <= MOST:
        raise PlanRefused(
            f"A node is cordoned for {format_duration(LEAST)} to {format_duration(MOST)}, not for "
            f"{format_duration(seconds)}.",
            hint=f"/cilium {CORDON} {name} --for 4h",
        )
    if node.spec.unschedulable:
        raise PlanRefused(
            f"{name} is cordoned already, {by_whom(node, now)}.", hint=f"kubectl get node {name}"
        )
    left = [other for other in others if other.name != name and _takes_pods(other)]
    if not left:
        raise PlanRefused(
            f"No other node takes new pods: with {name} cordoned nothing could be placed anywhere.",
            hint="kubectl get nodes",
        )
    lasts = typed(seconds)
    return Plan(
        cluster=cluster,
        remedy=CORDON,
        parameters={"node": name, "for": lasts},
        title=f"Cordon {name} for {format_duration(seconds)}",
        risk=Risk.GUARDED,
        target=_target(name),
        calls=(
            Call(
                verb="patch",
                object=_ref(node),
                changes=(
                    "- unschedulable: false",
                    "+ unschedulable: true",
                    f"+ annotation {BY}: this change",
                ),
            ),
        ),
        blast_radius=BlastRadius(nodes=(name,)),
        meanwhile=(f"No new pod is placed on {name}, DaemonSets aside; those that run go on.",),
        undo=f"/cilium {UNCORDON} {name}; by itself after {format_duration(seconds)}.",
        checks=cordon_checks(name),
        stops_when=(f"somebody else cordons or replaces {name} first",),
        seconds=SECONDS,
        notes=(f"{len(left)} other nodes take new pods.",),
    )


def uncordon_plan(cluster: str, node: Node, now: datetime) -> Plan:
    """What uncordoning ``node`` would do; raises :class:`PlanRefused`.

    Safe, because it only ends what an approved change of ours set up; hence only that.
    """
    name, mark = node.name, mark_of(node)
    if not node.spec.unschedulable:
        raise PlanRefused(f"{name} is not cordoned.", hint=f"kubectl get node {name}")
    if mark is None:
        raise PlanRefused(
            f"{name} was cordoned {by_whom(node, now)}. Only cordons of this bot are taken back.",
            hint=f"Ask them why; then: kubectl uncordon {name}",
        )
    return Plan(
        cluster=cluster,
        remedy=UNCORDON,
        parameters={"node": name},
        title=f"Uncordon {name}",
        risk=Risk.SAFE,
        target=_target(name),
        calls=(
            Call(
                verb="patch",
                object=_ref(node),
                changes=(
                    "- unschedulable: true",
                    "+ unschedulable: false",
                    f"- annotation {BY}: {mark.by}",
                ),
            ),
        ),
        blast_radius=BlastRadius(nodes=(name,)),
        meanwhile=(f"Pods that wait for a place may start on {name} at once.",),
        undo=f"/cilium {CORDON} {name}",
        checks=uncordon_checks(name),
        stops_when=(f"{name} is cordoned by somebody else, or replaced",),
        pinned={"cordoned-by": mark.by},
        seconds=SECONDS,
        notes=(f"It was cordoned {by_whom(node, now)}.",),
    )


def cordon_checks(name: str) -> tuple[str, ...]:
    """What must hold after a cordon."""
    return (f"{name} takes no new pods", "the cordon is this change's own")


def uncordon_checks(name: str) -> tuple[str, ...]:
    """What must hold after an uncordon."""
    return (f"{name} takes new pods", "no mark of a cordon is left")


def typed(seconds: float) -> str:
    """``4h``, ``90m``, ``61s``: as it can be typed, nothing rounded."""
    for size, unit in ((3_600, "h"), (60, "m")):
        if seconds % size == 0:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:g}s"


def _takes_pods(node: Node) -> bool:
    ready = node.condition("Ready")
    return not node.spec.unschedulable and ready is not None and ready.status == "True"


def _target(name: str) -> str:
    """Its own: a node that was cordoned a minute ago may need its agent restarted now."""
    return f"node/{name}/scheduling"


def _ref(node: Node) -> ObjectRef:
    return ObjectRef(kind="Node", name=node.name, uid=node.metadata.uid)
