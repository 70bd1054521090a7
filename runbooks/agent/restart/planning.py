"""The plan of a restart, from what was seen. Pure."""

from __future__ import annotations

from statistics import median

from bot.authoring import BlastRadius, Bounds, Call, ObjectRef, Plan, Risk
from bot.clients.cilium.commands import AGENT_CONTAINER
from bot.clients.cilium.versions import version_of
from bot.clients.kubernetes.objects import Pod
from bot.model.names import counted, format_duration
from runbooks.agent.pods import seconds_to_ready, why_not_ready
from runbooks.agent.restart.checks import names_of
from runbooks.agent.restart.evidence import Inside, Seen
from runbooks.agent.restart.judge import is_broken

NAME = "restart-agent"
READY_WITHIN = 600.0
"""Seconds for the new agent to become Ready."""
TEMPLATE = "template"
"""What the plan pins: the hash of the template the new agent comes from."""
_USUAL = 60.0
_LEAST, _MOST = 10.0, 300.0
_APART = 60.0


def plan_of(seen: Seen) -> Plan:
    """What is done when nothing speaks against it."""
    (pod,) = seen.here
    node = seen.node
    seconds, basis = _estimate(seen)
    return Plan(
        cluster=seen.cluster,
        remedy=NAME,
        parameters={"node": node},
        title=f"Restart the Cilium agent on {node}",
        risk=Risk.GUARDED,
        target=f"node/{node}",
        calls=(Call(verb="delete", object=_ref(pod), changes=_template_change(seen, pod)),),
        blast_radius=_blast_radius(seen),
        meanwhile=(
            f"Connections through the L7 and DNS proxies of {node} are reset; DNS lookups of pods "
            "with a DNS policy fail until the agent is back.",
            f"No pod starts or stops cleanly on {node} for 30 to 120 s.",
            f"Policy changes reach {node} only afterwards.",
            "Other traffic (L3/L4) goes on.",
        ),
        undo="None needed: the DaemonSet makes a new agent.",
        checks=names_of(node),
        stops_when=(
            f"pod {pod.name} is another one by then, or is gone",
            f"no new agent is Ready within {format_duration(READY_WITHIN)}",
        ),
        bounds=Bounds(most_nodes=1, max_unavailable=1),
        pinned={TEMPLATE: seen.newest} if seen.newest else {},
        agent_restarts=1,
        seconds=seconds,
        notes=(*_present(seen, pod), basis, *seen.notes),
        broken=is_broken(pod, seen),
    )


def _ref(pod: Pod) -> ObjectRef:
    meta = pod.metadata
    return ObjectRef(kind="Pod", name=meta.name, namespace=meta.namespace, uid=meta.uid)


def _template_change(seen: Seen, pod: Pod) -> tuple[str, ...]:
    """A new agent comes from the newest template: a restart can be an update of this node."""
    if not seen.newest or pod.revision == seen.newest or seen.daemonset is None:
        return ()
    old, new = pod.image(AGENT_CONTAINER), seen.daemonset.image(AGENT_CONTAINER)
    images = (f"- image {old}", f"+ image {new}") if old != new else ()
    return (f"- template {pod.revision}", f"+ template {seen.newest}", *images)


def _blast_radius(seen: Seen) -> BlastRadius:
    pods = [pod for pod in seen.on_node or () if _is_served(pod)]
    namespaces = tuple(sorted({pod.metadata.namespace for pod in pods}))
    return BlastRadius(nodes=(seen.node,), pods=len(pods), namespaces=namespaces)


def _is_served(pod: Pod) -> bool:
    """Whether its traffic passes the agent's datapath: pods on the host's network bypass it."""
    return not pod.spec.host_network and pod.status.phase not in ("Succeeded", "Failed")


def _present(seen: Seen, pod: Pod) -> tuple[str, ...]:
    notes = [_how_it_is(seen, pod, seen.inside)]
    if seen.newest and pod.revision != seen.newest and seen.daemonset is not None:
        old = version_of(pod.image(AGENT_CONTAINER)) or "an unknown version"
        new = version_of(seen.daemonset.image(AGENT_CONTAINER)) or "an unknown version"
        told = f"{old} becomes {new}" if old != new else f"still {new}"
        notes.append(f"The new agent comes from a newer template than this one: {told}.")
    away = [other.spec.node_name for other in seen.others if not other.ready]
    if away:
        notes.append(f"{counted(len(away), 'other agent')} not available, too: {', '.join(away)}.")
    return tuple(notes)


def _how_it_is(seen: Seen, pod: Pod, inside: Inside) -> str:
    container = pod.container(AGENT_CONTAINER)
    if not pod.ready:
        told = f"The agent is not ready: {why_not_ready(pod, container)}"
    elif inside.state is None:
        told = f"The agent is Ready and did not answer ({inside.trouble or 'no reason given'})"
    else:
        told = f"The agent is Ready and says {inside.state}"
    parts = [told]
    if inside.endpoints is not None:
        parts.append(f"{inside.endpoints_ready} of {inside.endpoints} endpoints are ready")
    if inside.unreachable:
        parts.append(f"it does not reach {', '.join(inside.unreachable)}")
    if container:
        parts.append(counted(container.restart_count, "restart"))
    if pod.metadata.creation_timestamp:
        age = (seen.read_at - pod.metadata.creation_timestamp).total_seconds()
        parts.append(f"the pod is {format_duration(max(0.0, age))} old")
    return "; ".join(parts) + "."


def _estimate(seen: Seen) -> tuple[float, str]:
    """Seconds until the checks held twice, and what that rests on."""
    took = [
        seconds
        for pod in seen.agents
        if (seconds := seconds_to_ready(pod, READY_WITHIN)) is not None
    ]
    start = min(_MOST, max(_LEAST, median(took))) if took else _USUAL
    basis = (
        f"from creation to Ready the {len(took)} agents here took {format_duration(median(took))} "
        "(median)"
        if took
        else "an agent is usually Ready within a minute"
    )
    return start + _APART, f"Estimate: {basis}; the checks must hold twice, 60 s apart."
