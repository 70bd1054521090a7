"""The plan of a rolling restart, from what was seen. Pure."""

from __future__ import annotations

import math
from statistics import median

from bot.authoring import BlastRadius, Bounds, Plan, Risk, natural
from bot.clients.cilium.names import AGENT_DAEMONSET, CONFIG_MAP
from bot.clients.kubernetes.objects import Pod
from bot.model.change import Change
from bot.model.names import counted, format_duration
from runbooks.agent.pods import seconds_to_ready
from runbooks.agent.rollout.checks import NAMES
from runbooks.agent.rollout.evidence import Seen
from runbooks.agent.rollout.strategy import max_unavailable
from runbooks.release.record import owner_of_agents
from runbooks.restarted_at import Restart

NAME = "rollout-restart"
TEMPLATE = "template"
"""What the plan pins: the hash of the template that is restarted."""
STUCK_AFTER = 300.0
"""Seconds in which a new agent must be Ready, unless agents here usually take more than half."""
AWAY_FOR = 180.0
"""Seconds for which more agents than allowed may be away."""
LIMIT, LIMIT_EACH = 600.0, 180.0
"""Seconds for the whole: so many, and so many more for each round of ``maxUnavailable``."""
ROUNDED_TO = 10
_USUAL, _LEAST, _MOST = 60.0, 30.0, 600.0
_APART = 60.0


def plan_of(seen: Seen, change: Change) -> Plan:
    """What is done when nothing speaks against it."""
    daemonset = seen.daemonset
    assert daemonset is not None  # noqa: S101  refused before
    restart = Restart.of(daemonset, change)
    nodes = tuple(sorted((pod.spec.node_name for pod in seen.agents), key=natural))
    away = max_unavailable(daemonset)
    most = most_nodes(len(nodes))
    seconds, basis = _estimate(seen, away)
    return Plan(
        cluster=seen.cluster,
        remedy=NAME,
        parameters={},
        title=f"Restart all Cilium agents, {away} at a time",
        risk=Risk.GUARDED,
        target=f"daemonset/{AGENT_DAEMONSET}",
        calls=(restart.call,),
        blast_radius=BlastRadius(nodes=nodes),
        meanwhile=(
            f"On {counted(away, 'node')} at a time connections through the L7 and DNS proxies are "
            "reset, and DNS lookups of pods with a DNS policy fail until the agent is back.",
            "No pod starts or stops cleanly on these nodes for 30 to 120 s each.",
            "Policy changes reach a node only once its agent is back.",
            "Other traffic (L3/L4) goes on.",
        ),
        undo="None needed. To stop it halfway (Cancel does not): a Helm upgrade to the "
        "same chart version and values with updateStrategy.type=OnDelete. Never a patch of the "
        "strategy: it takes the field from Helm.",
        checks=NAMES,
        stops_when=(
            "a new agent crashes again and again",
            f"a new agent is not Ready within {format_duration(STUCK_AFTER)}, or twice the time "
            "agents here usually take",
            f"more than {away} agents are away for {format_duration(AWAY_FOR)}",
            "somebody else changes the DaemonSet or its strategy",
            f"it is not through within {format_duration(limit(most, away))}",
        ),
        bounds=Bounds(most_nodes=most, max_unavailable=away),
        pinned=restart.pinned | ({TEMPLATE: seen.newest} if seen.newest else {}),
        # The restart budget is for restarts one by one: a rolling update through the DaemonSet is
        # excepted (facts on safety, section 3) and is bound by maxUnavailable instead.
        agent_restarts=0,
        seconds=seconds,
        notes=(*_why(seen), basis, *seen.notes),
    )


def most_nodes(nodes: int) -> int:
    """The bound of a plan: rounded up, so that it outlives a node that joins meanwhile."""
    return math.ceil(max(1, nodes) / ROUNDED_TO) * ROUNDED_TO


def limit(nodes: int, away: int) -> float:
    """Seconds after which the rollout is given up."""
    return LIMIT + math.ceil(nodes / away) * LIMIT_EACH


def patience(agents: tuple[Pod, ...]) -> float:
    """Seconds in which a new agent must be Ready, by how long these took."""
    took = _took(agents)
    return max(STUCK_AFTER, 2 * median(took)) if took else STUCK_AFTER


def _why(seen: Seen) -> tuple[str, ...]:
    broken, outdated, notes = seen.broken, seen.outdated, []
    if broken:
        notes.append(
            f"{counted(len(broken), 'agent')} broken ({_names(broken)}); these are replaced at "
            "once, and when their cause lasts the rollout stops there."
        )
    if outdated:
        notes.append(
            f"{counted(len(outdated), 'agent')} older than {CONFIG_MAP}: they run what was "
            "configured before."
        )
    if owner := owner_of_agents(seen.daemonset, seen.namespace):
        notes.append(
            f"{owner} {'owns' if owner.certain else 'may own'} the DaemonSet. It does not declare "
            "the annotation and leaves it alone, unless it replaces whole objects."
        )
    if max(len(broken), len(outdated)) < seen.enough:
        notes.append("Nothing that is seen from here asks for it; the reason is the requester's.")
    return tuple(notes)


def _names(nodes: list[str]) -> str:
    return ", ".join(nodes[:NAMES_SHOWN]) + (" …" if len(nodes) > NAMES_SHOWN else "")


NAMES_SHOWN = 8


def _estimate(seen: Seen, away: int) -> tuple[float, str]:
    """Seconds until the checks held twice, and what that rests on."""
    took = _took(seen.agents)
    each = min(_MOST, max(_LEAST, median(took))) if took else _USUAL
    rounds = math.ceil(len(seen.agents) / away)
    basis = (
        f"an agent here takes {format_duration(each)} to be Ready"
        if took
        else "an agent is usually Ready within a minute"
    )
    return rounds * each + _APART, (
        f"Estimate: {counted(rounds, 'round')} of {away}, {basis}; the checks must hold twice, "
        "60 s apart."
    )


def _took(agents: tuple[Pod, ...]) -> list[float]:
    return [took for pod in agents if (took := seconds_to_ready(pod, _MOST)) is not None]
