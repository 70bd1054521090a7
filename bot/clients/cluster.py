"""One cluster with Cilium, by its configured name: every client a runbook needs to look at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bot.clients.cilium.agents import Agents
from bot.clients.helm.helm import Helm
from bot.clients.helm.releases import Releases
from bot.clients.helm.source import ChartSource
from bot.clients.kubernetes.api import Api
from bot.clients.kubernetes.connection import ClusterAddress
from bot.clients.kubernetes.observer import Observer
from bot.clients.kubernetes.pod_exec import PodExec
from bot.clients.kubernetes.reads import Reads


@dataclass(frozen=True, slots=True)
class Cluster:
    """The clients of one cluster. ``namespace`` is where Cilium is installed."""

    name: str
    namespace: str
    api: Api
    pod_exec: PodExec
    reads: Reads
    agents: Agents
    releases: Releases
    helm: Helm
    charts: ChartSource

    @classmethod
    def at(
        cls,
        name: str,
        address: ClusterAddress,
        *,
        namespace: str = "kube-system",
        requests_in_flight: int = 64,
        execs_in_flight: int = 64,
        observer: Observer | None = None,
        charts: ChartSource | None = None,
    ) -> Self:
        """The clients for the cluster at ``address``; nothing is opened before it is used."""
        api = Api(address, requests_in_flight=requests_in_flight, observer=observer)
        pod_exec, reads = PodExec(api, in_flight=execs_in_flight), Reads(api)
        charts = charts or ChartSource()
        return cls(
            name,
            namespace,
            api,
            pod_exec,
            reads,
            Agents(pod_exec, reads),
            Releases(api),
            Helm(api, charts.program),
            charts,
        )

    async def close(self) -> None:
        """Close its connections."""
        await self.pod_exec.close()
        await self.api.close()
