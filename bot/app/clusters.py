"""An executor for the configured clusters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from bot.clients.cluster import Cluster
from bot.clients.helm.source import ChartSource
from bot.clients.kubernetes.connection import ClusterAddress
from bot.engine.carriage import Deadlines
from bot.engine.executor import Executor
from bot.engine.registry import Runbook
from bot.model.run import RunRecord
from bot.model.time_scale import REAL_TIME, TimeScale
from bot.settings import Helm as HelmSettings
from bot.settings import Limits, Settings
from runbooks import catalogue

if TYPE_CHECKING:
    from bot.clients.kubernetes.observer import Observer
    from bot.engine.carrier import Carrier


def build_executor(
    addresses: Mapping[str, tuple[ClusterAddress, str]],
    limits: Limits,
    helm: HelmSettings | None = None,
    *,
    carrier: Carrier | None = None,
    time_scale: TimeScale = REAL_TIME,
    observers: Mapping[str, Observer] | None = None,
    on_ended: Callable[[RunRecord], None] = lambda record: None,
    more: Sequence[Runbook] = (),
) -> Executor:
    """An executor for clusters by name: where each is, and Cilium's namespace in it.

    ``helm`` says where Cilium's chart comes from; without it, from Cilium's own repository.
    """
    charts = ChartSource(helm.repository, helm.chart, helm.program) if helm else None
    clusters = {
        name: Cluster.at(
            name,
            address,
            namespace=namespace,
            requests_in_flight=limits.api_requests_in_flight,
            execs_in_flight=limits.execs_in_flight,
            observer=(observers or {}).get(name),
            charts=charts,
        )
        for name, (address, namespace) in addresses.items()
    }
    return Executor(
        catalogue.registry(more),
        clusters,
        deadlines=Deadlines(limits.deadline, limits.deep_deadline),
        carrier=carrier,
        time_scale=time_scale,
        on_ended=on_ended,
    )


def addresses_of(settings: Settings) -> dict[str, tuple[ClusterAddress, str]]:
    """Where the configured clusters are, and Cilium's namespace in each."""
    return {
        name: (
            ClusterAddress(cluster.kubeconfig, cluster.context, cluster.in_cluster),
            cluster.cilium_namespace,
        )
        for name, cluster in settings.clusters.items()
    }


async def close(executor: Executor) -> None:
    """End what is under way and close every connection."""
    await executor.close()
    for cluster in executor.clusters.values():
        await cluster.close()
