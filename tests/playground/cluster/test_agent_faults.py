"""Faults of agents, seen from every side: the views must agree because they share a cause."""

from __future__ import annotations

import asyncio

import aiohttp
import msgspec
import pytest

from bot.playground.cluster import SimulatedCluster

from .conftest import SYSTEM, Client
from .views import STATUS, daemonset, first_container, path_to, ready


async def test_agent_crash_loop(cluster: SimulatedCluster, api: Client) -> None:
    fault = cluster.inject("agent-crash-loop", "node-7", restarts=5)
    await cluster.settle()

    pod = await api.agent("node-7")
    container = first_container(pod)
    assert container["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    assert container["lastState"]["terminated"]["exitCode"] == 1
    assert container["restartCount"] >= 5
    assert (await daemonset(api))["numberUnavailable"] == 1
    name = pod["metadata"]["name"]
    _, log = await api.get(f"{SYSTEM}/pods/{name}/log?container=cilium-agent&previous=true")
    assert "level=fatal" in log.splitlines()[-1]
    ran = await api.exec(name, ["cilium-dbg", "status"])
    assert "container not found" in ran.status["message"]
    assert (await api.get(f"{SYSTEM}/pods/{name}:9962/proxy/metrics"))[0] == 503
    peer = await path_to(api, "node-1", "node-7")
    assert "status" not in peer["host"]["primary-address"]["icmp"]
    assert "connection refused" in peer["host"]["primary-address"]["http"]["status"]
    assert (await api.metrics("node-1"))["cilium_unreachable_nodes"] == 1

    cluster.clear(fault.id)
    await cluster.settle()

    container = first_container(await api.agent("node-7"))
    assert container["ready"] is True
    assert container["restartCount"] >= 5
    assert (await api.metrics("node-1"))["cilium_unreachable_nodes"] == 0


async def test_restarts_of_a_crash_loop_grow() -> None:
    async with SimulatedCluster(1, 0, time_scale=1000) as fast:
        fast.inject("agent-crash-loop", "node-1", restarts=1)
        await fast.settle()
        await asyncio.sleep(0.15)  # back-offs of 10, 20, 40 and 80 s

        (pod,) = [p for p in fast.objects.all("pods") if p.name.startswith("cilium-") and
                  p.object["metadata"]["labels"].get("k8s-app") == "cilium"]  # fmt: skip
        assert 3 <= first_container(pod.object)["restartCount"] <= 5


async def test_out_of_memory(cluster: SimulatedCluster, api: Client) -> None:
    cluster.inject("agent-crash-loop", "node-7", oom=True)
    await cluster.settle()

    last = first_container(await api.agent("node-7"))["lastState"]["terminated"]
    assert (last["reason"], last["exitCode"]) == ("OOMKilled", 137)
    assert "message" not in last


async def test_agent_silent(cluster: SimulatedCluster, api: Client) -> None:
    pod = await api.agent("node-7")
    name = pod["metadata"]["name"]
    fault = cluster.inject("agent-silent", "node-7")

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await api.exec(name, STATUS)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await api.get(f"{SYSTEM}/pods/{name}:9962/proxy/metrics")
    peer = await path_to(api, "node-1", "node-7")
    assert "deadline exceeded" in peer["host"]["primary-address"]["http"]["status"]
    await asyncio.sleep(0.5)  # 90 s of readiness failures at this time scale
    assert not ready(await api.agent("node-7"))

    cluster.clear(fault.id)
    await cluster.settle()
    assert ready(await api.agent("node-7"))
    assert (await api.exec(name, STATUS)).json["cilium"]["state"] == "Ok"


async def test_a_silent_agent_is_ready_at_first() -> None:
    async with SimulatedCluster(1, 0) as slow, aiohttp.ClientSession() as session:
        slow.inject("agent-silent", "node-1")
        await slow.settle()

        assert ready(await Client(slow, session).agent("node-1"))


async def test_agent_failing(cluster: SimulatedCluster, api: Client) -> None:
    cluster.inject("agent-failing", "node-7")
    await asyncio.sleep(0.65)  # two heartbeats

    status = (await api.on_agent("node-7", *STATUS)).json
    assert status["cilium"]["state"] == status["kubernetes"]["state"] == "Failure"
    assert "i/o timeout" in status["kubernetes"]["msg"]
    failing = [
        one["name"]
        for one in status["controllers"]
        if one["status"].get("consecutive-failure-count")
    ]
    assert "k8s-heartbeat" in failing
    heartbeat = next(one for one in status["controllers"] if one["name"] == "k8s-heartbeat")
    assert heartbeat["status"]["consecutive-failure-count"] >= 2
    metrics = await api.metrics("node-7")
    assert metrics["cilium_controllers_failing"] == len(failing)
    assert metrics['cilium_errors_warnings_total{level="error",subsystem="klog"}'] > 0
    name = (await api.agent("node-7"))["metadata"]["name"]
    _, log = await api.get(f"{SYSTEM}/pods/{name}/log?container=cilium-agent&tailLines=20")
    assert "level=error" in log
    brief = await api.on_agent("node-7", "cilium-dbg", "status", "--brief")
    assert brief.stdout.startswith(b"error: kubernetes: ")
    assert brief.status["reason"] == "NonZeroExitCode"
    assert ready(await api.agent("node-7"))


async def test_agent_garbage(cluster: SimulatedCluster, api: Client) -> None:
    cluster.inject("agent-garbage", "node-7")

    ran = await api.on_agent("node-7", *STATUS)

    assert ran.status["status"] == "Success"
    assert ran.stdout.startswith(b"{")
    with pytest.raises(msgspec.DecodeError):
        ran.json  # noqa: B018
