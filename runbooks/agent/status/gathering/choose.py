"""Which agents to look into: where something looks wrong, and a sample that proves the rest."""

from __future__ import annotations

from collections.abc import Iterable

from bot.clients.cilium.commands import AGENT_CONTAINER
from bot.clients.cilium.endpoints import STUCK_STATES
from bot.clients.cilium.metrics import AgentMetrics, served_port
from bot.clients.kubernetes.objects import Pod
from runbooks.agent.status import thresholds
from runbooks.agent.status.evidence import Seen


def metrics_port(seen: Seen) -> int | None:
    """The port on which agents serve metrics, or ``None`` where they are off.

    ``cilium-config`` says it; a cluster whose ConfigMap cannot be read is judged by the ports the
    agent's container declares.
    """
    if seen.config is not None:
        return served_port(seen.config.data or {})
    for pod in (seen.agents or {}).values():
        for container in pod.spec.containers or ():
            for declared in container.ports or ():
                if container.name == AGENT_CONTAINER and declared.name == "prometheus":
                    return declared.container_port
        return None
    return None


def suspicious_by_pods(seen: Seen) -> set[str]:
    """Nodes where Kubernetes shows trouble: agent not ready or restarted, node not ready."""
    nodes = {node for node, pod in (seen.agents or {}).items() if _looks_wrong(pod, seen)}
    for name, node in (seen.nodes or {}).items():
        ready = node.condition("Ready")
        if ready is None or ready.status != "True":
            nodes.add(name)
    return nodes


def _looks_wrong(pod: Pod, seen: Seen) -> bool:
    container = pod.container(AGENT_CONTAINER)
    if not pod.ready or container is None:
        return True
    ended = container.last_state.terminated
    return bool(
        ended and ended.finished_at and seen.read_at - ended.finished_at < thresholds.RECENT_RESTART
    )


def suspicious_by_metrics(seen: Seen) -> set[str]:
    """Nodes whose agent's own metrics show trouble."""
    return {node for node, metrics in seen.metrics.items() if _shows_trouble(metrics)}


def _shows_trouble(metrics: AgentMetrics) -> bool:
    stuck = sum(metrics.endpoint_states.get(state, 0) for state in STUCK_STATES)
    full = bool(
        metrics.capacity
        and (metrics.addresses or 0) / metrics.capacity >= thresholds.IPAM_NEARLY_FULL
    )
    return bool(metrics.controllers_failing or stuck or full)


def sample(seen: Seen) -> set[str]:
    """A few agents, spread evenly over the nodes in order of name."""
    return set(_spread(sorted(seen.agents or {}), thresholds.SAMPLE))


def observers(seen: Seen) -> set[str]:
    """Agents whose view of their peers is worth reading.

    On one node: that node's and a few others', which see it from outside. Cluster-wide: those
    whose metrics tell of unreachable peers, and a few spread over the zones.
    """
    telling = sorted(node for node, metrics in seen.metrics.items() if metrics.unreachable)
    chosen = set(_spread(telling, thresholds.OBSERVERS)) | set(_across_zones(seen))
    return chosen | ({seen.node} if seen.node else set())


def _across_zones(seen: Seen) -> list[str]:
    zones: dict[str, list[str]] = {}
    for name in sorted(seen.agents or {}):
        node = (seen.nodes or {}).get(name)
        zones.setdefault(node.zone if node else "", []).append(name)
    share = max(1, thresholds.OBSERVERS // max(1, len(zones)))
    return [name for names in zones.values() for name in _spread(names, share)]


def _spread(names: Iterable[str], most: int) -> list[str]:
    ordered = list(names)
    if len(ordered) <= most:
        return ordered
    return [ordered[index * len(ordered) // most] for index in range(most)]
