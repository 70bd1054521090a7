"""Agents as they see themselves: subsystems, controllers, probes, endpoints, addresses."""

from __future__ import annotations

from collections.abc import Iterator

from bot.authoring import Confidence, Finding, Severity
from bot.clients.cilium.endpoints import STUCK_STATES, Endpoint
from bot.clients.cilium.metrics import AgentMetrics
from bot.clients.cilium.status import AgentStatus, Part
from bot.model.names import format_duration
from runbooks.agent.status import thresholds
from runbooks.agent.status.evidence import Seen
from runbooks.agent.status.judging.about import about_node

_SOURCE = "cilium-dbg status"


def judge(seen: Seen) -> Iterator[Finding]:
    """Findings from the agents' own status and metrics."""
    for node, status in sorted(seen.statuses.items()):
        yield from _parts(node, status)
        yield from _controllers(node, status)
        yield from _stale(seen, node, status)
    for node, metrics in sorted(seen.metrics.items()):
        if node not in seen.statuses:
            yield from _failing_by_metrics(node, metrics)
    for node in sorted(seen.heard):
        yield from _addresses(seen, node)
        yield from _endpoints(seen, node)


def _parts(node: str, status: AgentStatus) -> Iterator[Finding]:
    bad = {part.name: part for part in status.parts if not part.good}
    if "kubernetes" in bad and "cilium" in bad:
        del bad["cilium"]  # an agent without the API server reports itself failed: one cause
    for part in bad.values():
        identifier, cause = _told_part(part)
        yield about_node(
            identifier,
            node,
            f"{cause}: {part.message.rstrip('.') or 'no message'}.",
            proof=tuple(
                f"{_SOURCE}: {p.name}.state = {p.state}" for p in status.parts if not p.good
            ),
        )


def _told_part(part: Part) -> tuple[str, str]:
    match part.name:
        case "cilium":
            return "agent-failing", f"The agent reports {part.state}"
        case "kubernetes":
            return "agent-api-unreachable", "The agent cannot use the API server"
        case name:
            return "agent-subsystem", f"{name} reports {part.state}"


def _controllers(node: str, status: AgentStatus) -> Iterator[Finding]:
    lasting = [
        controller
        for controller in status.failing_controllers
        if controller.failures >= thresholds.CONTROLLER_FAILURES
    ]
    if not lasting:
        return
    worst = lasting[0]
    what = (
        f"Controller {worst.name} fails"
        if len(lasting) == 1
        else f"{len(lasting)} controllers fail"
    )
    yield about_node(
        "controllers-failing",
        node,
        f"{what}: {worst.message or 'no message'}".rstrip(".") + ".",
        proof=tuple(
            f"{controller.name}: {controller.failures} times in a row: {controller.message}"[:300]
            for controller in lasting[:5]
        ),
    )


def _failing_by_metrics(node: str, metrics: AgentMetrics) -> Iterator[Finding]:
    """Controllers that fail on an agent that could not be looked into."""
    if metrics.controllers_failing:
        yield about_node(
            "controllers-failing",
            node,
            f"{metrics.controllers_failing} controllers failed in their last run.",
            proof=(f"cilium_controllers_failing = {metrics.controllers_failing}",),
            severity=Severity.INFO,
            confidence=Confidence.POSSIBLE,
        )


def _stale(seen: Seen, node: str, status: AgentStatus) -> Iterator[Finding]:
    for probe, since in status.stale:
        age = seen.read_at - since if since and since.tzinfo else None
        if age is not None and age < thresholds.STALE_PROBE:
            continue
        lasting = f"for {format_duration(age.total_seconds())}" if age else "for an unknown time"
        yield about_node(
            "status-probe-stale",
            node,
            f"The agent's own probe {probe} hangs {lasting}.",
            proof=(f"{_SOURCE}: stale[{probe}] = {since.isoformat() if since else 'unreadable'}",),
        )


def _addresses(seen: Seen, node: str) -> Iterator[Finding]:
    used, capacity, source = addresses(seen, node)
    if not capacity or used is None or used / capacity < thresholds.IPAM_NEARLY_FULL:
        return
    full = used / capacity >= thresholds.IPAM_FULL
    yield about_node(
        "ipam-full" if full else "ipam-nearly-full",
        node,
        "No pod can get an address on this node." if full else "Addresses for pods run out.",
        proof=(f"{used} of {capacity} addresses allocated ({source})",),
        next_steps=("Spread pods to other nodes; the node's block cannot grow.",),
    )


def addresses(seen: Seen, node: str) -> tuple[int | None, int | None, str]:
    """Addresses allocated and there are on ``node``, and where that was read."""
    status, metrics = seen.statuses.get(node), seen.metrics.get(node)
    if status and status.capacity:
        return status.allocated, status.capacity, _SOURCE
    if metrics and metrics.capacity:
        return metrics.addresses, metrics.capacity, "agent metrics"
    return (status.allocated if status else None), None, _SOURCE


def _endpoints(seen: Seen, node: str) -> Iterator[Finding]:
    states = endpoint_states(seen, node)
    broken = states.get("not-ready", 0) + states.get("invalid", 0)
    waiting = states.get("waiting-for-identity", 0)
    if not broken and waiting < thresholds.ENDPOINTS_WAITING:
        return
    counts = ", ".join(f"{states[state]} {state}" for state in STUCK_STATES if states.get(state))
    stuck = (
        [e for e in seen.endpoints or () if e.state in STUCK_STATES] if node == seen.node else []
    )
    yield about_node(
        "endpoints-not-ready",
        node,
        f"Endpoints are not ready: {counts}.",
        proof=(f"{counts} of {sum(states.values())} endpoints", *map(_told, stuck[:8])),
        confidence=Confidence.LIKELY,
    )


def endpoint_states(seen: Seen, node: str) -> dict[str, int]:
    """How many endpoints of ``node`` are in which state: listed where they were, else counted."""
    if node == seen.node and seen.endpoints is not None:
        states: dict[str, int] = {}
        for endpoint in seen.endpoints:
            states[endpoint.state] = states.get(endpoint.state, 0) + 1
        return states
    metrics = seen.metrics.get(node)
    return metrics.endpoint_states if metrics else {}


def _told(endpoint: Endpoint) -> str:
    reason = f": {endpoint.last_error}" if endpoint.last_error else ""
    return f"{endpoint.pod or f'endpoint {endpoint.id}'} is {endpoint.state}{reason}"[:300]
