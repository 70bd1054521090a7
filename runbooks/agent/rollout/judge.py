"""Judging: what speaks against a rolling restart of all agents. Pure.

Every node loses its L7 and DNS proxies for a while, so it is only for what several nodes share, and
begins only where nothing else is on the way: an agent that is away already counts against
``maxUnavailable``, and the rollout would stand still on it.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.authoring import PlanRefused, natural
from bot.clients.cilium.commands import AGENT_CONTAINER
from bot.clients.cilium.names import AGENT_DAEMONSET, CONFIG_MAP
from bot.clients.kubernetes.objects import DaemonSet, Pod
from bot.model.names import counted
from runbooks.agent.pods import node_is_ready, why_not_ready
from runbooks.agent.rollout.evidence import Seen
from runbooks.agent.rollout.strategy import max_surge, max_unavailable
from runbooks.operator.leading import why_nobody_leads
from runbooks.restarted_at import refused_for, who_puts_back

NAMES = 5
"""Names that a refusal lists."""


def refusal(seen: Seen) -> PlanRefused | None:
    """Why there is no plan, the weightiest reason first; ``None`` when nothing speaks against."""
    return next(_reasons(seen), None)


def _reasons(seen: Seen) -> Iterator[PlanRefused]:
    daemonset = seen.daemonset
    if daemonset is None or daemonset.metadata.deletion_timestamp is not None:
        yield PlanRefused(
            f"DaemonSet {AGENT_DAEMONSET} is not there or is being deleted.",
            hint=f"kubectl -n {seen.namespace} get daemonsets",
        )
        return
    yield from _strategy(seen, daemonset)
    yield from _under_way(seen, daemonset)
    if manager := who_puts_back(seen.owners):
        yield refused_for(manager, daemonset)
    if nobody := why_nobody_leads(seen.lease, seen.read_at):
        yield PlanRefused(
            f"{nobody}; new agents may get no addresses.",
            hint="The operator comes first: /cilium status",
        )
    yield from _away(seen, daemonset)
    yield from _shared(seen)


def _strategy(seen: Seen, daemonset: DaemonSet) -> Iterator[PlanRefused]:
    kind = daemonset.spec.update_strategy.type
    if kind == "OnDelete":
        yield PlanRefused(
            f"The update strategy of DaemonSet {AGENT_DAEMONSET} is OnDelete: no agent would be "
            "restarted. Perhaps somebody paused a rollout.",
            hint="One by one: /cilium restart-agent NODE. Or a Helm upgrade to the same chart "
            "version with updateStrategy.type=RollingUpdate, never a patch.",
        )
    elif kind not in ("", "RollingUpdate"):
        yield PlanRefused(
            f"The update strategy of DaemonSet {AGENT_DAEMONSET} is {kind}, which this bot does "
            "not know.",
        )
    elif max_surge(daemonset) > 0 or max_unavailable(daemonset) < 1:
        yield PlanRefused(
            f"DaemonSet {AGENT_DAEMONSET} is set to surge: an old and a new agent would run on one "
            "node at once, and both write its datapath.",
            hint="Helm values: updateStrategy.rollingUpdate.maxUnavailable at least 1, no maxSurge",
        )


def _under_way(seen: Seen, daemonset: DaemonSet) -> Iterator[PlanRefused]:
    status = daemonset.status
    if status.observed_generation < daemonset.metadata.generation:
        yield PlanRefused(
            f"DaemonSet {AGENT_DAEMONSET} was just changed and its controller has not seen it yet.",
            hint="Ask again in a minute; when it lasts, the controller manager is in trouble.",
        )
    elif status.updated_number_scheduled < status.desired_number_scheduled:
        yield PlanRefused(
            f"A rollout is under way: {status.updated_number_scheduled} of "
            f"{status.desired_number_scheduled} agents are new. It restarts the others by itself.",
            hint=f"kubectl -n {seen.namespace} rollout status daemonset {AGENT_DAEMONSET}; when it "
            "stands still: /cilium status",
        )


def _away(seen: Seen, daemonset: DaemonSet) -> Iterator[PlanRefused]:
    broken = seen.broken
    if 0 < len(broken) < seen.enough:
        yield PlanRefused(
            f"{counted(len(broken), 'agent')} broken ({_names(broken)}): too few for a restart of "
            "all.",
            hint=f"/cilium restart-agent {broken[0]}",
        )
        return
    away = [pod for pod in seen.agents if not pod.ready and pod.spec.node_name not in set(broken)]
    if away:
        first = min(away, key=lambda pod: natural(pod.spec.node_name))
        nodes = sorted((pod.spec.node_name for pod in away), key=natural)
        yield PlanRefused(
            f"{counted(len(away), 'agent')} not available ({_names(nodes)}); on "
            f"{first.spec.node_name}: {_why_away(seen, first)}. The rollout would stand still on "
            "that.",
            hint=f"First that: /cilium status {first.spec.node_name}",
        )
    elif daemonset.status.number_unavailable > len(broken):
        number = daemonset.status.number_unavailable
        yield PlanRefused(
            f"DaemonSet {AGENT_DAEMONSET} counts {counted(number, 'unavailable agent')} although "
            "the pods look otherwise: some node has none, or it just changed.",
            hint="/cilium status",
        )


def _shared(seen: Seen) -> Iterator[PlanRefused]:
    """What cannot be seen from here may be shared, too: then the requester must say it."""
    outdated = seen.outdated
    if max(len(seen.broken), len(outdated)) >= seen.enough or seen.reason:
        return
    if outdated:
        yield PlanRefused(
            f"Only {counted(len(outdated), 'agent')} older than {CONFIG_MAP} "
            f"({_names(outdated)}): too few for a restart of all.",
            hint=f"/cilium restart-agent {outdated[0]}",
        )
    else:
        yield PlanRefused(
            "Nothing that is seen from here asks for a restart of all agents.",
            hint='Say what does: /cilium rollout-restart --reason "…"',
        )


def _why_away(seen: Seen, pod: Pod) -> str:
    if not node_is_ready(seen.nodes.get(pod.spec.node_name)):
        return "the node is not ready"
    return why_not_ready(pod, pod.container(AGENT_CONTAINER))


def _names(nodes: list[str]) -> str:
    return ", ".join(nodes[:NAMES]) + (" …" if len(nodes) > NAMES else "")
