"""Controllers: pods come back, rollouts keep their bounds, Leases are renewed."""

from __future__ import annotations

import asyncio
from typing import Any

from bot.playground.cluster import SimulatedCluster

from .conftest import SYSTEM, Client

DAEMONSET = "/apis/apps/v1/namespaces/kube-system/daemonsets/cilium"
RESTART = {
    "spec": {
        "template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}}}
    }
}


def hashes(pods: list[dict[str, Any]]) -> set[str]:
    return {pod["metadata"]["labels"]["controller-revision-hash"] for pod in pods}


async def agents(api: Client) -> list[dict[str, Any]]:
    return await api.items(f"{SYSTEM}/pods?labelSelector=k8s-app%3Dcilium")


async def test_a_deleted_agent_pod_is_replaced(cluster: SimulatedCluster, api: Client) -> None:
    before = (await api.agent("node-7"))["metadata"]
    status, body = await api.call("DELETE", f"{SYSTEM}/pods/{before['name']}")
    assert (status, body["metadata"]["deletionGracePeriodSeconds"]) == (200, 1)
    assert "deletionTimestamp" in (await api.agent("node-7"))["metadata"]

    await cluster.settle()

    after = await api.agent("node-7")
    assert after["metadata"]["uid"] != before["uid"]
    assert after["status"]["containerStatuses"][0]["ready"] is True
    assert after["metadata"]["creationTimestamp"] > before["creationTimestamp"]


async def test_a_rolling_update_keeps_within_its_bound(
    cluster: SimulatedCluster, api: Client
) -> None:
    old = hashes(await agents(api))
    fewest = 12

    def count(change: Any) -> None:
        nonlocal fewest
        if change.kind.plural == "daemonsets" and change.new:
            fewest = min(fewest, change.new.object["status"].get("numberReady", 12))

    stop = cluster.objects.listen(count)
    _, changed = await api.patch(DAEMONSET, RESTART)
    await cluster.settle()
    stop()

    pods = await agents(api)
    assert len(pods) == 12
    assert len(hashes(pods)) == 1
    assert hashes(pods).isdisjoint(old)
    assert fewest == 10  # maxUnavailable 2, and really two at a time
    _, daemonset = await api.get(DAEMONSET)
    assert daemonset["metadata"]["generation"] == changed["metadata"]["generation"] == 2
    assert daemonset["status"]["observedGeneration"] == 2
    assert daemonset["status"]["updatedNumberScheduled"] == 12
    revisions = await api.items("/apis/apps/v1/namespaces/kube-system/controllerrevisions")
    assert sorted(
        one["revision"] for one in revisions if "cilium-envoy" not in one["metadata"]["name"]
    ) == [1, 2]


async def test_on_delete_waits_for_each_pods_deletion(
    cluster: SimulatedCluster, api: Client
) -> None:
    strategy = {"spec": {"updateStrategy": {"type": "OnDelete"}}}
    await api.patch(DAEMONSET, strategy)
    await api.patch(DAEMONSET, RESTART)
    await cluster.settle()
    _, daemonset = await api.get(DAEMONSET)
    assert "updatedNumberScheduled" not in daemonset["status"]
    assert daemonset["status"]["numberAvailable"] == 12

    name = (await api.agent("node-1"))["metadata"]["name"]
    await api.call("DELETE", f"{SYSTEM}/pods/{name}")
    await cluster.settle()

    assert len(hashes(await agents(api))) == 2
    assert (await api.get(DAEMONSET))[1]["status"]["updatedNumberScheduled"] == 1


async def test_a_template_seen_before_gets_its_revision_back(
    cluster: SimulatedCluster, api: Client
) -> None:
    _, original = await api.get(DAEMONSET)
    first = hashes(await agents(api))
    await api.patch(DAEMONSET, RESTART)
    await cluster.settle()
    undo = [{"op": "replace", "path": "/spec/template", "value": original["spec"]["template"]}]
    await api.patch(DAEMONSET, undo, "json-patch+json")
    await cluster.settle()

    assert hashes(await agents(api)) == first
    revisions = await api.items(
        "/apis/apps/v1/namespaces/kube-system/controllerrevisions?labelSelector=k8s-app%3Dcilium"
    )
    numbers = {one["metadata"]["labels"]["controller-revision-hash"]: one["revision"]
               for one in revisions}  # fmt: skip
    assert sorted(numbers.values()) == [2, 3]
    assert numbers[first.pop()] == 3


async def test_a_deployment_rolls_to_a_new_replicaset(
    cluster: SimulatedCluster, api: Client
) -> None:
    path = "/apis/apps/v1/namespaces/web/deployments/frontend"
    _, before = await api.get(path)
    image = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "x:2"}]
    await api.patch(path, image, "json-patch+json")
    await cluster.settle()

    pods = await api.items(
        "/api/v1/namespaces/web/pods?labelSelector=app.kubernetes.io/name%3Dfrontend"
    )
    assert {pod["spec"]["containers"][0]["image"] for pod in pods} == {"x:2"}
    assert len(pods) == before["spec"]["replicas"]
    _, after = await api.get(path)
    assert after["status"]["updatedReplicas"] == after["status"]["replicas"] == len(pods)
    assert after["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2"
    resources = await api.items("/apis/cilium.io/v2/namespaces/web/ciliumendpoints")
    every = await api.items("/api/v1/namespaces/web/pods")
    assert {one["metadata"]["name"] for one in resources} == {
        pod["metadata"]["name"] for pod in every
    }


async def test_cordoned_nodes_get_no_new_pods(cluster: SimulatedCluster, api: Client) -> None:
    for number in range(2, 13):
        await api.patch(f"/api/v1/nodes/node-{number}", {"spec": {"unschedulable": True}})
    await cluster.settle()
    scale = {"spec": {"replicas": 30}}
    await api.patch("/apis/apps/v1/namespaces/web/deployments/search", scale)
    await cluster.settle()

    pods = await api.items(
        "/api/v1/namespaces/web/pods?labelSelector=app.kubernetes.io/name%3Dsearch"
    )
    fresh = [pod for pod in pods if pod["spec"]["nodeName"] == "node-1"]
    assert len(pods) == 30
    assert len(fresh) >= 22


async def test_the_operators_lease_is_renewed(cluster: SimulatedCluster) -> None:
    def lease() -> dict[str, Any]:
        found = cluster.objects.get("leases", "cilium-operator-resource-lock", "kube-system")
        spec: dict[str, Any] = found["spec"]
        return spec

    first = lease()
    await asyncio.sleep(0.2)

    assert lease()["renewTime"] > first["renewTime"]
    assert lease()["holderIdentity"] == first["holderIdentity"]
    operators = [
        pod.object["spec"]["nodeName"]
        for pod in cluster.objects.all("pods", "kube-system")
        if pod.name.startswith("cilium-operator-")
    ]
    assert first["holderIdentity"].rpartition("-")[0] in operators
    assert len(set(operators)) == 2


async def test_deleting_a_daemonset_takes_its_pods_along(
    cluster: SimulatedCluster, api: Client
) -> None:
    await api.call("DELETE", "/apis/apps/v1/namespaces/kube-system/daemonsets/cilium-envoy")
    await cluster.settle()

    assert await api.items(f"{SYSTEM}/pods?labelSelector=k8s-app%3Dcilium-envoy") == []
