"""Agent pods as Kubernetes sees them: missing, crash looping, not ready, restarted."""

from __future__ import annotations

from collections.abc import Iterator

from bot.authoring import Confidence, Finding, RemedyOffer, Severity, Subject
from bot.clients.cilium.commands import AGENT_CONTAINER
from bot.clients.cilium.names import AGENT_DAEMONSET
from bot.clients.kubernetes.objects import ContainerStatus, Pod
from bot.model.names import counted
from runbooks.agent.pods import (
    IGNORED_FAILURES,
    because,
    keeps_crashing,
    last_end,
    why_not_ready,
)
from runbooks.agent.status import thresholds
from runbooks.agent.status.evidence import Seen, node_is_gone
from runbooks.agent.status.judging.about import about_node


def judge(seen: Seen) -> Iterator[Finding]:
    """Findings about agent pods."""
    if seen.agents is None:
        return
    if seen.daemonsets is not None and AGENT_DAEMONSET not in seen.daemonsets and not seen.agents:
        yield _no_cilium(seen)
        return
    for node, pod in sorted(seen.in_scope(seen.agents).items()):
        yield from _of_pod(seen, node, pod)
    yield from _missing(seen)


def _no_cilium(seen: Seen) -> Finding:
    return Finding(
        id="cilium-not-found",
        severity=Severity.CRITICAL,
        confidence=Confidence.LIKELY,
        subject=Subject("namespace", seen.namespace),
        cause=f"There is no DaemonSet {AGENT_DAEMONSET} and no agent in this namespace.",
        proof=(
            f"daemonsets in {seen.namespace}: {', '.join(sorted(seen.daemonsets or ())) or '-'}",
        ),
        next_steps=(
            "kubectl get daemonset --all-namespaces -l k8s-app=cilium",
            "Where it is goes into cilium_namespace; in a terminal: --cilium-namespace.",
        ),
    )


def _of_pod(seen: Seen, node: str, pod: Pod) -> Iterator[Finding]:
    if pod.status.phase == "Failed" and pod.status.reason in IGNORED_FAILURES:
        return
    container = pod.container(AGENT_CONTAINER)
    if container and not pod.ready and keeps_crashing(container, seen.read_at):
        yield _crash_loop(seen, node, pod, container)
    elif not pod.ready and not node_is_gone(seen, node):
        yield _not_ready(seen, node, pod, container)
    elif container:
        yield from _restarted(seen, node, container)


def _crash_loop(seen: Seen, node: str, pod: Pod, container: ContainerStatus) -> Finding:
    ended = container.last_state.terminated
    return about_node(
        "agent-crash-loop",
        node,
        f"The agent crashes again and again{because(ended)}.",
        proof=(
            f"pod {pod.name}: {counted(container.restart_count, 'restart')}",
            *last_end(ended, seen.read_at),
        ),
        next_steps=(
            f"kubectl -n {seen.namespace} logs {pod.name} -c {AGENT_CONTAINER} --previous",
        ),
        remedies=(RemedyOffer("restart-agent", {"node": node}),),
    )


def _not_ready(seen: Seen, node: str, pod: Pod, container: ContainerStatus | None) -> Finding:
    return about_node(
        "agent-not-ready",
        node,
        f"The agent is not ready: {why_not_ready(pod, container)}.",
        proof=(
            f"pod {pod.name}: phase {pod.status.phase or 'unknown'}, Ready is not True",
            *last_end(container.last_state.terminated if container else None, seen.read_at),
        ),
        next_steps=(f"kubectl -n {seen.namespace} describe pod {pod.name}",),
        remedies=(RemedyOffer("restart-agent", {"node": node}),),
    )


def _restarted(seen: Seen, node: str, container: ContainerStatus) -> Iterator[Finding]:
    ended = container.last_state.terminated
    if ended is None or ended.finished_at is None:
        return
    if seen.read_at - ended.finished_at >= thresholds.RECENT_RESTART:
        return
    out_of_memory = ended.reason == "OOMKilled"
    yield about_node(
        "agent-oom-killed" if out_of_memory else "agent-restarted",
        node,
        f"The agent was restarted within the last hour{because(ended)}; it runs again.",
        proof=(counted(container.restart_count, "restart"), *last_end(ended, seen.read_at)),
        severity=Severity.WARNING if out_of_memory else Severity.INFO,
    )


def _missing(seen: Seen) -> Iterator[Finding]:
    """Nodes without an agent, where the DaemonSet wants more agents than there are."""
    daemonset = (seen.daemonsets or {}).get(AGENT_DAEMONSET)
    if daemonset is None or seen.nodes is None:
        return
    agents = seen.agents or {}
    if daemonset.status.desired_number_scheduled <= len(agents):
        return
    for name in sorted(seen.nodes.keys() - agents.keys()):
        yield about_node(
            "agent-missing",
            name,
            "The node has no agent pod.",
            proof=(
                f"DaemonSet {AGENT_DAEMONSET} wants {daemonset.status.desired_number_scheduled} "
                f"pods, {len(agents)} exist",
            ),
            next_steps=(f"kubectl -n {seen.namespace} describe daemonset {AGENT_DAEMONSET}",),
            confidence=Confidence.LIKELY,
        )
