"""A cluster whose agents have not read their configuration, and the engine over it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.clients.cluster import Cluster
from bot.playground.cluster import SimulatedCluster
from runbooks.agent.rollout.remedy import RolloutRestart
from tests.runbooks.changing import Changing, changing


@pytest.fixture
async def house(
    simulated: SimulatedCluster, cluster: Cluster, tmp_path: Path
) -> AsyncIterator[Changing]:
    simulated.inject("config-not-rolled-out")
    async with changing(simulated, cluster, tmp_path, RolloutRestart) as running:
        yield running
