"""A small cluster in fast time, and a console that remembers."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from rich.console import Console

from bot.clients.cluster import Cluster
from bot.clients.kubernetes.connection import ClusterAddress
from bot.playground.cluster import SimulatedCluster
from tests.terminal.breakglass.house import SCALE, House


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with SimulatedCluster(3, 1, time_scale=SCALE.factor / 4) as simulated:
        path = simulated.write_kubeconfig(tmp_path / "kubeconfig", context="lab")
        cluster = Cluster.at("lab", ClusterAddress(path, "lab"))
        yield House(simulated, cluster, Console(file=io.StringIO(), width=200))
        await cluster.close()
