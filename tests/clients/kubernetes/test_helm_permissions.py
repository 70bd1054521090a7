"""The row for Helm: enough to read releases, and nothing beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.clients.helm.names import ReleaseName
from bot.clients.kubernetes.permissions import HELM, PERMISSIONS
from bot.model.errors import Denied, NotFound
from bot.playground.cluster import SimulatedCluster
from tests.clients.kubernetes.test_permissions import asked, limited_to

CILIUM = ReleaseName("kube-system", "cilium")


async def test_reading_releases_asks_for_what_is_listed_and_nothing_else(
    simulated: SimulatedCluster, tmp_path: Path
) -> None:
    async with limited_to(HELM, simulated, tmp_path) as cluster:
        assert len(await cluster.releases.history(CILIUM)) == 3
        with pytest.raises(NotFound):
            await cluster.releases.history(ReleaseName("kube-system", "cilum"))
        assert await cluster.releases.of_chart("kube-system", "cilium") == (CILIUM,)
    assert asked(simulated) == {(v, row.group, row.resource) for row in HELM for v in row.verbs}


async def test_without_it_the_refusal_names_the_switch(
    simulated: SimulatedCluster, tmp_path: Path
) -> None:
    async with limited_to(PERMISSIONS, simulated, tmp_path) as cluster:
        with pytest.raises(Denied) as caught:
            await cluster.releases.history(CILIUM)
    assert "helm-reader" in caught.value.hint
    assert "helm.enabled: true" in caught.value.hint
