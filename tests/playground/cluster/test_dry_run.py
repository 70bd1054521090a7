"""Server dry runs of all that a change writes: judged and answered like the write, not stored."""

from __future__ import annotations

from typing import Any

import pytest

from bot.playground.cluster import SimulatedCluster

from .conftest import SYSTEM, Client

LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"
LEASE = f"{LEASES}/cilium-operator-resource-lock"
NODE = "/api/v1/nodes/node-3"
OTHER = "00000000-0000-0000-0000-000000000000"


def everything(cluster: SimulatedCluster) -> dict[str, Any]:
    """All that is stored, except the operator's Lease, which is renewed all the time."""
    return {
        f"{plural}/{stored.key}": stored.object
        for plural in ("nodes", "pods", "namespaces", "configmaps", "leases", "events")
        for stored in cluster.objects.all(plural)
        if plural != "leases"
    }


async def test_no_dry_run_changes_anything(cluster: SimulatedCluster, api: Client) -> None:
    pod = (await api.agent("node-7"))["metadata"]
    path = f"{SYSTEM}/pods/{pod['name']}"
    exactly = {"preconditions": {"uid": pod["uid"]}}
    _, lease = await api.get(LEASE)
    node_version = (await api.get(NODE))[1]["metadata"]["resourceVersion"]
    before = everything(cluster)

    answers = [
        await api.call("DELETE", f"{path}?dryRun=All", exactly),
        await api.call("DELETE", path, exactly | {"dryRun": ["All"]}),
        await api.patch(f"{NODE}?dryRun=All", {"spec": {"unschedulable": True}}),
        await api.call("POST", f"{LEASES}?dryRun=All", {"metadata": {"name": "x"}, "spec": {}}),
        await api.call("DELETE", f"{LEASE}?dryRun=All"),
        await api.call("POST", "/api/v1/namespaces?dryRun=All", {"metadata": {"name": "x"}}),
        await api.call("POST", f"{path}/eviction?dryRun=All", {"deleteOptions": exactly}),
    ]

    assert [status for status, _ in answers] == [200, 200, 200, 201, 200, 201, 201]
    assert everything(cluster) == before
    assert [one.dry_run for one in cluster.ledger] == [True] * len(answers)
    assert not any(one.effective for one in cluster.ledger)
    doomed, cordoned = answers[0][1]["metadata"], answers[2][1]
    assert (doomed["uid"], doomed["deletionGracePeriodSeconds"]) == (pod["uid"], 1)
    assert doomed["resourceVersion"] == pod["resourceVersion"]
    assert cordoned["spec"]["unschedulable"] is True
    assert cordoned["metadata"]["resourceVersion"] == node_version
    assert (await api.get(f"{LEASES}/x"))[0] == 404
    assert (await api.get(LEASE))[1]["metadata"]["uid"] == lease["metadata"]["uid"]


@pytest.mark.parametrize("dry", ["", "?dryRun=All"])
async def test_a_dry_run_is_refused_for_the_same_reasons(
    cluster: SimulatedCluster, api: Client, dry: str
) -> None:
    path = f"{SYSTEM}/pods/{(await api.agent('node-7'))['metadata']['name']}"
    stale = {"metadata": {"resourceVersion": "1"}, "spec": {"unschedulable": True}}
    uid = {"preconditions": {"uid": OTHER}}
    _, lease = await api.get(LEASE)
    lease["metadata"]["resourceVersion"] = "1"

    codes = [
        (await api.call("DELETE", f"{path}{dry}", uid))[0],
        (await api.call("POST", f"{path}/eviction{dry}", {"deleteOptions": uid}))[0],
        (await api.patch(f"{NODE}{dry}", stale))[0],
        (await api.call("PUT", f"{LEASE}{dry}", lease))[0],
        (await api.call("POST", f"/api/v1/namespaces{dry}", {"metadata": {"name": "web"}}))[0],
        (await api.call("DELETE", f"{SYSTEM}/pods/none{dry}"))[0],
    ]
    assert codes == [409, 409, 409, 409, 409, 404]
    api.token = cluster.add_user("viewer").token
    assert (await api.patch(f"{NODE}{dry}", stale))[0] == 403


async def test_an_unknown_dry_run_is_refused(cluster: SimulatedCluster, api: Client) -> None:
    status, _ = await api.patch(f"{NODE}?dryRun=Some", {"spec": {"unschedulable": True}})

    assert status == 400
    assert [(one.code, one.effective) for one in cluster.ledger] == [(400, False)]
    assert "unschedulable" not in (await api.get(NODE))[1]["spec"]


async def test_a_cordon_with_its_owner_and_back(cluster: SimulatedCluster, api: Client) -> None:
    """Merge patches bound to the version that was read, as a bot cordons."""
    owner = "cilium-oncall/cordoned-by"
    _, node = await api.get(NODE)

    def bound(node: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
        version = {"resourceVersion": node["metadata"]["resourceVersion"]}
        return change | {"metadata": version | change["metadata"]}

    cordon = {"metadata": {"annotations": {owner: "run-1"}}, "spec": {"unschedulable": True}}
    assert (await api.patch(f"{NODE}?dryRun=All", bound(node, cordon)))[0] == 200
    status, cordoned = await api.patch(NODE, bound(node, cordon))
    assert status == 200
    assert (await api.patch(NODE, bound(node, cordon)))[0] == 409
    await cluster.settle()
    _, node = await api.get(NODE)
    assert [taint["key"] for taint in node["spec"]["taints"]] == [
        "node.kubernetes.io/unschedulable"
    ]
    assert node["metadata"]["resourceVersion"] != cordoned["metadata"]["resourceVersion"]

    uncordon = {"metadata": {"annotations": {owner: None}}, "spec": {"unschedulable": None}}
    status, node = await api.patch(NODE, bound(node, uncordon))
    await cluster.settle()
    assert status == 200
    assert owner not in (node["metadata"].get("annotations") or {})
    _, node = await api.get(NODE)
    assert "unschedulable" not in node["spec"]
    assert "taints" not in node["spec"]


async def test_a_namespace_is_made_and_read(api: Client) -> None:
    status, made = await api.call(
        "POST", "/api/v1/namespaces", {"metadata": {"name": "cilium-oncall"}}
    )

    assert (status, made["status"]) == (201, {"phase": "Active"})
    _, seen = await api.get("/api/v1/namespaces/cilium-oncall")
    assert seen == made
    assert seen["metadata"]["labels"] == {"kubernetes.io/metadata.name": "cilium-oncall"}
    assert (await api.call("POST", "/api/v1/namespaces/cilium-oncall/configmaps", {
        "metadata": {"name": "a"}
    }))[0] == 201  # fmt: skip
