"""One house per story; a cluster of twelve nodes is there in ten milliseconds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.playground.cluster import SimulatedCluster
from tests.scenarios.house import House, house_on


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with (
        SimulatedCluster(12, time_scale=100) as cluster,
        house_on(cluster, tmp_path) as there,
    ):
        yield there
