"""What an operator's pod says of it."""

from __future__ import annotations

from datetime import datetime

from bot.clients.cilium.names import OPERATOR_CONTAINER
from bot.clients.kubernetes.objects import Pod
from runbooks.agent.pods import keeps_crashing, why_not_ready


def crashes(pod: Pod, now: datetime) -> bool:
    """Whether it crashes by itself again and again: the kubelet restarts it already."""
    container = pod.container(OPERATOR_CONTAINER)
    return container is not None and not pod.ready and keeps_crashing(container, now)


def hangs(pod: Pod, now: datetime) -> bool:
    """Whether its program runs and yet does not do its work: what a restart may cure."""
    container = pod.container(OPERATOR_CONTAINER)
    runs = bool(container and container.state.running)
    return runs and not pod.deleting and not crashes(pod, now)


def why_operator_waits(pod: Pod) -> str:
    """What a pod that is not ready waits for, in words."""
    scheduled = pod.condition("PodScheduled")
    if scheduled and scheduled.status == "False":
        return f"it is not scheduled ({scheduled.message or scheduled.reason})"
    return why_not_ready(pod, pod.container(OPERATOR_CONTAINER))
