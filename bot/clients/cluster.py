"""One cluster with Cilium, by its configured name: every client a runbook needs to look at it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.clients.cilium.agents import Agents
from bot.clients.kubernetes.api import Api
from bot.clients.kubernetes.reads import Reads


@dataclass(frozen=True, slots=True)
class Cluster:
    """The clients of one cluster. ``namespace`` is where Cilium is installed."""

    name: str
    namespace: str
    api: Api
    reads: Reads
    agents: Agents

    async def close(self) -> None:
        """Close its connections."""
        await self.api.close()
