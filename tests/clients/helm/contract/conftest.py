"""The same expectations on the real Helm 4 and on the playground's, on the simulated cluster."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.clients.cluster import Cluster
from bot.clients.helm.arguments import Chart
from bot.clients.helm.helm import Helm
from bot.clients.helm.names import ChartVersion, ReleaseName
from bot.clients.helm.releases import Releases
from bot.playground.cluster import SimulatedCluster
from bot.playground.helm.charts import chart
from bot.playground.helm.repository import ChartRepository
from tests.clients.helm.programs import KINDS, program
from tests.clients.kubernetes.serving import using

CILIUM = ReleaseName("kube-system", "cilium")


@dataclass(frozen=True)
class Bench:
    """One helm on one simulated cluster."""

    simulated: SimulatedCluster
    cluster: Cluster
    helm: Helm
    releases: Releases
    folder: Path
    repository: str

    def chart(self, version: str) -> Chart:
        """A version of the playground's chart, packed into a file."""
        path = self.folder / f"cilium-{version}.tgz"
        path.write_bytes(chart(version).package())
        return Chart(str(path), ChartVersion.of(version))

    def offered(self, version: str) -> Chart:
        """The same from the repository."""
        return Chart("cilium", ChartVersion.of(version), self.repository)

    def config(self) -> dict[str, str]:
        """What is in cilium-config."""
        data: dict[str, str] = self.simulated.objects.get(
            "configmaps", "cilium-config", "kube-system"
        )["data"]
        return data

    def agent_images(self) -> set[str]:
        """The images that the DaemonSet asks for."""
        daemonset = self.simulated.objects.get("daemonsets", "cilium", "kube-system")
        return {one["image"] for one in daemonset["spec"]["template"]["spec"]["containers"]}


@pytest.fixture(params=KINDS)
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    """A cluster of three nodes whose release has three revisions, the last one deployed."""
    binary = program(request.param, tmp_path)
    async with SimulatedCluster(3, time_scale=100) as simulated, ChartRepository() as repository:
        kubeconfig = simulated.write_kubeconfig(tmp_path / "kubeconfig", for_kubectl=True)
        async with using(kubeconfig) as cluster:
            yield Bench(
                simulated,
                cluster,
                Helm(cluster.api, str(binary)),
                Releases(cluster.api),
                tmp_path,
                repository.url,
            )
