"""How far the new operators are, and what must hold in the end. Pure.

Source of the holder's name: Cilium's operator leads as HOSTNAME and ten random characters
(operator/cmd, 1.14 to 1.20), and on the host's network the host's name is the node's.
"""

from __future__ import annotations

from bot.authoring import Check
from bot.clients.cilium.names import OPERATOR_CONTAINER
from bot.clients.kubernetes.objects import Deployment, Pod
from bot.model.errors import ClientError, Conflict
from runbooks.operator.leading import why_nobody_leads
from runbooks.operator.pods import crashes, why_operator_waits
from runbooks.operator.restart.evidence import Before, Seen
from runbooks.restarted_at import Restart

NAMES = (
    "all operators are new and available",
    "one of the new ones leads, and renews its Lease",
)
"""The checks of a plan, in the order of :func:`checks`."""


def checks(now: Seen, before: Before, restart: Restart) -> tuple[Check, ...]:
    """Whether each holds."""
    missing = waits(now, before, restart)
    leads, said = _leads(now, before)
    return (
        Check(name=NAMES[0], held=not missing, said=missing or _available(now)),
        Check(name=NAMES[1], held=leads, said=said),
    )


def waits(now: Seen, before: Before, restart: Restart) -> str:
    """What is still missing, in words; empty when all operators are new and available."""
    deployment = now.deployment
    if deployment is None or not restart.is_of(deployment):
        return "it was not restarted by this change"
    if deployment.status.observed_generation < deployment.metadata.generation:
        return "the Deployment's controller has not seen the change yet"
    for pod in _new(now, before):
        if not pod.ready:
            return f"{pod.name}: {why_operator_waits(pod)}"
    if old := [pod.name for pod in now.pods if pod.metadata.uid in before.pods]:
        return f"{old[0]} is still there"
    return "" if _is_through(deployment) else f"only {_available(now)}"


def trouble(now: Seen, before: Before, restart: Restart) -> ClientError | None:
    """Why nothing more is waited for; ``None`` while it goes on."""
    deployment = now.deployment
    if (
        deployment is None
        or deployment.metadata.uid != restart.uid
        or not restart.is_of(deployment)
    ):
        return Conflict(
            f"{restart} was changed by somebody else while it restarted. What goes on now is "
            "theirs.",
            hint="/cilium status",
        )
    for pod in _new(now, before):
        if crashes(pod, now.read_at):
            return Crashes(
                f"The new operator {pod.name} crashes again and again: {why_operator_waits(pod)}. "
                f"{_available(now)}.",
                hint=f"Why: kubectl -n {now.namespace} logs {pod.name} -c {OPERATOR_CONTAINER} "
                "--previous",
            )
    return None


class Crashes(ClientError):
    """New operators do not come up: nothing more is waited for."""


def _leads(now: Seen, before: Before) -> tuple[bool, str]:
    holder = now.holder
    if nobody := why_nobody_leads(now.lease, now.read_at):
        return False, nobody
    if not holder:
        return False, "the Lease has no holder"
    if holder == before.holder:
        return False, f"the Lease is held by {holder}, as before"
    renewed = now.lease.spec.renew_time if now.lease else None
    for pod in _new(now, before):
        started = pod.metadata.creation_timestamp
        if pod.ready and holder.startswith(f"{pod.spec.node_name}-"):
            # One that led for a moment in between may have been on the same node.
            since = renewed is not None and started is not None and renewed >= started
            return since, f"{holder}, {pod.name}"
    return False, f"the Lease is held by {holder}, which is none of the new ones"


def _new(now: Seen, before: Before) -> list[Pod]:
    return [pod for pod in now.pods if pod.metadata.uid not in before.pods]


def _is_through(deployment: Deployment) -> bool:
    status, wanted = deployment.status, deployment.desired
    return (
        status.updated_replicas >= wanted
        and status.available_replicas >= wanted
        and status.replicas <= status.updated_replicas
    )


def _available(now: Seen) -> str:
    if now.deployment is None:
        return "none available"
    return f"{now.deployment.status.available_replicas} of {now.deployment.desired} available"
