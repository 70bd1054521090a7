"""The calls that write, as a remedy is handed them: for real, and within a step alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.clients.cluster import Cluster
    from bot.clients.helm.names import ReleaseName
    from bot.clients.kubernetes.api import Api
    from bot.engine.changes.acting import Act


class WritesInSteps:
    """The real calls, for the step under way; outside of one they are a fault of the remedy."""

    def __init__(self, act: Act) -> None:
        self._act = act

    async def create(self, path: str, body: dict[str, Any]) -> bytes:
        return await self._api.create(path, body)

    async def patch(self, path: str, changes: dict[str, Any], *, resource_version: str) -> bytes:
        return await self._api.patch(path, changes, resource_version=resource_version)

    async def delete(self, path: str, *, uid: str) -> bytes:
        return await self._api.delete(path, uid=uid)

    async def roll_back(self, release: ReleaseName, revision: int, *, timeout: float) -> None:
        await self._cluster.helm.rollback(release, revision, timeout=timeout)

    @property
    def _api(self) -> Api:
        return self._cluster.api

    @property
    def _cluster(self) -> Cluster:
        if not self._act.within_step:
            raise AssertionError("a remedy writes outside of a step")
        return self._act.cluster
