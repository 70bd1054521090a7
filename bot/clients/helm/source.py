"""Where a cluster's chart comes from, and which helm is run."""

from __future__ import annotations

from dataclasses import dataclass

from bot.clients.helm.arguments import Chart
from bot.clients.helm.names import ChartVersion

REPOSITORY = "https://helm.cilium.io"
"""Cilium's own; the upgrade guide names it."""


@dataclass(frozen=True, slots=True)
class ChartSource:
    """A chart by name in an HTTP repository. ``program`` is the helm that is run."""

    repository: str = REPOSITORY
    chart: str = "cilium"
    program: str = "helm"

    def at(self, version: ChartVersion) -> Chart:
        """One version of it."""
        return Chart(self.chart, version, self.repository)
