"""A thousand nodes: ready fast, listed fast. Many small clusters in one process: cheap."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack

import aiohttp

from bot.playground.cluster import SimulatedCluster

from .conftest import SYSTEM, Client


async def test_a_thousand_nodes() -> None:
    begun = time.process_time()
    async with SimulatedCluster(1_000) as big, aiohttp.ClientSession() as session:
        started = time.process_time() - begun
        api = Client(big, session)
        nodes = await api.items("/api/v1/nodes")
        agents = await api.items(f"{SYSTEM}/pods?labelSelector=k8s-app%3Dcilium")
        await big.settle()

    # CPU seconds, with room for a slow machine: 1.2 s here.
    assert started < 6
    assert (len(nodes), len(agents)) == (1_000, 1_000)
    assert len({node["spec"]["podCIDR"] for node in nodes}) == 1_000
    assert len({node["status"]["addresses"][0]["address"] for node in nodes}) == 1_000


async def test_twenty_small_clusters_at_once() -> None:
    """As chaos runs use them: each with its own port, ledger and faults."""
    begun = time.process_time()
    async with AsyncExitStack() as stack, aiohttp.ClientSession() as session:
        clusters = [
            await stack.enter_async_context(SimulatedCluster(6, time_scale=60)) for _ in range(20)
        ]
        started = time.process_time() - begun
        one, other = Client(clusters[0], session), Client(clusters[1], session)
        clusters[0].inject("api-reply-lost")
        status, _ = await other.patch("/api/v1/nodes/node-1", {"spec": {"unschedulable": True}})
        _, node = await one.get("/api/v1/nodes/node-1")

    assert started < 2  # CPU seconds; 0.2 here
    assert len({cluster.url for cluster in clusters}) == 20
    assert (status, clusters[0].ledger, len(clusters[1].ledger)) == (200, [], 1)
    assert "unschedulable" not in node["spec"]
