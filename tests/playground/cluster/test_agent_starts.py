"""An agent's pod is deleted: how it ends, who comes next, and whether that one gets ready."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import aiohttp
import pytest

from bot.playground.cluster import SimulatedCluster
from bot.playground.cluster.clock import parse_time

from .conftest import SYSTEM, Client
from .views import STATUS, daemonset, first_container, path_to, ready


async def restart(cluster: SimulatedCluster, api: Client, node: str) -> dict[str, Any]:
    """Delete the agent's pod as a bot does; the next one once nothing moves any more."""
    pod = (await api.agent(node))["metadata"]
    options = {"preconditions": {"uid": pod["uid"]}}
    status, _ = await api.call("DELETE", f"{SYSTEM}/pods/{pod['name']}", options)
    assert status == 200
    await cluster.settle()
    after = await api.agent(node)
    assert after["metadata"]["uid"] != pod["uid"]
    return after


async def test_the_next_agent_never_becomes_ready(cluster: SimulatedCluster, api: Client) -> None:
    cluster.inject("agent-never-ready", "node-7")
    assert ready(await api.agent("node-7"))
    assert (await api.on_agent("node-7", *STATUS)).json["cilium"]["state"] == "Ok"

    pod = await restart(cluster, api, "node-7")
    await asyncio.sleep(0.1)
    assert (await api.agent("node-7"))["metadata"]["uid"] == pod["metadata"]["uid"]
    assert (pod["status"]["phase"], ready(pod)) == ("Running", False)
    container = first_container(pod)
    assert "running" in container["state"]
    assert (container["ready"], container["started"], container["restartCount"]) == (
        False, False, 0,
    )  # fmt: skip
    assert (await daemonset(api))["numberUnavailable"] == 1
    name = pod["metadata"]["name"]
    ran = await api.exec(name, STATUS)
    assert ran.status["reason"] == "NonZeroExitCode"
    assert b"Is the agent running?" in ran.stderr
    assert (await api.get(f"{SYSTEM}/pods/{name}:9962/proxy/metrics"))[0] == 503
    _, log = await api.get(f"{SYSTEM}/pods/{name}/log?container=cilium-agent")
    assert "Daemon initialization completed" not in log
    assert "required IPv4 PodCIDR not available" in log.splitlines()[-1]
    peer = await path_to(api, "node-1", "node-7")
    assert "connection refused" in peer["host"]["primary-address"]["http"]["status"]
    assert ready(await restart(cluster, api, "node-6"))

    assert ready(await restart(cluster, api, "node-7"))  # it was the next one only
    assert (await api.metrics("node-1"))["cilium_unreachable_nodes"] == 0


@pytest.mark.parametrize(("pods", "elsewhere"), [("node", True), ("cluster", False)])
async def test_every_agent_that_starts_from_now_on(
    cluster: SimulatedCluster, api: Client, pods: str, elsewhere: bool
) -> None:
    fault = cluster.inject("agent-never-ready", "node-7", pods=pods)

    for _ in range(2):
        assert not ready(await restart(cluster, api, "node-7"))
    assert ready(await restart(cluster, api, "node-6")) is elsewhere

    stuck = (await api.agent("node-7"))["metadata"]["uid"]
    cluster.clear(fault.id)
    await cluster.settle()
    pod = await api.agent("node-7")
    assert (pod["metadata"]["uid"], ready(pod)) == (stuck, True)
    assert first_container(pod)["started"] is True
    assert (await api.on_agent("node-7", *STATUS)).json["cilium"]["state"] == "Ok"


async def test_new_pods_wait_for_an_agent_that_is_stuck(
    cluster: SimulatedCluster, api: Client
) -> None:
    cluster.inject("agent-never-ready", "node-7")
    await restart(cluster, api, "node-7")
    query = "fieldSelector=spec.nodeName%3Dnode-7"
    (victim, *_) = await api.items(f"/api/v1/namespaces/web/pods?{query}")
    for number in (n for n in range(1, 13) if n != 7):
        await api.patch(f"/api/v1/nodes/node-{number}", {"spec": {"unschedulable": True}})
    await api.call("DELETE", f"/api/v1/namespaces/web/pods/{victim['metadata']['name']}")
    await cluster.settle()

    waiting = await api.items(f"/api/v1/namespaces/web/pods?{query},status.phase%3DPending")
    assert len(waiting) == 1


@pytest.mark.parametrize(
    "name", ["agent-failing", "agent-garbage", "agent-crash-loop", "agent-silent"]
)
async def test_faults_that_a_restart_cures(
    cluster: SimulatedCluster, api: Client, name: str
) -> None:
    fault = cluster.inject(name, "node-7", cured_by_restart=True)
    await cluster.settle()

    pod = await restart(cluster, api, "node-7")

    assert ready(pod)
    assert first_container(pod)["restartCount"] == 0
    assert (await api.on_agent("node-7", *STATUS)).json["cilium"]["state"] == "Ok"
    assert (await api.metrics("node-1"))["cilium_unreachable_nodes"] == 0
    _, state = await api.get("/playground/state")
    assert {node["name"]: node["agent"] for node in state["nodes"]}["node-7"] == "ok"
    assert state["faults"] == []
    cluster.clear(fault.id)  # who put it in need not know that it is over
    with pytest.raises(ValueError, match="no active fault"):
        cluster.clear(fault.id)


@pytest.mark.parametrize("name", ["agent-failing", "agent-crash-loop", "agent-silent"])
async def test_faults_that_a_restart_does_not_cure(
    cluster: SimulatedCluster, api: Client, name: str
) -> None:
    cluster.inject(name, "node-7")

    await restart(cluster, api, "node-7")

    _, state = await api.get("/playground/state")
    assert {node["name"]: node["agent"] for node in state["nodes"]}["node-7"] != "ok"
    assert len(cluster.faults) == 1


@pytest.mark.parametrize(("silent", "shortest", "longest"), [(False, 0.4, 0.8), (True, 0.9, 1.5)])
async def test_an_agent_ends_within_its_grace(
    silent: bool, shortest: float, longest: float
) -> None:
    """At true speed. The chart gives it a second; who hangs needs all of it."""
    async with SimulatedCluster(1, 0) as slow, aiohttp.ClientSession() as session:
        api = Client(slow, session)
        if silent:
            slow.inject("agent-silent", "node-1")
        pod = (await api.agent("node-1"))["metadata"]
        begun = time.monotonic()
        _, doomed = await api.call("DELETE", f"{SYSTEM}/pods/{pod['name']}")
        while (await api.get(f"{SYSTEM}/pods/{pod['name']}"))[0] == 200:
            await asyncio.sleep(0.01)
        assert shortest <= time.monotonic() - begun < longest
        deleted = doomed["metadata"]
        assert deleted["deletionGracePeriodSeconds"] == 1
        assert (await api.agent("node-1"))["metadata"]["uid"] != pod["uid"]


async def test_the_deadline_is_scaled_as_the_wait_is(api: Client) -> None:
    pod = (await api.items("/api/v1/namespaces/web/pods"))[0]["metadata"]
    begun = time.time()

    _, doomed = await api.call("DELETE", f"/api/v1/namespaces/web/pods/{pod['name']}")

    assert doomed["metadata"]["deletionGracePeriodSeconds"] == 30
    assert parse_time(doomed["metadata"]["deletionTimestamp"]).timestamp() - begun < 1


async def test_less_grace_than_before_and_none_at_all(
    cluster: SimulatedCluster, api: Client
) -> None:
    cluster.inject("node-unreachable", "node-7")  # nobody stops its pods
    await cluster.settle()
    pod = (await api.agent("node-7"))["metadata"]
    path = f"{SYSTEM}/pods/{pod['name']}"

    seen = []
    for asked in (60, None, 300, 0):
        options = {} if asked is None else {"gracePeriodSeconds": asked}
        _, body = await api.call("DELETE", path, options)
        seen.append(body["metadata"]["deletionGracePeriodSeconds"] if asked != 0 else 0)

    assert seen == [60, 1, 1, 0]
    assert [one.effective for one in cluster.ledger] == [True, True, False, True]
    assert (await api.get(path))[0] == 404
