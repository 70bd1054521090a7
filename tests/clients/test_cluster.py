"""The clients of one cluster together: agents of every version, and an end that leaves nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.clients.cluster import Cluster
from bot.clients.kubernetes.connection import ClusterAddress
from bot.clients.kubernetes.pod_ref import PodRef
from bot.model.errors import ConfigurationError, Malformed, TimedOut, Unreachable
from bot.playground.cluster import SimulatedCluster

SYSTEM = "kube-system"
RENAMED = "registry.test/team/network-agent:blue"


@asynccontextmanager
async def agents_of(
    cilium: str, folder: Path
) -> AsyncIterator[tuple[SimulatedCluster, Cluster, PodRef, str]]:
    """A cluster with this Cilium, its clients, and the agent on node-1 with its image."""
    async with SimulatedCluster(3, cilium=cilium, time_scale=100) as simulated:
        path = simulated.write_kubeconfig(folder / "config")
        cluster = Cluster.at("it", ClusterAddress(path))
        try:
            pods = await cluster.reads.pods(SYSTEM, "k8s-app=cilium", node="node-1")
            pod = pods.items[0]
            yield simulated, cluster, PodRef.of(pod), pod.image("cilium-agent")
        finally:
            await cluster.close()


@pytest.mark.parametrize("cilium", ["1.14.19", "1.15.0", "1.18.6"])
async def test_agents_of_every_version_answer(cilium: str, tmp_path: Path) -> None:
    async with agents_of(cilium, tmp_path) as (simulated, cluster, agent, image):
        status = await cluster.agents.status(agent, image, timeout=5)
        part = status.part("cilium")
        assert part is not None
        assert part.state == "Ok"
        assert status.capacity
        health = await cluster.agents.health(agent, image, timeout=5)
        assert {peer.node for peer in health.peers} == {"node-1", "node-2", "node-3"}
        assert health.unreachable == ()
        assert await cluster.agents.endpoints(agent, image, timeout=5)
        assert simulated.requests["get", "", "pods", "exec"] == 3  # its tool's name was known


async def test_an_image_of_ones_own_takes_a_second_try(tmp_path: Path) -> None:
    async with agents_of("1.14.19", tmp_path) as (simulated, cluster, agent, _):
        await cluster.agents.status(agent, RENAMED, timeout=5)
        assert simulated.requests["get", "", "pods", "exec"] == 2


async def test_metrics_come_without_exec(tmp_path: Path) -> None:
    async with agents_of("1.18.6", tmp_path) as (simulated, cluster, agent, _):
        metrics = await cluster.agents.metrics(agent, 9962, timeout=5)
        assert metrics
        assert simulated.requests["get", "", "pods", "exec"] == 0


async def test_garbage_is_malformed_and_never_good_news(tmp_path: Path) -> None:
    async with agents_of("1.18.6", tmp_path) as (simulated, cluster, agent, image):
        simulated.inject("agent-garbage", "node-1")
        for ask in (cluster.agents.status, cluster.agents.health, cluster.agents.endpoints):
            with pytest.raises(Malformed):
                await ask(agent, image, timeout=5)


async def test_an_agent_that_is_down_or_hangs_is_said_to_be(tmp_path: Path) -> None:
    async with agents_of("1.18.6", tmp_path) as (simulated, cluster, agent, image):
        fault = simulated.inject("agent-silent", "node-1")
        with pytest.raises(TimedOut):
            await cluster.agents.status(agent, image, timeout=0.2)
        with pytest.raises(TimedOut):
            await cluster.agents.metrics(agent, 9962, timeout=0.2)
        simulated.clear(fault.id)
        simulated.inject("agent-crash-loop", "node-1")
        await simulated.settle()
        with pytest.raises(Unreachable, match="container not found"):
            await cluster.agents.status(agent, image, timeout=5)


async def test_clusters_open_nothing_before_they_are_used(tmp_path: Path) -> None:
    cluster = Cluster.at("it", ClusterAddress(tmp_path / "nowhere"))
    await cluster.close()
    with pytest.raises(ConfigurationError):
        await cluster.reads.nodes()
    await cluster.close()


async def test_closing_ends_what_is_under_way(tmp_path: Path) -> None:
    async with agents_of("1.18.6", tmp_path) as (simulated, cluster, agent, image):
        simulated.inject("agent-silent", "node-1")
        asking = asyncio.create_task(cluster.agents.status(agent, image, timeout=30))
        await asyncio.sleep(0.1)
        await cluster.close()
        with pytest.raises((Malformed, Unreachable)):
            await asyncio.wait_for(asking, 2)
