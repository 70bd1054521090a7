"""A simulated cluster whose release has three revisions, and the helm that changes it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.clients.cluster import Cluster
from bot.clients.helm.arguments import Chart
from bot.clients.helm.helm import Helm
from bot.clients.helm.names import ChartVersion, ReleaseName
from bot.clients.helm.release import Revision, latest
from bot.playground.cluster import SimulatedCluster
from bot.playground.helm.charts import chart
from runbooks.release.rollback.remedy import Rollback
from tests.clients.helm.programs import program
from tests.clients.kubernetes.serving import using
from tests.runbooks.changing import Changing, changing

CILIUM = ReleaseName("kube-system", "cilium")


@pytest.fixture
def kind() -> str:
    """Which helm; a test may ask for the real one."""
    return "playground"


@pytest.fixture
async def helmed(simulated: SimulatedCluster, kind: str, tmp_path: Path) -> AsyncIterator[Cluster]:
    """The administrator's clients, with that helm, which sends no token without TLS."""
    path = simulated.write_kubeconfig(tmp_path / "helm-admin", for_kubectl=True)
    async with using(path) as cluster:
        yield replace(cluster, helm=Helm(cluster.api, str(program(kind, tmp_path))))


@pytest.fixture
async def house(
    simulated: SimulatedCluster, helmed: Cluster, tmp_path: Path
) -> AsyncIterator[Changing]:
    """The engine over it."""
    async with changing(simulated, helmed, tmp_path, Rollback) as running:
        yield running


async def history(cluster: Cluster) -> list[tuple[int, str, str]]:
    """Number, state and chart version of every revision."""
    found = await cluster.releases.history(CILIUM)
    return [(one.number, one.state.value, one.chart_version) for one in found]


async def upgraded(
    cluster: Cluster, folder: Path, version: str = "1.18.6", **over: Any
) -> Revision:
    """What a person did with helm: another version, or other values."""
    newest = latest(await cluster.releases.history(CILIUM))
    assert newest is not None
    path = folder / f"cilium-{version}.tgz"
    path.write_bytes(chart(version).package())
    return await cluster.helm.upgrade(
        CILIUM,
        Chart(str(path), ChartVersion.of(version)),
        {**newest.values, **over},
        description="by hand",
    )
