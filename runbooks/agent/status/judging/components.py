"""What stands beside the agents: operator, relay, envoy."""

from __future__ import annotations

from collections.abc import Iterator

from bot.authoring import Confidence, Finding, RemedyOffer, Severity, Subject
from bot.clients.cilium.names import ENVOY_DAEMONSET, OPERATOR_DEPLOYMENT, RELAY_DEPLOYMENT
from bot.clients.kubernetes.objects import ContainerStatus, Deployment, Pod
from bot.model.names import counted, format_duration
from runbooks.agent.status import thresholds
from runbooks.agent.status.evidence import Seen, node_is_gone
from runbooks.agent.status.judging.about import about_node
from runbooks.operator.pods import hangs


def judge(seen: Seen) -> Iterator[Finding]:
    """Findings about operator, relay and envoy."""
    yield from _operator(seen)
    yield from _lease(seen)
    yield from _relay(seen)
    yield from _envoy(seen)


def _operator(seen: Seen) -> Iterator[Finding]:
    if seen.deployments is None:
        return
    deployment = seen.deployments.get(OPERATOR_DEPLOYMENT)
    if deployment is None:
        if seen.agents:
            yield _deployment_finding(
                seen,
                "operator-missing",
                OPERATOR_DEPLOYMENT,
                Severity.CRITICAL,
                "There is no operator: no node gets addresses and no identity is cleaned up.",
                (),
            )
        return
    available, desired = deployment.status.available_replicas, deployment.desired
    if desired and not available:
        yield _deployment_finding(
            seen,
            "operator-down",
            OPERATOR_DEPLOYMENT,
            Severity.CRITICAL,
            "No operator is available: new nodes get no addresses, identities are not cleaned up.",
            _proof(deployment, seen.operators),
            _restart(seen),
        )
    elif available < desired:
        yield _deployment_finding(
            seen,
            "operator-degraded",
            OPERATOR_DEPLOYMENT,
            Severity.WARNING,
            f"Only {available} of {desired} operator replicas are available.",
            _proof(deployment, seen.operators),
        )


def _lease(seen: Seen) -> Iterator[Finding]:
    renewed = seen.lease.spec.renew_time if seen.lease else None
    if renewed is None or seen.read_at - renewed < thresholds.LEASE_STALE:
        return
    age = format_duration((seen.read_at - renewed).total_seconds())
    holder = (seen.lease.spec.holder_identity if seen.lease else None) or "nobody"
    yield Finding(
        id="operator-lease-stale",
        severity=Severity.WARNING,
        confidence=Confidence.LIKELY,
        subject=Subject("deployment", OPERATOR_DEPLOYMENT, seen.namespace),
        cause=f"No operator leads: the Lease was last renewed {age} ago.",
        proof=(f"held by {holder}, renewed {renewed.isoformat(timespec='seconds')}",),
        remedies=_restart(seen),
    )


def _restart(seen: Seen) -> tuple[RemedyOffer, ...]:
    """Where an operator runs and does not do its work. One that crashes is restarted by its kubelet
    already, and one that finds no node would find none again."""
    helps = any(hangs(pod, seen.read_at) for pod in seen.operators or ())
    return (RemedyOffer("restart-operator"),) if helps else ()


def _relay(seen: Seen) -> Iterator[Finding]:
    deployment = (seen.deployments or {}).get(RELAY_DEPLOYMENT)
    if deployment and deployment.desired and not deployment.status.available_replicas:
        yield _deployment_finding(
            seen,
            "relay-down",
            RELAY_DEPLOYMENT,
            Severity.WARNING,
            "Hubble Relay is down: flows cannot be read across nodes; traffic is not affected.",
            _proof(deployment, seen.relays),
        )


def _envoy(seen: Seen) -> Iterator[Finding]:
    if ENVOY_DAEMONSET not in (seen.daemonsets or {}):
        return
    for node, pod in sorted((seen.envoys or {}).items()):
        if not pod.ready and not node_is_gone(seen, node):
            yield about_node(
                "envoy-not-ready",
                node,
                "Envoy is not ready: L7 policy and Ingress do not work on this node.",
                proof=(f"pod {pod.name}: {_state(pod)}",),
            )


def _deployment_finding(
    seen: Seen,
    identifier: str,
    name: str,
    severity: Severity,
    cause: str,
    proof: tuple[str, ...],
    remedies: tuple[RemedyOffer, ...] = (),
) -> Finding:
    return Finding(
        id=identifier,
        severity=severity,
        confidence=Confidence.CERTAIN,
        subject=Subject("deployment", name, seen.namespace),
        cause=cause,
        proof=proof,
        next_steps=(f"kubectl -n {seen.namespace} describe deployment {name}",),
        remedies=remedies,
    )


def _proof(deployment: Deployment, pods: tuple[Pod, ...] | None) -> tuple[str, ...]:
    counted = f"available {deployment.status.available_replicas} of {deployment.desired}"
    return (counted, *(f"{pod.name}: {_state(pod)}" for pod in (pods or ())[:3] if not pod.ready))


def _state(pod: Pod) -> str:
    containers = [_container_state(status) for status in pod.status.container_statuses or ()]
    return "; ".join(filter(None, containers)) or pod.status.reason or pod.status.phase or "unknown"


def _container_state(status: ContainerStatus) -> str:
    if status.ready:
        return ""
    restarts = counted(status.restart_count, "restart")
    if status.state.waiting:
        return f"{status.name} waits ({status.state.waiting.reason}), {restarts}"
    if status.state.terminated:
        return f"{status.name} ended with exit code {status.state.terminated.exit_code}"
    return f"{status.name} is not ready, {restarts}"
