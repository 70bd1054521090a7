"""The page's window on the cluster: its nodes, the faults that can be injected, those that are."""

import asyncio
import logging
from typing import Any, Final, Protocol

from bot.playground.slack.feed import Feed

log = logging.getLogger(__name__)

_SECONDS_BETWEEN_LOOKS: Final = 1.0


class Controls(Protocol):
    """What a simulated cluster offers to the page.

    `state` answers `{"nodes": [{"name", "ready", "agent"}], "faults": [{"id", "name", "target",
    "since"}], "catalogue": [{"name", "description", "target"}]}`. A catalogue's `target` is "node",
    "node-pair" (injected as "node-1 node-2") or anything else for the cluster as a whole.
    """

    async def state(self) -> dict[str, Any]: ...

    async def inject(self, name: str, target: str | None, options: dict[str, Any]) -> Any: ...

    async def clear(self, fault_id: str) -> None: ...


class ClusterPanel:
    """Looks at the cluster while somebody has the page open, and tells the feed of changes."""

    def __init__(self, controls: Controls | None, feed: Feed) -> None:
        self._controls = controls
        self._feed = feed
        self._task: asyncio.Task[None] | None = None
        self.shown: dict[str, Any] | None = None
        """The state seen last; None where there is no cluster."""

    async def start(self) -> None:
        if self._controls is not None:
            self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def look(self) -> None:
        """Read the state now; an error becomes part of what the page shows."""
        if self._controls is None:
            return
        try:
            seen = await self._controls.state()
        except Exception as error:  # noqa: BLE001 - foreign code: its failure must not end the page
            log.warning("the cluster's state could not be read: %s", error)
            seen = {"error": str(error) or type(error).__name__}
        if seen != self.shown:
            self.shown = seen
            self._feed.tell("cluster", seen)

    async def inject(self, name: str, target: str | None, options: dict[str, Any]) -> str | None:
        """Inject a fault; what went wrong, or None."""
        if self._controls is None:
            return "There is no cluster here."
        try:
            await self._controls.inject(name, target, options)
        except Exception as error:  # noqa: BLE001 - foreign code: its failure is shown to the person
            return str(error) or type(error).__name__
        await self.look()
        return None

    async def clear(self, fault_id: str) -> str | None:
        """Take a fault back; what went wrong, or None."""
        if self._controls is None:
            return "There is no cluster here."
        try:
            await self._controls.clear(fault_id)
        except Exception as error:  # noqa: BLE001 - foreign code: its failure is shown to the person
            return str(error) or type(error).__name__
        await self.look()
        return None

    async def _watch(self) -> None:
        while True:
            if self._feed.listeners or self.shown is None:
                await self.look()
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
