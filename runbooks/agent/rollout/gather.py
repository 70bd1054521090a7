"""Gathering: the objects that the gates are about, the rollout as it goes, a sample of agents."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from bot.authoring import Looking, natural
from bot.clients.cilium.names import AGENT_DAEMONSET, AGENT_SELECTOR, CONFIG_MAP, OPERATOR_LEASE
from bot.clients.kubernetes.field_owners import FieldOwner
from bot.clients.kubernetes.objects import Lease, Pod
from bot.clients.kubernetes.reads import daemonset_path
from bot.engine.concurrent import ask_all
from bot.model.errors import NotFound, TimedOut
from runbooks.agent.pods import live
from runbooks.agent.restart.evidence import Inside, newest_of
from runbooks.agent.restart.gather import look_inside
from runbooks.agent.rollout.evidence import After, Rolling, Seen
from runbooks.agent.status.thresholds import SAMPLE
from runbooks.restarted_at import FIELD

if TYPE_CHECKING:
    from bot.clients.cluster import Cluster

OBJECTS_WITHIN = 20.0
"""Seconds, of the thirty that a plan may take."""


async def gather(look: Looking) -> Seen:
    """What the plan rests on. Raises :class:`ClientError` when a gate cannot be seen."""
    cluster, namespace = look.cluster, look.cluster.namespace
    reads = cluster.reads
    questions: dict[str, Callable[[], Awaitable[Any]]] = {
        "nodes": reads.nodes,
        "agents": lambda: reads.pods(namespace, AGENT_SELECTOR),
        "daemonsets": lambda: reads.daemonsets(namespace),
        "revisions": lambda: reads.controller_revisions(namespace, AGENT_SELECTOR),
        "lease": lambda: _lease(cluster),
        "owners": lambda: _owners(cluster),
        "config": lambda: reads.config_map(namespace, CONFIG_MAP),
    }
    answers = await ask_all(questions, lambda name: questions[name](), within=OBJECTS_WITHIN)
    unread = answers.errors.pop("config", None)
    for error in answers.errors.values():
        raise error
    if silent := answers.silent - {"config"}:
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
        nodes={one.name: one for one in found["nodes"].items},
        agents=live(found["agents"].items),
        daemonset=daemonsets.get(AGENT_DAEMONSET),
        revisions=found["revisions"].items,
        lease=found["lease"],
        owners=found["owners"],
        config=found.get("config"),
        reason=look.change.request.reason,
    )
    if seen.config is None:
        why = unread.message if unread else "the API server did not answer in time."
        seen.notes.append(f"Whether agents run an older {CONFIG_MAP} could not be read: {why}")
    return seen


async def look_at(look: Looking) -> Rolling:
    """The rollout as it is now. Raises :class:`ClientError`."""
    cluster, namespace = look.cluster, look.cluster.namespace
    # The pods last: what the DaemonSet counts must not be newer than they are.
    daemonset = await cluster.reads.daemonset(namespace, AGENT_DAEMONSET)
    revisions, agents, nodes = await asyncio.gather(
        cluster.reads.controller_revisions(namespace, AGENT_SELECTOR),
        cluster.reads.pods(namespace, AGENT_SELECTOR),
        cluster.reads.nodes(),
    )
    return Rolling(
        read_at=look.now(),
        daemonset=daemonset,
        newest=newest_of(revisions.items),
        agents=live(agents.items),
        nodes={node.name: node for node in nodes.items},
    )


async def look_after(look: Looking) -> After:
    """How the agents are, some of them asked. Raises :class:`ClientError`."""
    seen = await look_at(look)
    asked = sample(seen.agents)
    views = await asyncio.gather(*(look_inside(look.cluster, pod) for pod in asked))
    inside: dict[str, Inside] = {
        pod.spec.node_name: view for pod, view in zip(asked, views, strict=True)
    }
    return After(seen.daemonset, seen.newest, seen.agents, inside)


def sample(agents: tuple[Pod, ...], most: int = SAMPLE) -> tuple[Pod, ...]:
    """At most so many agents, evenly from all nodes: the same ones each time, so that two looks
    can be compared."""
    ordered = sorted(agents, key=lambda pod: natural(pod.spec.node_name))
    if len(ordered) <= most:
        return tuple(ordered)
    return tuple(ordered[place * len(ordered) // most] for place in range(most))


async def _owners(cluster: Cluster) -> tuple[FieldOwner, ...]:
    path = daemonset_path(cluster.namespace, AGENT_DAEMONSET)
    try:
        return await cluster.reads.field_owners(path, FIELD)
    except NotFound:
        return ()  # that there is none is judged


async def _lease(cluster: Cluster) -> Lease | None:
    try:
        return await cluster.reads.lease(cluster.namespace, OPERATOR_LEASE)
    except NotFound:
        return None
