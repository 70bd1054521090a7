"""Judging and planning: what speaks against a restart of the operator, and what it does. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bot.authoring import BlastRadius, Plan, PlanRefused, Risk
from bot.clients.cilium.names import OPERATOR_CONTAINER, OPERATOR_DEPLOYMENT
from bot.clients.kubernetes.objects import Deployment
from bot.model.change import Change
from bot.model.names import counted, format_duration
from runbooks.operator.leading import why_nobody_leads
from runbooks.operator.pods import crashes, why_operator_waits
from runbooks.operator.restart.checks import NAMES
from runbooks.operator.restart.evidence import Seen
from runbooks.restarted_at import Restart, refused_for, who_puts_back

NAME = "restart-operator"
READY_WITHIN = 600.0
"""Seconds for the new pods to be available: the chart's progressDeadlineSeconds."""
SECONDS = 90.0
"""About 30 s without a leader, and checks that must hold twice, a minute apart."""


def refusal(seen: Seen) -> PlanRefused | None:
    """Why there is no plan, the weightiest reason first; ``None`` when nothing speaks against."""
    return next(_reasons(seen), None)


def _reasons(seen: Seen) -> Iterator[PlanRefused]:
    deployment = seen.deployment
    if deployment is None or deployment.metadata.deletion_timestamp is not None:
        yield PlanRefused(
            f"Deployment {OPERATOR_DEPLOYMENT} is not there or is being deleted.",
            hint=f"kubectl -n {seen.namespace} get deployments",
        )
        return
    yield from _scaled(seen, deployment)
    yield from _under_way(seen, deployment)
    if manager := who_puts_back(seen.owners):
        yield refused_for(manager, deployment)
    yield from _crashing(seen)


def _scaled(seen: Seen, deployment: Deployment) -> Iterator[PlanRefused]:
    if not deployment.desired:
        yield PlanRefused(
            f"Deployment {OPERATOR_DEPLOYMENT} is scaled to 0: a restart would start nothing, and "
            "this bot never scales.",
            hint=f"Who did that, and why? Then: kubectl -n {seen.namespace} scale deployment "
            f"{OPERATOR_DEPLOYMENT} --replicas=2",
        )
    elif deployment.spec.paused:
        yield PlanRefused(
            f"The rollout of Deployment {OPERATOR_DEPLOYMENT} is paused: nothing would restart.",
            hint=f"Ask who paused it: kubectl -n {seen.namespace} rollout resume deployment "
            f"{OPERATOR_DEPLOYMENT}",
        )


def _under_way(seen: Seen, deployment: Deployment) -> Iterator[PlanRefused]:
    status = deployment.status
    if status.observed_generation < deployment.metadata.generation:
        yield PlanRefused(
            f"Deployment {OPERATOR_DEPLOYMENT} was just changed and its controller has not seen it "
            "yet.",
            hint="Ask again in a minute; when it lasts, the controller manager is in trouble.",
        )
    elif status.updated_replicas < deployment.desired or status.replicas > status.updated_replicas:
        waiting = next((pod for pod in seen.pods if not pod.ready), None)
        why = f"; {waiting.name}: {why_operator_waits(waiting)}" if waiting else ""
        yield PlanRefused(
            f"The operator is being updated already ({status.updated_replicas} of "
            f"{deployment.desired} replicas are new{why}).",
            hint=f"kubectl -n {seen.namespace} rollout status deployment {OPERATOR_DEPLOYMENT}",
        )


def _crashing(seen: Seen) -> Iterator[PlanRefused]:
    """The kubelet starts it again and again already, every five minutes at the latest."""
    if seen.pods and all(crashes(pod, seen.read_at) for pod in seen.pods):
        pod = seen.pods[0]
        yield PlanRefused(
            "Every operator crashes by itself: a new one would crash, too. The kubelet tries again "
            "at least every 5 minutes.",
            hint=f"Why: kubectl -n {seen.namespace} logs {pod.name} -c {OPERATOR_CONTAINER} "
            "--previous",
        )


def plan_of(seen: Seen, change: Change) -> Plan:
    """What is done when nothing speaks against it."""
    deployment = seen.deployment
    assert deployment is not None  # noqa: S101  refused before
    restart = Restart.of(deployment, change)
    return Plan(
        cluster=seen.cluster,
        remedy=NAME,
        parameters={},
        title=f"Restart the Cilium operator ({counted(deployment.desired, 'replica')})",
        risk=Risk.GUARDED,
        target=f"deployment/{OPERATOR_DEPLOYMENT}",
        calls=(restart.call,),
        blast_radius=BlastRadius(namespaces=(seen.namespace,)),
        meanwhile=(
            "For about 30 s no node gets new pod addresses (IPAM), and no identity is cleaned up.",
            "Traffic goes on, and pods start where their node has addresses left.",
        ),
        undo="None needed: the Deployment makes new pods; it is never scaled.",
        checks=NAMES,
        stops_when=(
            "a new operator crashes again and again",
            "somebody else changes the Deployment",
            f"the new pods are not available within {format_duration(READY_WITHIN)}",
        ),
        pinned=restart.pinned,
        seconds=SECONDS,
        notes=_present(seen, deployment),
    )


def _present(seen: Seen, deployment: Deployment) -> tuple[str, ...]:
    nobody = why_nobody_leads(seen.lease, seen.read_at)
    available = f"{deployment.status.available_replicas} of {deployment.desired} are available"
    led = (
        f"{nobody}; it was held by {seen.holder or 'nobody'}" if nobody else f"{seen.holder} leads"
    )
    away = [pod for pod in seen.pods if not pod.ready]
    return (
        f"{available}. {led}.",
        *(f"{pod.name}: {why_operator_waits(pod)}." for pod in away[:3]),
    )
