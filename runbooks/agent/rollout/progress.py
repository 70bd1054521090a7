"""How far a rollout is, and whether it must be given up. Pure.

Source of what is compared: ``kubectl rollout status`` (observedGeneration first, then counts), and
what was seen on Kubernetes 1.36: a DaemonSet stops by itself once ``maxUnavailable`` agents are
away, and says nothing of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.authoring import natural
from bot.clients.cilium.commands import AGENT_CONTAINER
from bot.clients.kubernetes.objects import Pod
from bot.model.errors import ClientError, Conflict
from bot.model.names import counted, format_duration
from runbooks.agent.pods import keeps_crashing, node_is_ready, why_not_ready
from runbooks.agent.rollout.evidence import Rolling
from runbooks.restarted_at import Restart

STOP = (
    "The DaemonSet goes on while fewer are away than it may take; to stop it: a Helm upgrade to "
    "the same chart version and values with updateStrategy.type=OnDelete, never a patch."
)


class RolloutStopped(ClientError):
    """New agents do not come up: nothing more is waited for."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds in which a new agent must be Ready, and for which more than ``away`` may be away."""

    ready_within: float
    away: int
    away_for: float


def trouble(seen: Rolling, restart: Restart, limits: Limits) -> ClientError | None:
    """Why the rollout is given up; ``None`` while it goes on."""
    return _changed(seen, restart) or _crashing(seen) or _late(seen, limits) or _away(seen, limits)


def is_done(seen: Rolling) -> bool:
    """Whether every agent is a new one and available."""
    status = seen.daemonset.status
    if status.observed_generation < seen.daemonset.metadata.generation:
        return False
    wanted = status.desired_number_scheduled
    counts = status.updated_number_scheduled == wanted == status.number_available
    return counts and all(pod.revision == seen.newest for pod in seen.agents)


def told(seen: Rolling) -> str:
    """How far it is, in a few words, with the nodes whose agent is away."""
    status = seen.daemonset.status
    if status.observed_generation < seen.daemonset.metadata.generation:
        return "the DaemonSet's controller has not seen the change yet"
    done = sum(pod.revision == seen.newest and pod.ready for pod in seen.agents)
    waiting = sorted((pod.spec.node_name for pod in seen.agents if not pod.ready), key=natural)
    now = f"; now {', '.join(waiting[:4])}{' …' if len(waiting) > 4 else ''}" if waiting else ""
    return f"{done} of {status.desired_number_scheduled} agents are new and Ready{now}"


def _changed(seen: Rolling, restart: Restart) -> ClientError | None:
    daemonset = seen.daemonset
    if daemonset.metadata.uid != restart.uid or not restart.is_of(daemonset):
        return Conflict(
            f"{restart} was changed by somebody else while its agents were restarted; "
            f"{told(seen)}. What goes on now is theirs.",
            hint="/cilium status",
        )
    if daemonset.spec.update_strategy.type == "OnDelete":
        return Conflict(
            f"Somebody paused the rollout (the update strategy is OnDelete now): {told(seen)}.",
            hint="Ask who; the agents left are restarted by /cilium restart-agent NODE.",
        )
    return None


def _crashing(seen: Rolling) -> ClientError | None:
    for pod in _new(seen):
        container = pod.container(AGENT_CONTAINER)
        if container and not pod.ready and keeps_crashing(container, seen.read_at):
            return RolloutStopped(
                f"The new agent on {pod.spec.node_name} crashes again and again; {told(seen)}. "
                f"{STOP}",
                hint=f"Why: kubectl -n {pod.metadata.namespace} logs {pod.name} "
                f"-c {AGENT_CONTAINER} --previous",
            )
    return None


def _late(seen: Rolling, limits: Limits) -> ClientError | None:
    for pod in _new(seen):
        waited = _away_for(seen, pod)
        if waited > limits.ready_within:
            return RolloutStopped(
                f"The new agent on {pod.spec.node_name} is not Ready for "
                f"{format_duration(waited)}: {_why(seen, pod)}; {told(seen)}. {STOP}",
                hint=f"Why: kubectl -n {pod.metadata.namespace} describe pod {pod.name}",
            )
    return None


def _away(seen: Rolling, limits: Limits) -> ClientError | None:
    lasting = [pod for pod in seen.agents if _away_for(seen, pod) > limits.away_for]
    if len(lasting) <= limits.away:
        return None
    first = min(lasting, key=lambda pod: natural(pod.spec.node_name))
    return RolloutStopped(
        f"{counted(len(lasting), 'agent')} away for more than {format_duration(limits.away_for)}, "
        f"and {limits.away} may be; on {first.spec.node_name}: {_why(seen, first)}; {told(seen)}. "
        f"{STOP}",
        hint="/cilium status",
    )


def _new(seen: Rolling) -> list[Pod]:
    """Agents of this restart; none before the controller has seen it."""
    status = seen.daemonset.status
    if status.observed_generation < seen.daemonset.metadata.generation:
        return []
    new = [pod for pod in seen.agents if pod.revision == seen.newest]
    return sorted(new, key=lambda pod: natural(pod.spec.node_name))


def _away_for(seen: Rolling, pod: Pod) -> float:
    """Seconds since it is not Ready: a pod that is being deleted since it should be gone."""
    ready = pod.condition("Ready")
    since = ready.last_transition_time if ready else pod.metadata.creation_timestamp
    if pod.deleting:
        since = pod.metadata.deletion_timestamp
    return 0.0 if pod.ready or since is None else (seen.read_at - since).total_seconds()


def _why(seen: Rolling, pod: Pod) -> str:
    if not node_is_ready(seen.nodes.get(pod.spec.node_name)):
        return "its node is not ready"
    return why_not_ready(pod, pod.container(AGENT_CONTAINER))
