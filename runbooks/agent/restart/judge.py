"""Judging: what speaks against a restart, and whether the agent is broken already. Pure.

Restarting an agent takes proxies, DNS policies and pod starts of its node away for a while. So it
is refused while another agent is away too, unless the target has nothing left to lose; and while
several are broken alike, because then it is not the agent.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.authoring import PlanRefused, natural
from bot.clients.cilium.commands import AGENT_CONTAINER
from bot.clients.cilium.names import AGENT_DAEMONSET
from bot.clients.kubernetes.objects import Pod
from bot.model.names import counted
from bot.model.nearest import did_you_mean
from runbooks.agent import pods
from runbooks.agent.pods import why_not_ready
from runbooks.agent.restart.evidence import Seen
from runbooks.operator.leading import why_nobody_leads

CONFIG_WIDE = 3
"""So many broken agents, the target among them, have one cause that no restart cures."""
NAMES = 5
"""Names that a refusal lists."""


def refusal(seen: Seen) -> PlanRefused | None:
    """Why there is no plan, the weightiest reason first; ``None`` when nothing speaks against."""
    return next(_reasons(seen), None)


def is_broken(pod: Pod, seen: Seen) -> bool:
    """Whether the agent certainly does not work: it crash loops, or is not Ready for too long."""
    return pods.is_broken(pod, seen.nodes.get(pod.spec.node_name), seen.read_at)


def _reasons(seen: Seen) -> Iterator[PlanRefused]:
    yield from _node(seen)
    yield from _pod(seen)
    if len(seen.here) != 1:
        return
    yield from _daemonset(seen)
    yield from _operator(seen)
    if is_broken(seen.here[0], seen):
        yield from _config_wide(seen)
    else:
        yield from _others(seen)
        yield from _rollout(seen)


def _node(seen: Seen) -> Iterator[PlanRefused]:
    if seen.node not in seen.nodes:
        yield PlanRefused(
            f"There is no node {seen.node} in {seen.cluster}.",
            hint=did_you_mean(seen.node, seen.nodes) or "kubectl get nodes",
        )
    elif not _node_is_ready(seen, seen.node):
        yield PlanRefused(
            f"Kubernetes holds {seen.node} for not ready: its kubelet would not start a new agent.",
            hint=f"The node comes first: kubectl describe node {seen.node}",
        )


def _pod(seen: Seen) -> Iterator[PlanRefused]:
    here = seen.here
    describe = f"kubectl -n {seen.namespace} describe daemonset {AGENT_DAEMONSET}"
    if not here:
        yield PlanRefused(f"There is no agent on {seen.node} to restart.", hint=describe)
    elif any(pod.deleting for pod in here):
        yield PlanRefused(
            f"The agent on {seen.node} is being replaced already ({_names(here)}).",
            hint=f"See how it comes up: /cilium status {seen.node}",
        )
    elif len(here) > 1:
        yield PlanRefused(
            f"There are {len(here)} agents on {seen.node} ({_names(here)}); there should be one.",
            hint=describe,
        )
    else:
        owner = here[0].metadata.controller
        if owner is None or (owner.kind, owner.name) != ("DaemonSet", AGENT_DAEMONSET):
            yield PlanRefused(
                f"Pod {here[0].name} is not the DaemonSet's: nothing would make a new one.",
                hint=f"kubectl -n {seen.namespace} get pod {here[0].name} -o yaml",
            )


def _daemonset(seen: Seen) -> Iterator[PlanRefused]:
    daemonset = seen.daemonset
    if daemonset is None or daemonset.metadata.deletion_timestamp is not None:
        yield PlanRefused(
            f"DaemonSet {AGENT_DAEMONSET} is not there or is being deleted: nothing would make a "
            "new agent.",
            hint=f"kubectl -n {seen.namespace} get daemonsets",
        )
    elif daemonset.status.observed_generation < daemonset.metadata.generation:
        yield PlanRefused(
            f"DaemonSet {AGENT_DAEMONSET} was just changed and its controller has not seen it yet.",
            hint="Ask again in a minute; when it lasts, the controller manager is in trouble.",
        )


def _operator(seen: Seen) -> Iterator[PlanRefused]:
    if nobody := why_nobody_leads(seen.lease, seen.read_at):
        yield PlanRefused(
            f"{nobody}; a new agent may get no addresses.",
            hint="The operator comes first: /cilium status",
        )


def _config_wide(seen: Seen) -> Iterator[PlanRefused]:
    broken = [pod for pod in seen.agents if is_broken(pod, seen)]
    if len(broken) >= CONFIG_WIDE:
        yield PlanRefused(
            f"{len(broken)} agents are broken at once ({_nodes(broken)}): that is their "
            "configuration, version or API server, and no restart one by one cures it.",
            hint="What changed? /cilium status",
        )


def _others(seen: Seen) -> Iterator[PlanRefused]:
    away = [pod for pod in seen.others if not pod.ready]
    if away:
        first = min(away, key=lambda pod: natural(pod.spec.node_name))
        yield PlanRefused(
            f"{counted(len(away), 'other agent')} not available ({_nodes(away)}); on "
            f"{first.spec.node_name}: {_why_away(seen, first)}. One at a time.",
            hint=f"First that: /cilium status {first.spec.node_name}",
        )
    elif seen.daemonset and seen.daemonset.status.number_unavailable > (not seen.here[0].ready):
        number = seen.daemonset.status.number_unavailable
        yield PlanRefused(
            f"DaemonSet {AGENT_DAEMONSET} counts {counted(number, 'unavailable agent')} although "
            "the pods look well: some node has none, or it just changed.",
            hint="/cilium status",
        )


def _rollout(seen: Seen) -> Iterator[PlanRefused]:
    daemonset = seen.daemonset
    if daemonset is None or daemonset.spec.update_strategy.type == "OnDelete":
        return
    updated = daemonset.status.updated_number_scheduled
    desired = daemonset.status.desired_number_scheduled
    if updated < desired:
        yield PlanRefused(
            f"The agents are being updated ({updated} of {desired}); their rollout restarts this "
            "one, too.",
            hint=f"kubectl -n {seen.namespace} rollout status daemonset {AGENT_DAEMONSET}",
        )


def _why_away(seen: Seen, pod: Pod) -> str:
    if not _node_is_ready(seen, pod.spec.node_name):
        return "the node is not ready"
    return why_not_ready(pod, pod.container(AGENT_CONTAINER))


def _node_is_ready(seen: Seen, name: str) -> bool:
    return pods.node_is_ready(seen.nodes.get(name))


def _nodes(agents: list[Pod]) -> str:
    names = sorted((pod.spec.node_name for pod in agents), key=natural)
    return ", ".join(names[:NAMES]) + (" …" if len(names) > NAMES else "")


def _names(agents: tuple[Pod, ...]) -> str:
    return ", ".join(pod.name for pod in agents)
