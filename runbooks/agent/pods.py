"""What an agent's pod says of it, as all runbooks and remedies of agents read it."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.clients.cilium.commands import AGENT_CONTAINER
from bot.clients.kubernetes.objects import ContainerStatus, Node, Pod, Terminated
from bot.model.names import format_duration
from runbooks.agent.status import thresholds

IGNORED_FAILURES = (
    "Evicted",
    "NodeAffinity",
    "NodeLost",
    "Shutdown",
    "Preempting",
    "TaintToleration",
    "UnexpectedAdmissionError",
)
"""Failed pods that a DaemonSet has replaced already (cilium-cli ignores the same)."""

NOT_READY = timedelta(seconds=90)
"""An agent that is not Ready for so long does not just start: the chart's readiness probe fails
three times, 30 s apart."""


def live(pods: tuple[Pod, ...]) -> tuple[Pod, ...]:
    """``pods`` without those that failed and were replaced already."""
    return tuple(
        pod
        for pod in pods
        if not (pod.status.phase == "Failed" and pod.status.reason in IGNORED_FAILURES)
    )


def is_broken(pod: Pod, node: Node | None, now: datetime) -> bool:
    """Whether the agent certainly does not work: it crash loops, or is not Ready for too long.

    A machine that is not ready explains its own agent.
    """
    if pod.ready or pod.deleting or not node_is_ready(node):
        return False
    container = pod.container(AGENT_CONTAINER)
    if container and keeps_crashing(container, now):
        return True
    ready = pod.condition("Ready")
    since = ready.last_transition_time if ready else None
    return since is not None and now - since >= NOT_READY


def node_is_ready(node: Node | None) -> bool:
    """Whether Kubernetes holds it for ready."""
    condition = node.condition("Ready") if node else None
    return condition is not None and condition.status == "True"


def seconds_to_ready(pod: Pod, most: float) -> float | None:
    """From its creation to Ready, where it never restarted or became unready since."""
    ready, created = pod.condition("Ready"), pod.metadata.creation_timestamp
    container = pod.container(AGENT_CONTAINER)
    if not (pod.ready and ready and ready.last_transition_time and created and container):
        return None
    took = (ready.last_transition_time - created).total_seconds()
    return took if container.restart_count == 0 and 0 < took <= most else None


def keeps_crashing(container: ContainerStatus, now: datetime) -> bool:
    """Backing off, or in one of the short lives between two crashes."""
    if container.state.waiting and container.state.waiting.reason == "CrashLoopBackOff":
        return True
    ended = container.last_state.terminated
    lately = ended and ended.finished_at and now - ended.finished_at < thresholds.CRASHES_WITHIN
    return bool(lately) and container.restart_count >= thresholds.CRASHES


def why_not_ready(pod: Pod, container: ContainerStatus | None) -> str:
    """What a pod that is not ready waits for, in words."""
    if pod.deleting:
        return "its pod is being deleted"
    for init in pod.status.init_container_statuses or ():
        if init.state.waiting and not init.ready:
            return f"init container {init.name} waits ({init.state.waiting.reason})"
        if init.state.running and not init.ready:
            return f"init container {init.name} still runs"
    if container and container.state.waiting and container.state.waiting.reason:
        return f"its container waits ({container.state.waiting.reason})"
    if container and container.state.terminated:
        return f"its container ended{because(container.state.terminated)}"
    if container and container.state.running:
        return "its container runs and the readiness probe fails"
    return pod.status.reason or pod.status.message or "the kubelet has not reported it yet"


def because(ended: Terminated | None) -> str:
    """`` (Error, exit code 1)``: how a container ended, as an aside."""
    if ended is None:
        return ""
    if ended.reason == "OOMKilled":
        return " (out of memory)"
    return f" ({ended.reason or 'ended'}, exit code {ended.exit_code})"


def last_end(ended: Terminated | None, now: datetime) -> tuple[str, ...]:
    """How a container last ended, as lines of proof."""
    if ended is None:
        return ()
    ago = ""
    if ended.finished_at is not None:
        ago = f", {format_duration((now - ended.finished_at).total_seconds())} ago"
    lines = [f"last end: {ended.reason or 'unknown'}, exit code {ended.exit_code}{ago}"]
    if ended.message:
        lines.append(" ".join(ended.message.split())[-300:])
    return tuple(lines)


def is_running(pod: Pod) -> bool:
    """Whether the agent's container runs, so that it can be asked at all."""
    container = pod.container(AGENT_CONTAINER)
    return bool(container and container.state.running) and not pod.deleting
