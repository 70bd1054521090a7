"""A small simulated cluster and its administrator's clients, for remedies."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.clients.cluster import Cluster
from bot.clients.kubernetes import api as api_module
from bot.playground.cluster import SimulatedCluster
from tests.clients.kubernetes.serving import using


@pytest.fixture
async def simulated(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SimulatedCluster]:
    """Six nodes on which everything happens a hundred times as fast."""
    monkeypatch.setattr(api_module, "FIRST_PAUSE", 0.01)
    async with SimulatedCluster(6, time_scale=100) as cluster:
        yield cluster


@pytest.fixture
async def cluster(simulated: SimulatedCluster, tmp_path: Path) -> AsyncIterator[Cluster]:
    """The administrator's clients of the simulated cluster."""
    async with using(simulated.write_kubeconfig(tmp_path / "admin")) as clients:
        yield clients
