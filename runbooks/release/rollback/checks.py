"""What must hold after a way back: gathered, then judged by pure functions.

Source: facts on upgrades, section 6.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from bot.authoring import Check, Looking, natural
from bot.clients.helm.release import Revision, current, latest
from bot.clients.kubernetes.objects import DaemonSet, Deployment, Metadata, Pod
from bot.engine.concurrent import ask_all
from runbooks.agent.restart.evidence import Inside
from runbooks.agent.restart.gather import look_inside
from runbooks.release.record import RELEASE_NAME
from runbooks.release.rollback.helm_step import WayBack, digest_of
from runbooks.release.rollout import Rollout, look_at_rollout, progress_of

ASKED = 100
"""Agents that are asked how they are; in larger clusters the first of them by name."""
ASKING_WITHIN = 12.0
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class After:
    """How it is now. ``others`` are the release's workloads beside the agents; ``insides`` what
    agents say of themselves, by node."""

    history: tuple[Revision, ...]
    rollout: Rollout
    others: tuple[DaemonSet | Deployment, ...]
    insides: dict[str, Inside]


def names_of(target: int) -> tuple[str, ...]:
    """The checks of a plan, in the order of :func:`checks`."""
    return (
        f"what is deployed is what revision {target} was",
        "every node has a Ready agent from the newest template",
        "the release's other workloads are available",
        "no agent says that something is wrong",
        "the agents reach their peers",
    )


def checks(way: WayBack, now: After) -> tuple[Check, ...]:
    """Whether each holds."""
    progress = progress_of(now.rollout)
    judged = (
        _deployed(way, now.history),
        (progress.finished, progress.words),
        _available(now.others),
        _well(now.insides),
        _reaching(now.insides),
    )
    return tuple(
        Check(name=name, held=held, said=said)
        for name, (held, said) in zip(names_of(way.target), judged, strict=True)
    )


async def look_after(look: Looking, way: WayBack) -> After:
    """Raises :class:`ClientError` when Kubernetes does not say."""
    cluster = look.cluster
    history, rollout, daemonsets, deployments = await asyncio.gather(
        cluster.releases.history(way.release),
        look_at_rollout(cluster),
        cluster.reads.daemonsets(cluster.namespace),
        cluster.reads.deployments(cluster.namespace),
    )
    workloads: tuple[DaemonSet | Deployment, ...] = (*daemonsets.items, *deployments.items)
    others = [
        one
        for one in workloads
        if _belongs(one.metadata, way) and one.metadata.name != rollout.daemonset.name
    ]
    asked = {
        pod.spec.node_name: pod
        for pod in sorted(rollout.pods, key=lambda pod: natural(pod.spec.node_name))[:ASKED]
    }
    answers = await ask_all(
        asked, lambda node: look_inside(cluster, asked[node]), within=ASKING_WITHIN
    )
    silent = {node: Inside(trouble="no answer in time") for node in answers.silent}
    return After(history, rollout, tuple(others), {**answers.values, **silent})


def available(one: DaemonSet | Deployment) -> bool:
    """Whether a workload is there as it is asked for, by its newest template."""
    status = one.status
    if status.observed_generation < one.metadata.generation:
        return False
    if isinstance(one, Deployment):
        return one.status.available_replicas >= one.desired
    wanted = one.status.desired_number_scheduled
    rolled = (
        one.status.updated_number_scheduled >= wanted or one.spec.update_strategy.type == "OnDelete"
    )
    return rolled and one.status.number_ready >= wanted


_Judged = tuple[bool | None, str]


def _deployed(way: WayBack, history: Sequence[Revision]) -> _Judged:
    now, newest = current(tuple(history)), latest(tuple(history))
    if now is None or newest is None:
        return False, "the release has no revisions"
    same = digest_of(now.manifest) == way.manifest
    told = f"revision {now.number}: {now.chart} {now.chart_version}, {now.state}"
    if newest.number != now.number:
        return False, f"{told}; revision {newest.number} is {newest.state}"
    return same, told


def _available(others: Sequence[DaemonSet | Deployment]) -> _Judged:
    away = [one.metadata.name for one in others if not available(one)]
    if away:
        return False, f"not yet: {', '.join(away)}"
    return True, ", ".join(one.metadata.name for one in others) or "there are none"


def _well(insides: dict[str, Inside]) -> _Judged:
    ill = {node: one for node, one in insides.items() if one.state not in (None, "Ok")}
    if ill:
        return False, _listed({node: f"{one.state}: {one.message}" for node, one in ill.items()})
    silent = {node: one.trouble for node, one in insides.items() if one.state is None}
    if silent:
        return None, _listed(silent)
    return True, f"{len(insides)} asked"


def _reaching(insides: dict[str, Inside]) -> _Judged:
    lost = {
        node: f"does not reach {', '.join(one.unreachable[:_SHOWN])}"
        for node, one in insides.items()
        if one.unreachable
    }
    if lost:
        return False, _listed(lost)
    silent = {node: one.trouble for node, one in insides.items() if one.unreachable is None}
    if silent:
        return None, _listed(silent)
    return True, f"{len(insides)} asked"


def _listed(told: dict[str, str]) -> str:
    shown = "; ".join(f"{node}: {said}" for node, said in list(told.items())[:_SHOWN])
    more = len(told) - _SHOWN
    return f"{shown}; and {more} more" if more > 0 else shown


def _belongs(metadata: Metadata, way: WayBack) -> bool:
    return (metadata.annotations or {}).get(RELEASE_NAME) == way.release.name


def created_since(pods: Sequence[Pod], change: Revision) -> tuple[str, ...]:
    """The nodes whose agents are younger than a change of the release: it has reached them."""
    if change.updated is None:
        return ()
    nodes = (
        pod.spec.node_name
        for pod in pods
        if pod.metadata.creation_timestamp and pod.metadata.creation_timestamp >= change.updated
    )
    return tuple(sorted(nodes, key=natural))
