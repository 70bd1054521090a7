"""What planning and verifying may do: read, and ask what a call would do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot.engine.remedy import Trying
from bot.model.change import Change, StepState

if TYPE_CHECKING:
    from bot.clients.cluster import Cluster


class DryRuns:
    """Calls whose effect the API server only tells."""

    def __init__(self, cluster: Cluster) -> None:
        self._api = cluster.api

    async def create(self, path: str, body: dict[str, Any]) -> bytes:
        """As if created."""
        return await self._api.create(path, body, dry_run=True)

    async def patch(self, path: str, changes: dict[str, Any], *, resource_version: str) -> bytes:
        """As if changed."""
        return await self._api.patch(path, changes, resource_version=resource_version, dry_run=True)

    async def delete(self, path: str, *, uid: str) -> bytes:
        """As if deleted."""
        return await self._api.delete(path, uid=uid, dry_run=True)

    async def apply(
        self, path: str, body: dict[str, Any], *, manager: str, force: bool = False
    ) -> bytes:
        """As if applied."""
        return await self._api.try_apply(path, body, manager=manager, force=force)


class Look:
    """What planning and verifying may do. Implements :class:`bot.engine.remedy.Looking`."""

    def __init__(self, change: Change, cluster: Cluster) -> None:
        self.change = change
        self.cluster = cluster
        self.dry_run: Trying = DryRuns(cluster)

    def now(self) -> datetime:
        """The wall clock, in UTC."""
        return datetime.now(UTC)

    def result(self, step: str) -> str:
        """What a step that is done gave; empty otherwise."""
        done = (one for one in self.change.steps if one.name == step)
        return next((one.result for one in done if one.state is StepState.DONE), "")
