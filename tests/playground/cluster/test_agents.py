"""What a healthy agent says: status, health, endpoints, metrics, logs."""

from __future__ import annotations

import aiohttp
import msgspec
import pytest

from bot.playground.cluster import SimulatedCluster

from .conftest import SYSTEM, Client


async def test_status_leaves_out_what_is_zero(api: Client) -> None:
    status = (await api.on_agent("node-7", "cilium-dbg", "status", "-o", "json")).json

    assert status["cilium"]["state"] == status["kubernetes"]["state"] == "Ok"
    assert "stale" not in status
    assert "nodes" not in status["cluster"]
    assert status["controllers"]
    for controller in status["controllers"]:
        assert "consecutive-failure-count" not in controller["status"]


async def test_ipam_follows_the_pods_of_the_node(cluster: SimulatedCluster, api: Client) -> None:
    ipam = (await api.on_agent("node-7", "cilium-dbg", "status", "-o", "json")).json["ipam"]

    pods = await api.items("/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-7")
    addresses = {
        pod["status"]["podIP"]: f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
        for pod in pods
        if not pod["spec"].get("hostNetwork")
    }
    assert addresses
    assert addresses.items() <= ipam["allocations"].items()
    assert set(ipam["allocations"].values()) - set(addresses.values()) == {"router", "health"}
    assert ipam["status"].startswith(f"IPv4: {len(addresses) + 2}/254 allocated from 10.0.7.0/24")


async def test_endpoints_agree_with_the_custom_resources(api: Client) -> None:
    listed = (await api.on_agent("node-7", "cilium-dbg", "endpoint", "list", "-o", "json")).json

    resources = await api.items("/apis/cilium.io/v2/ciliumendpoints")
    there = {
        resource["status"]["id"]: resource["status"]["identity"]["id"]
        for resource in resources
        if resource["status"]["networking"]["node"] == "172.18.0.7"
    }
    of_pods = {
        endpoint["id"]: endpoint["status"]["identity"]["id"]
        for endpoint in listed
        if endpoint["status"]["external-identifiers"]
    }
    assert of_pods == there
    assert {endpoint["status"]["identity"]["id"] for endpoint in listed} >= {1, 4}


async def test_peers_are_all_reachable(api: Client) -> None:
    health = (await api.on_agent("node-7", "cilium-health", "status", "-o", "json")).json

    assert health["local"] == {"name": "playground/node-7"}
    assert len(health["nodes"]) == 12
    for node in health["nodes"]:
        for path in (node["host"], node["health-endpoint"]):
            assert not path["primary-address"]["icmp"].get("status")
            assert path["primary-address"]["http"]["latency"] > 0


async def test_metrics_are_a_real_exposition(api: Client) -> None:
    series = await api.metrics("node-7")

    assert len(series) > 200
    assert series["cilium_unreachable_nodes"] == 0
    assert series["cilium_controllers_failing"] == 0
    assert series['cilium_ip_addresses{family="ipv4"}'] >= 2
    assert series['cilium_ipam_capacity{family="ipv4"}'] == 254
    assert any('version="1.18.6"' in name for name in series)


@pytest.mark.parametrize(
    ("version", "present", "absent"),
    [
        ("1.15.4", "host-routing", "routing"),
        ("1.16.6", "routing", "host-routing"),
        ("1.18.6", "attach-mode", "host-routing"),
    ],
)
async def test_fields_by_version(version: str, present: str, absent: str) -> None:
    async with SimulatedCluster(1, 1, version) as other, aiohttp.ClientSession() as session:
        ran = await Client(other, session).on_agent("node-1", "cilium", "status", "-o", "json")

    assert present in ran.json
    assert absent not in ran.json


async def test_all_nodes_only_when_asked(api: Client) -> None:
    ran = await api.on_agent("node-1", "cilium-dbg", "status", "--all-nodes", "-o", "json")

    assert len(ran.json["cluster"]["nodes"]) == 12


async def test_logs_can_be_cut(api: Client) -> None:
    pod = (await api.agent("node-7"))["metadata"]["name"]
    path = f"{SYSTEM}/pods/{pod}/log?container=cilium-agent"

    _, whole = await api.get(path)
    _, tail = await api.get(f"{path}&tailLines=2")
    _, start = await api.get(f"{path}&limitBytes=20")
    _, recent = await api.get(f"{path}&sinceSeconds=600")
    _, stamped = await api.get(f"{path}&tailLines=1&timestamps=true")

    assert whole.startswith("time=")
    assert whole.splitlines()[-2:] == tail.splitlines()
    assert whole[:20] == start
    assert 0 < len(recent.splitlines()) < len(whole.splitlines())
    assert stamped.startswith("20")
    assert stamped.split(" ", 1)[1] == tail.splitlines()[-1] + "\n"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("container=nope", "container nope is not valid for pod {pod}"),
        (
            "container=cilium-agent&previous=true",
            'previous terminated container "cilium-agent" in pod "{pod}" not found',
        ),
    ],
)
async def test_logs_that_do_not_exist(api: Client, query: str, message: str) -> None:
    pod = (await api.agent("node-7"))["metadata"]["name"]

    status, body = await api.get(f"{SYSTEM}/pods/{pod}/log?{query}")

    assert (status, body["message"]) == (400, message.format(pod=pod))


async def test_nothing_else_listens(api: Client) -> None:
    pod = (await api.agent("node-7"))["metadata"]["name"]

    status, body = await api.get(f"{SYSTEM}/pods/http:{pod}:9999/proxy/metrics")
    assert (status, body["reason"]) == (503, "ServiceUnavailable")
    assert "connect: connection refused" in body["message"]
    assert (await api.get(f"{SYSTEM}/pods/http:{pod}:9962/proxy/metrics"))[0] == 200
    assert (await api.get(f"{SYSTEM}/pods/{pod}:9962/proxy/else"))[0] == 404


async def test_health_is_dated_since_1_19() -> None:
    async with SimulatedCluster(3, 0, "1.19.4") as newer, aiohttp.ClientSession() as session:
        ran = await Client(newer, session).on_agent(
            "node-2", "cilium-health", "status", "-o", "json"
        )

    assert ran.json["nodes"][0]["host"]["primary-address"]["icmp"]["lastProbed"]
    assert ran.stdout == msgspec.json.format(ran.stdout, indent=2) + b"\n"
