"""Gathering: the objects that gates are about, the agent's own view, and that of some others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from bot.authoring import Looking
from bot.clients.cilium.commands import AGENT_CONTAINER
from bot.clients.cilium.endpoints import READY
from bot.clients.cilium.health import PeerHealth
from bot.clients.cilium.names import AGENT_DAEMONSET, AGENT_SELECTOR, OPERATOR_LEASE
from bot.clients.kubernetes.objects import Lease, Pod
from bot.clients.kubernetes.pod_ref import PodRef
from bot.engine.concurrent import ask_all
from bot.model.errors import NotFound, TimedOut
from bot.model.names import natural
from runbooks.agent.pods import is_running, live
from runbooks.agent.restart.evidence import After, Inside, Peering, Seen, newest_of

if TYPE_CHECKING:
    from bot.clients.cluster import Cluster

OBJECTS_WITHIN = 15.0
"""Seconds, of the thirty that a plan may take."""
ASKING_WITHIN = 8.0
"""Seconds for an agent to answer its own tool."""
OBSERVERS = 2
"""Other agents that are asked whether they reach the node."""


async def gather(look: Looking, node: str) -> Seen:
    """What the plan rests on. Raises :class:`ClientError` when a gate cannot be seen."""
    cluster, namespace = look.cluster, look.cluster.namespace
    reads = cluster.reads
    questions: dict[str, Callable[[], Awaitable[Any]]] = {
        "nodes": reads.nodes,
        "agents": lambda: reads.pods(namespace, AGENT_SELECTOR),
        "daemonsets": lambda: reads.daemonsets(namespace),
        "revisions": lambda: reads.controller_revisions(namespace, AGENT_SELECTOR),
        "lease": lambda: _lease(cluster),
        "on_node": lambda: reads.pods_on(node),
    }
    answers = await ask_all(questions, lambda name: questions[name](), within=OBJECTS_WITHIN)
    whom = answers.errors.pop("on_node", None)
    for error in answers.errors.values():
        raise error
    if silent := answers.silent - {"on_node"}:
        raise TimedOut(
            f"The API server did not answer in time ({', '.join(sorted(silent))}).",
            hint="A change is planned only by what is seen.",
        )
    found = answers.values
    daemonsets = {daemonset.name: daemonset for daemonset in found["daemonsets"].items}
    seen = Seen(
        read_at=look.now(),
        cluster=cluster.name,
        namespace=namespace,
        node=node,
        nodes={one.name: one for one in found["nodes"].items},
        agents=live(found["agents"].items),
        daemonset=daemonsets.get(AGENT_DAEMONSET),
        revisions=found["revisions"].items,
        lease=found["lease"],
        on_node=found["on_node"].items if "on_node" in found else None,
    )
    if seen.on_node is None:
        why = whom.message if whom else "the API server did not answer in time."
        seen.notes.append(f"Which pods are on {node} could not be read: {why}")
    if len(seen.here) == 1:
        seen.inside = await look_inside(cluster, seen.here[0])
    return seen


async def look_after(look: Looking, node: str) -> After:
    """How the node's agent is now. Raises :class:`ClientError` when Kubernetes does not say."""
    cluster = look.cluster
    agents = live((await cluster.reads.pods(cluster.namespace, AGENT_SELECTOR)).items)
    here = tuple(pod for pod in agents if pod.spec.node_name == node)
    others = tuple(pod for pod in agents if pod.spec.node_name != node)
    template = await newest(cluster)
    inside, peering = await asyncio.gather(
        look_inside(cluster, here[0] if len(here) == 1 else None),
        look_around(cluster, node, others),
    )
    return After(here, template, inside, peering)


async def agents_on(cluster: Cluster, node: str) -> tuple[Pod, ...]:
    """The agents on one node, failed leftovers aside."""
    found = await cluster.reads.pods(cluster.namespace, AGENT_SELECTOR, node=node)
    return live(found.items)


async def newest(cluster: Cluster) -> str:
    """The hash of the template a new agent comes from."""
    found = await cluster.reads.controller_revisions(cluster.namespace, AGENT_SELECTOR)
    return newest_of(found.items)


async def look_inside(cluster: Cluster, pod: Pod | None) -> Inside:
    """The agent's own view: what it does not answer is ``None``, with the reason."""
    if pod is None or not is_running(pod):
        return Inside(trouble="the agent does not run")
    ref, image = PodRef.of(pod), pod.image(AGENT_CONTAINER)
    agents, patience = cluster.agents, ASKING_WITHIN
    questions: dict[str, Callable[[], Awaitable[Any]]] = {
        "status": lambda: agents.status(ref, image, timeout=patience),
        "health": lambda: agents.health(ref, image, timeout=patience),
        "endpoints": lambda: agents.endpoints(ref, image, timeout=patience),
    }
    answers = await ask_all(questions, lambda name: questions[name](), within=patience)
    status, health = answers.values.get("status"), answers.values.get("health")
    endpoints = answers.values.get("endpoints")
    part = status.part("cilium") if status else None
    troubles = [error.message for error in answers.errors.values()]
    if answers.silent:
        troubles.append(f"no answer within {patience:.0f} s ({', '.join(sorted(answers.silent))})")
    return Inside(
        state=part.state if part else None,
        message=part.message if part else "",
        unreachable=_unreachable(health) if health else None,
        endpoints=None if endpoints is None else len(endpoints),
        endpoints_ready=None if endpoints is None else sum(e.state == READY for e in endpoints),
        trouble="; ".join(dict.fromkeys(troubles)),
    )


async def look_around(cluster: Cluster, node: str, others: tuple[Pod, ...]) -> Peering:
    """Whether some other agents that are Ready reach ``node``; who does not answer is left out."""
    ready = sorted((pod for pod in others if pod.ready), key=lambda p: natural(p.spec.node_name))
    chosen = {pod.spec.node_name: pod for pod in ready[:OBSERVERS]}

    async def ask(observer: str) -> PeerHealth:
        pod = chosen[observer]
        image = pod.image(AGENT_CONTAINER)
        return await cluster.agents.health(PodRef.of(pod), image, timeout=ASKING_WITHIN)

    answers = await ask_all(chosen, ask, within=ASKING_WITHIN)
    unreachable = {observer: _unreachable(seen) for observer, seen in answers.values.items()}
    return Peering(
        asked=tuple(unreachable),
        missing=tuple(observer for observer, lost in unreachable.items() if node in lost),
        lost=tuple(sorted({peer for lost in unreachable.values() for peer in lost} - {node})),
    )


def _unreachable(health: PeerHealth) -> tuple[str, ...]:
    return tuple(peer.node for peer in health.unreachable)


async def _lease(cluster: Cluster) -> Lease | None:
    try:
        return await cluster.reads.lease(cluster.namespace, OPERATOR_LEASE)
    except NotFound:
        return None
