"""The playground's helm as the demo runs it: an ordinary kubeconfig, without TLS."""

from __future__ import annotations

from pathlib import Path

from bot.clients.helm.helm import Helm
from bot.clients.helm.names import ChartVersion, ReleaseName
from bot.clients.helm.source import ChartSource
from bot.playground.cluster import SimulatedCluster
from bot.playground.helm.program import write_program
from bot.playground.helm.repository import ChartRepository
from tests.clients.kubernetes.serving import using

CILIUM = ReleaseName("kube-system", "cilium")


async def test_it_upgrades_the_release_of_the_demo(tmp_path: Path) -> None:
    async with SimulatedCluster(2, time_scale=100) as simulated, ChartRepository() as charts:
        source = ChartSource(charts.url, program=str(write_program(tmp_path)))
        async with using(simulated.write_kubeconfig(tmp_path / "k")) as cluster:
            helm = Helm(cluster.api, source.program)
            assert await helm.version() == "v4.1.4+playground"
            made = await helm.upgrade(
                CILIUM, source.at(ChartVersion.of("1.19.1")), {}, description="a demo"
            )
        assert (made.number, made.chart_version) == (4, "1.19.1")
        await simulated.settle()
        agents = [
            pod.object["spec"]["containers"][0]["image"]
            for pod in simulated.objects.all("pods", "kube-system")
            if pod.object["metadata"]["labels"].get("k8s-app") == "cilium"
        ]
        assert set(agents) == {"quay.io/cilium/cilium:v1.19.1"}
