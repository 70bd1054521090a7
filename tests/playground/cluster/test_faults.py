"""Each fault, seen from every side: the views must agree because they share a cause."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from bot.playground.cluster import SimulatedCluster
from bot.playground.cluster.clock import parse_time
from bot.playground.cluster.faults import CATALOGUE, Target

from .conftest import SYSTEM, Client
from .views import STATUS, daemonset, first_container, path_to, ready


async def test_node_unreachable(cluster: SimulatedCluster, api: Client) -> None:
    fault = cluster.inject("node-unreachable", "node-7")
    await cluster.settle()

    _, node = await api.get("/api/v1/nodes/node-7")
    conditions = {c["type"]: (c["status"], c["reason"]) for c in node["status"]["conditions"]}
    assert conditions["Ready"] == ("Unknown", "NodeStatusUnknown")
    assert conditions["NetworkUnavailable"] == ("False", "CiliumIsUp")
    assert {t["key"] for t in node["spec"]["taints"]} == {"node.kubernetes.io/unreachable"}
    pod = await api.agent("node-7")
    assert not ready(pod)
    assert (await daemonset(api))["numberReady"] == 11
    name = pod["metadata"]["name"]
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await api.exec(name, STATUS, protocols=["v4.channel.k8s.io"])
    assert refusal.value.status == 500
    translated = await api.exec(name, STATUS)
    assert "dial tcp 172.18.0.7:10250" in translated.status["message"]
    assert (await api.get(f"{SYSTEM}/pods/{name}/log?container=cilium-agent"))[0] == 500
    assert (await api.get(f"{SYSTEM}/pods/{name}:9962/proxy/metrics"))[0] == 503
    peer = await path_to(api, "node-1", "node-7")
    assert peer["host"]["primary-address"]["icmp"]["status"]
    metrics = await api.metrics("node-1")
    assert metrics["cilium_unreachable_nodes"] == 1
    assert metrics["cilium_unreachable_health_endpoints"] == 1
    await api.call("DELETE", f"{SYSTEM}/pods/{name}")
    await cluster.settle()
    assert "deletionTimestamp" in (await api.agent("node-7"))["metadata"]  # nobody stops it

    cluster.clear(fault.id)
    await cluster.settle()
    _, node = await api.get("/api/v1/nodes/node-7")
    assert "taints" not in node["spec"]
    assert (await daemonset(api))["numberReady"] == 12


async def test_link_down(cluster: SimulatedCluster, api: Client) -> None:
    fault = cluster.inject("link-down", "node-1 node-2")

    for here, there in (("node-1", "node-2"), ("node-2", "node-1")):
        peer = await path_to(api, here, there)
        assert peer["host"]["primary-address"]["icmp"]["status"]
        assert (await api.metrics(here))["cilium_unreachable_nodes"] == 1
    assert (await api.metrics("node-3"))["cilium_unreachable_nodes"] == 0

    cluster.clear(fault.id)
    assert (await api.metrics("node-1"))["cilium_unreachable_nodes"] == 0


@pytest.mark.parametrize(
    ("fault", "deployment"), [("operator-down", "cilium-operator"), ("relay-down", "hubble-relay")]
)
async def test_central_programs_down(
    cluster: SimulatedCluster, api: Client, fault: str, deployment: str
) -> None:
    path = f"/apis/apps/v1/namespaces/kube-system/deployments/{deployment}"
    cluster.inject(fault)
    await cluster.settle()

    _, body = await api.get(path)
    assert "availableReplicas" not in body["status"]
    available = next(c for c in body["status"]["conditions"] if c["type"] == "Available")
    assert available["status"] == "False" or deployment == "hubble-relay"
    pods = [
        pod for pod in await api.items(f"{SYSTEM}/pods")
        if pod["metadata"]["name"].startswith(f"{deployment}-")
    ]  # fmt: skip
    assert pods
    for pod in pods:
        assert first_container(pod)["state"]["waiting"]["reason"] == "CrashLoopBackOff"
        name = pod["metadata"]["name"]
        _, log = await api.get(f"{SYSTEM}/pods/{name}/log?previous=true")
        assert "level=fatal" in log

    cluster.clear_all()
    await cluster.settle()
    assert (await api.get(path))[1]["status"]["availableReplicas"] == len(pods)


async def test_the_lease_grows_stale_without_an_operator(cluster: SimulatedCluster) -> None:
    def renewed() -> str:
        lease = cluster.objects.get("leases", "cilium-operator-resource-lock", "kube-system")
        return str(lease["spec"]["renewTime"])

    cluster.inject("operator-down")
    await cluster.settle()
    before = renewed()
    await asyncio.sleep(0.2)
    assert renewed() == before

    cluster.clear_all()
    await cluster.settle()
    await asyncio.sleep(0.2)
    assert renewed() > before


async def test_ipam_full(cluster: SimulatedCluster, api: Client) -> None:
    fault = cluster.inject("ipam-full", "node-7", free=0)

    ipam = (await api.on_agent("node-7", *STATUS)).json["ipam"]
    metrics = await api.metrics("node-7")
    assert len(ipam["allocations"]) == len(ipam["ipv4"]) == 254
    assert ipam["status"].startswith("IPv4: 254/254 allocated")
    assert metrics['cilium_ip_addresses{family="ipv4"}'] == 254
    web = await api.items("/api/v1/namespaces/web/pods?fieldSelector=spec.nodeName%3Dnode-7")
    for number in (n for n in range(1, 13) if n != 7):
        await api.patch(f"/api/v1/nodes/node-{number}", {"spec": {"unschedulable": True}})
    before = len(web)
    await api.patch("/apis/apps/v1/namespaces/web/deployments/search", {"spec": {"replicas": 20}})
    await cluster.settle()
    stuck = await api.items(
        "/api/v1/namespaces/web/pods?fieldSelector=spec.nodeName%3Dnode-7,status.phase%3DPending"
    )
    assert len(stuck) >= 10 - before
    events = await api.items("/api/v1/namespaces/web/events?fieldSelector=type%3DWarning")
    assert any("range is full" in event["message"] for event in events)

    cluster.clear(fault.id)
    await asyncio.sleep(0.2)
    await cluster.settle()
    _, deployment = await api.get("/apis/apps/v1/namespaces/web/deployments/search")
    assert deployment["status"]["availableReplicas"] == 20


async def test_endpoints_not_ready(cluster: SimulatedCluster, api: Client) -> None:
    cluster.inject("endpoints-not-ready", "node-7", count=3)
    await cluster.settle()

    listed = (await api.on_agent("node-7", "cilium-dbg", "endpoint", "list", "-o", "json")).json
    broken = {one["id"] for one in listed if one["status"]["state"] == "not-ready"}
    resources = await api.items("/apis/cilium.io/v2/ciliumendpoints")
    assert len(broken) == 3
    assert broken == {
        one["status"]["id"]
        for one in resources
        if one["status"]["state"] == "not-ready"
        and one["status"]["networking"]["node"] == "172.18.0.7"
    }
    metrics = await api.metrics("node-7")
    assert metrics['cilium_endpoint_state{endpoint_state="not-ready"}'] == 3
    assert metrics['cilium_bpf_map_pressure{map_name="policy_v2"}'] == 1
    status = (await api.on_agent("node-7", *STATUS)).json
    failing = {c["name"] for c in status["controllers"] if c["status"].get("failure-count")}
    assert {f"endpoint-{number}-regeneration-recovery" for number in broken} <= failing
    assert status["cilium"]["state"] == "Ok"


async def test_config_not_rolled_out(cluster: SimulatedCluster, api: Client) -> None:
    async def changed() -> datetime:
        _, config = await api.get(f"{SYSTEM}/configmaps/cilium-config")
        return max(parse_time(e["time"]) for e in config["metadata"]["managedFields"])

    async def started() -> datetime:
        pod = await api.agent("node-7")
        return parse_time(pod["status"]["startTime"])

    assert await changed() < await started()
    cluster.inject("config-not-rolled-out")
    assert await changed() > await started()
    _, config = await api.get(f"{SYSTEM}/configmaps/cilium-config")
    assert config["data"]["monitor-aggregation"] == "none"


async def test_version_skew(cluster: SimulatedCluster, api: Client) -> None:
    cluster.inject("version-skew", "node-7", version="1.18.4")
    await cluster.settle()

    odd, other = await api.agent("node-7"), await api.agent("node-1")
    assert odd["spec"]["containers"][0]["image"] == "quay.io/cilium/cilium:v1.18.4"
    assert other["spec"]["containers"][0]["image"] == "quay.io/cilium/cilium:v1.18.6"
    assert (await daemonset(api))["updatedNumberScheduled"] == 11
    assert any('version="1.18.4"' in name for name in await api.metrics("node-7"))
    assert "1.18.4" in (await api.on_agent("node-7", *STATUS)).json["cilium"]["msg"]

    cluster.clear_all()
    await cluster.settle()
    pod = await api.agent("node-7")
    assert pod["spec"]["containers"][0]["image"] == "quay.io/cilium/cilium:v1.18.6"


async def test_recent_change(cluster: SimulatedCluster, api: Client) -> None:
    cluster.inject("recent-change", minutes=12)
    await cluster.settle()

    revisions = await api.items(
        "/apis/apps/v1/namespaces/kube-system/controllerrevisions?labelSelector=k8s-app%3Dcilium"
    )
    newest = max(revisions, key=lambda one: int(one["revision"]))
    age = datetime.now(UTC) - parse_time(newest["metadata"]["creationTimestamp"])
    assert newest["revision"] == 2
    assert 11.9 < age.total_seconds() / 60 < 12.1
    pod = await api.agent("node-7")
    assert pod["metadata"]["labels"]["controller-revision-hash"] in newest["metadata"]["name"]
    assert pod["status"]["startTime"] >= newest["metadata"]["creationTimestamp"]
    status = await daemonset(api)
    assert (status["numberReady"], status["updatedNumberScheduled"]) == (12, 12)


async def test_metrics_off(cluster: SimulatedCluster, api: Client) -> None:
    fault = cluster.inject("metrics-off")
    name = (await api.agent("node-7"))["metadata"]["name"]

    status, body = await api.get(f"{SYSTEM}/pods/{name}:9962/proxy/metrics")
    assert (status, body["reason"]) == (503, "ServiceUnavailable")
    _, config = await api.get(f"{SYSTEM}/configmaps/cilium-config")
    assert "prometheus-serve-metrics-addr" not in config["data"]
    started = (await api.agent("node-7"))["status"]["startTime"]
    assert all(entry["time"] < started for entry in config["metadata"]["managedFields"])

    cluster.clear(fault.id)
    assert await api.metrics("node-7")


async def test_exec_forbidden(cluster: SimulatedCluster, api: Client) -> None:
    cluster.inject("exec-forbidden")
    name = (await api.agent("node-7"))["metadata"]["name"]

    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await api.exec(name, STATUS)
    assert refusal.value.status == 403
    review = {"resourceAttributes": {"verb": "create", "resource": "pods", "subresource": "exec"}}
    _, body = await api.call(
        "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {"spec": review}
    )
    assert body["status"]["allowed"] is False


async def test_api_slow(cluster: SimulatedCluster, api: Client) -> None:
    cluster.inject("api-slow", seconds=0.3)
    begun = asyncio.get_running_loop().time()
    await api.get("/version")
    assert asyncio.get_running_loop().time() - begun >= 0.3


async def test_api_throttle(cluster: SimulatedCluster, api: Client) -> None:
    cluster.inject("api-throttle", share=0.25)

    answers = [await api.get("/api/v1/nodes/node-1") for _ in range(20)]
    assert [status for status, _ in answers].count(429) == 5
    patched, _ = await api.patch("/api/v1/nodes/node-1", {"metadata": {"labels": {"a": "b"}}})
    assert patched == 200
    headers = {"Authorization": f"Bearer {api.token}"}
    for _ in range(4):
        async with api.session.get(cluster.url + "/api/v1/nodes", headers=headers) as response:
            if response.status == 429:
                assert response.headers["Retry-After"] == "1"
                return
    pytest.fail("no 429 among four reads")


async def test_api_down_and_back_on_the_same_port(cluster: SimulatedCluster, api: Client) -> None:
    url = cluster.url
    await api.get("/version")
    fault = cluster.inject("api-down")
    with pytest.raises(aiohttp.ClientConnectionError):
        await api.get("/version")

    cluster.clear(fault.id)
    assert cluster.url == url
    assert (await api.get("/version"))[0] == 200


async def test_a_lost_reply_has_taken_effect(cluster: SimulatedCluster, api: Client) -> None:
    cluster.inject("api-reply-lost")

    with pytest.raises(aiohttp.ClientConnectionError):
        await api.patch("/api/v1/nodes/node-1", {"metadata": {"labels": {"a": "b"}}})

    assert (await api.get("/api/v1/nodes/node-1"))[1]["metadata"]["labels"]["a"] == "b"
    assert [one.code for one in cluster.ledger] == [200]
    assert (await api.patch("/api/v1/nodes/node-1", {"metadata": {"labels": {"c": "d"}}}))[0] == 200


@pytest.mark.parametrize(
    ("name", "target", "options", "complaint"),
    [
        ("agent-silnt", "node-1", {}, "did you mean 'agent-silent'"),
        ("agent-silent", "node-77", {}, "did you mean 'node-7'"),
        ("agent-silent", None, {}, "takes one node"),
        ("operator-down", "node-1", {}, "takes no target"),
        ("link-down", "node-1 node-1", {}, "takes two different nodes"),
        ("api-slow", None, {"second": 1}, "has no option 'second'; its options: seconds"),
        ("api-throttle", None, {"share": 7}, "share must be"),
    ],
)
async def test_mistakes_name_what_would_be_right(
    cluster: SimulatedCluster, name: str, target: str, options: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        cluster.inject(name, target, **options)
    assert cluster.faults == []


async def test_every_fault_can_be_put_in_and_taken_out(cluster: SimulatedCluster) -> None:
    aims = {Target.CLUSTER: None, Target.NODE: "node-2", Target.NODE_PAIR: "node-2 node-3"}
    for kind in CATALOGUE.values():
        cluster.inject(kind.name, aims[kind.target])
    assert len(cluster.faults) == len(CATALOGUE)

    cluster.clear_all()
    await cluster.settle()

    assert cluster.faults == []
    with pytest.raises(ValueError, match="no active fault"):
        cluster.clear("gone")
    daemonset = cluster.objects.get("daemonsets", "cilium", "kube-system")
    assert daemonset["status"]["numberReady"] == 12
