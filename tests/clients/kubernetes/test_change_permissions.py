"""The rows for changes: enough for every call that changes something, and nothing beside it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from bot.clients.cilium.names import AGENT_DAEMONSET, AGENT_SELECTOR, OPERATOR_DEPLOYMENT
from bot.clients.cluster import Cluster
from bot.clients.kubernetes.objects import Metadata
from bot.clients.kubernetes.permissions import CHANGES, IDENTITY, LOCK, PERMISSIONS, Permission
from bot.clients.kubernetes.reads import daemonset_path, deployment_path
from bot.engine.changes import lock
from bot.engine.changes.lock import Lock
from bot.model.errors import Denied
from bot.playground.cluster import SimulatedCluster
from runbooks.restarted_at import RESTARTED_AT
from tests.clients.kubernetes.test_permissions import asked, limited_to

SYSTEM = "kube-system"
NODE = "/api/v1/nodes/node-2"


async def holding_the_lock(cluster: Cluster) -> None:
    held = Lock(cluster)
    await held.take("c-1", "restart")
    await held.take("c-1", "restart")
    assert await held.state() is not None
    assert await held.release("c-1")


async def cordoning(cluster: Cluster) -> None:
    version = await _version(cluster)
    await cluster.api.patch(
        NODE, {"spec": {"unschedulable": True}}, resource_version=version, dry_run=True
    )
    await cluster.api.patch(NODE, {"spec": {"unschedulable": True}}, resource_version=version)


async def _version(cluster: Cluster) -> str:
    found = msgspec.json.decode(await cluster.api.get(NODE))
    return str(found["metadata"]["resourceVersion"])


async def restarting(cluster: Cluster) -> None:
    pod = (await cluster.reads.pods(SYSTEM, AGENT_SELECTOR, node="node-2")).items[0]
    path = f"/api/v1/namespaces/{SYSTEM}/pods/{pod.name}"
    await cluster.api.delete(path, uid=pod.metadata.uid, dry_run=True)
    await cluster.api.delete(path, uid=pod.metadata.uid)


async def restarting_all(cluster: Cluster) -> None:
    there = await cluster.reads.daemonset(SYSTEM, AGENT_DAEMONSET)
    await _annotate(cluster, daemonset_path(SYSTEM, AGENT_DAEMONSET), there.metadata)


async def restarting_the_operator(cluster: Cluster) -> None:
    there = await cluster.reads.deployment(SYSTEM, OPERATOR_DEPLOYMENT)
    await _annotate(cluster, deployment_path(SYSTEM, OPERATOR_DEPLOYMENT), there.metadata)


async def _annotate(cluster: Cluster, path: str, metadata: Metadata) -> None:
    mark = {"metadata": {"annotations": {RESTARTED_AT: "2026-11-28T03:00:00Z"}}}
    changes, version = {"spec": {"template": mark}}, metadata.resource_version
    await cluster.reads.field_owners(path, ("spec", "template"))
    await cluster.api.patch(path, changes, resource_version=version, dry_run=True)


async def counting_pods(cluster: Cluster) -> None:
    await cluster.api.get("/api/v1/pods", {"fieldSelector": "spec.nodeName=node-2"})


async def identifying(cluster: Cluster) -> None:
    body = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenReview",
        "spec": {"token": "x"},
    }
    await cluster.api.create("/apis/authentication.k8s.io/v1/tokenreviews", body)


Doing = Callable[[Cluster], Awaitable[None]]
EVERYTHING: tuple[Doing, ...] = (
    holding_the_lock,
    cordoning,
    restarting_all,
    restarting_the_operator,
    restarting,
    counting_pods,
    identifying,
)
NEEDED_BY: dict[tuple[str, str, str], Doing] = {
    ("cluster-changer", "nodes", "patch"): cordoning,
    ("cluster-changer", "pods", "list"): counting_pods,
    ("cluster-changer", "tokenreviews", "create"): identifying,
    ("cilium-changer", "pods", "delete"): restarting,
    ("cilium-changer", "daemonsets", "get"): restarting_all,
    ("cilium-changer", "deployments", "get"): restarting_the_operator,
    ("cilium-changer", "leases", "get"): holding_the_lock,
    ("cilium-changer", "leases", "create"): holding_the_lock,
}


def listed() -> set[tuple[str, str, str]]:
    return {(verb, row.group, row.resource) for row in CHANGES for verb in row.verbs}


async def test_changes_ask_for_what_is_listed_and_nothing_else(
    simulated: SimulatedCluster, tmp_path: Path
) -> None:
    async with limited_to((*PERMISSIONS, *CHANGES), simulated, tmp_path) as cluster:
        for doing in EVERYTHING:
            await doing(cluster)
    reading = {(verb, row.group, row.resource) for row in PERMISSIONS for verb in row.verbs}
    assert asked(simulated) - reading == listed() - reading
    assert listed() <= asked(simulated)


@pytest.mark.parametrize(
    "row", CHANGES, ids=lambda row: f"{row.role}-{row.resource}-{row.verbs[0]}"
)
async def test_without_one_row_its_change_is_denied_with_what_to_grant(
    row: Permission, simulated: SimulatedCluster, tmp_path: Path
) -> None:
    rest = [other for other in (*PERMISSIONS, *CHANGES) if other is not row]
    async with limited_to(rest, simulated, tmp_path) as cluster:
        with pytest.raises(Denied) as caught:
            await NEEDED_BY[str(row.role), row.resource, row.verbs[0]](cluster)
    assert str(row.role) in caught.value.hint
    assert "changes.enabled: true" in caught.value.hint


@pytest.mark.parametrize("doing", EVERYTHING, ids=lambda doing: doing.__name__)
async def test_a_bot_that_only_reads_changes_nothing(
    doing: Doing, simulated: SimulatedCluster, tmp_path: Path
) -> None:
    async with limited_to(PERMISSIONS, simulated, tmp_path) as cluster:
        with pytest.raises(Denied):
            await doing(cluster)


def test_the_lease_that_is_granted_is_the_lock_s() -> None:
    assert lock.NAME == LOCK
    assert IDENTITY in CHANGES
