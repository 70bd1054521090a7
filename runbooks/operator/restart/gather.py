"""Gathering: the Deployment, its pods, the Lease, and who else restarts it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from bot.authoring import Looking
from bot.clients.cilium.names import OPERATOR_DEPLOYMENT, OPERATOR_LEASE, OPERATOR_SELECTOR
from bot.clients.kubernetes.field_owners import FieldOwner
from bot.clients.kubernetes.objects import Lease
from bot.clients.kubernetes.reads import deployment_path
from bot.engine.concurrent import ask_all
from bot.model.errors import NotFound, TimedOut
from runbooks.agent.pods import live
from runbooks.operator.restart.evidence import Seen
from runbooks.restarted_at import FIELD

if TYPE_CHECKING:
    from bot.clients.cluster import Cluster

OBJECTS_WITHIN = 15.0
"""Seconds, of the thirty that a plan may take."""


async def gather(look: Looking) -> Seen:
    """All that is asked. Raises :class:`ClientError` when something of it cannot be seen."""
    cluster, namespace = look.cluster, look.cluster.namespace
    reads = cluster.reads
    questions: dict[str, Callable[[], Awaitable[Any]]] = {
        "deployments": lambda: reads.deployments(namespace),
        "pods": lambda: reads.pods(namespace, OPERATOR_SELECTOR),
        "lease": lambda: _lease(cluster),
        "owners": lambda: _owners(cluster),
    }
    answers = await ask_all(questions, lambda name: questions[name](), within=OBJECTS_WITHIN)
    for error in answers.errors.values():
        raise error
    if answers.silent:
        raise TimedOut(
            f"The API server did not answer in time ({', '.join(sorted(answers.silent))}).",
            hint="A change is planned only by what is seen.",
        )
    found = answers.values
    deployments = {one.name: one for one in found["deployments"].items}
    return Seen(
        read_at=look.now(),
        cluster=cluster.name,
        namespace=namespace,
        deployment=deployments.get(OPERATOR_DEPLOYMENT),
        pods=live(found["pods"].items),
        lease=found["lease"],
        owners=found["owners"],
    )


async def _owners(cluster: Cluster) -> tuple[FieldOwner, ...]:
    path = deployment_path(cluster.namespace, OPERATOR_DEPLOYMENT)
    try:
        return await cluster.reads.field_owners(path, FIELD)
    except NotFound:
        return ()  # that there is none is judged


async def _lease(cluster: Cluster) -> Lease | None:
    try:
        return await cluster.reads.lease(cluster.namespace, OPERATOR_LEASE)
    except NotFound:
        return None
