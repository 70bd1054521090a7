"""A thousand nodes: ready fast, listed fast."""

from __future__ import annotations

import time

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
