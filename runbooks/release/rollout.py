"""How far the agents' DaemonSet has rolled, node by node. The judging is pure.

Source: facts on upgrades, section 8: a status counts once it has seen the generation; what a pod
comes from is told by its revision hash, never by its template generation.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.authoring import natural
from bot.clients.cilium.names import AGENT_DAEMONSET, AGENT_SELECTOR
from bot.clients.kubernetes.objects import DaemonSet, Pod
from bot.model.errors import NotFound
from runbooks.agent.pods import live
from runbooks.agent.restart.checks import words_of
from runbooks.agent.restart.evidence import newest_of

if TYPE_CHECKING:
    from bot.clients.cluster import Cluster

ON_DELETE = "OnDelete"


@dataclass(frozen=True, slots=True)
class Rollout:
    """The DaemonSet, the hash of its newest template, and its pods."""

    daemonset: DaemonSet
    newest: str
    pods: tuple[Pod, ...]

    @property
    def by_hand(self) -> bool:
        """Pods stay on their template until somebody deletes them."""
        return self.daemonset.spec.update_strategy.type == ON_DELETE

    @property
    def waiting(self) -> dict[str, str]:
        """What the pods wait for that are not as they should be, by node."""
        newest = "" if self.by_hand else self.newest
        found = {pod.spec.node_name: words_of(pod, newest) for pod in self.pods}
        return {node: said for node, said in sorted(found.items(), key=_by_node) if said}

    @property
    def older(self) -> int:
        """Pods that do not come from the newest template."""
        return sum(pod.revision != self.newest for pod in self.pods)


@dataclass(frozen=True, slots=True)
class Progress:
    """Whether it is through, and how far it is in words."""

    finished: bool
    words: str


async def look_at_rollout(cluster: Cluster) -> Rollout:
    """As it is now. Raises :class:`ClientError`; :class:`NotFound` without a DaemonSet."""
    namespace, reads = cluster.namespace, cluster.reads
    daemonsets, revisions, pods = await asyncio.gather(
        reads.daemonsets(namespace),
        reads.controller_revisions(namespace, AGENT_SELECTOR),
        reads.pods(namespace, AGENT_SELECTOR),
    )
    daemonset = next((one for one in daemonsets.items if one.name == AGENT_DAEMONSET), None)
    if daemonset is None:
        raise NotFound(f"There is no DaemonSet {AGENT_DAEMONSET} in {namespace}.")
    return Rollout(daemonset, newest_of(revisions.items), live(pods.items))


def progress_of(seen: Rollout) -> Progress:
    """How far it is: through when every node has a Ready agent from the newest template."""
    status, desired = seen.daemonset.status, seen.daemonset.status.desired_number_scheduled
    if status.observed_generation < seen.daemonset.metadata.generation:
        return Progress(False, "the DaemonSet's controller has not seen the change yet")
    waiting = seen.waiting
    done = max(0, min(desired, len(seen.pods)) - len(waiting))
    if done < desired or waiting:
        first = "; ".join(f"{node}: {said}" for node, said in list(waiting.items())[:2])
        more = f"; and {len(waiting) - 2} more" if len(waiting) > 2 else ""
        what = "Ready" if seen.by_hand else "new and Ready"
        told = f"{done} of {desired} agents are {what}"
        return Progress(False, f"{told}; {first}{more}" if first else told)
    if seen.by_hand and seen.older:
        return Progress(
            True,
            f"{desired} of {desired} agents are Ready; {seen.older} keep their old template until "
            "their pods are deleted (OnDelete)",
        )
    return Progress(True, f"{desired} of {desired} agents are new and Ready")


def _by_node(item: tuple[str, str]) -> list[tuple[int, str]]:
    return natural(item[0])
