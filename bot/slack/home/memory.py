"""What home tabs remember, where there is no store: lost with this process."""

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol

from bot.model.cluster_verdict import ClusterVerdict
from bot.store.homes import MOST_OPENERS

MOST_PEOPLE = 1_000


class Memory(Protocol):
    """As :class:`bot.store.homes.Homes`, which may raise :class:`StoreUnavailable`."""

    async def keep(self, verdict: ClusterVerdict) -> None:
        """Keep the verdict on a cluster, unless a later one is known."""

    async def verdicts(self) -> dict[str, ClusterVerdict]:
        """The last verdict by cluster."""

    async def pin(self, person: str, clusters: tuple[str, ...]) -> None:
        """Keep what a person pinned."""

    async def pinned(self, person: str) -> tuple[str, ...]:
        """What a person pinned."""

    async def opened(self, person: str, messages: str) -> None:
        """A person looks at their home tab; ``messages`` is the channel of their direct messages
        with the bot."""

    async def openers(self) -> dict[str, str]:
        """Who looked lately, and the channel of their direct messages."""


class ProcessMemory:
    """The same in this process alone."""

    def __init__(self) -> None:
        self._verdicts: dict[str, ClusterVerdict] = {}
        self._pins: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        self._openers: OrderedDict[str, str] = OrderedDict()

    async def keep(self, verdict: ClusterVerdict) -> None:
        """Keep the verdict on a cluster, unless a later one is known."""
        known = self._verdicts.get(verdict.cluster)
        if known is None or known.at <= verdict.at:
            self._verdicts[verdict.cluster] = verdict

    async def verdicts(self) -> dict[str, ClusterVerdict]:
        """The last verdict by cluster."""
        return dict(self._verdicts)

    async def pin(self, person: str, clusters: tuple[str, ...]) -> None:
        """Keep what a person pinned; the oldest are forgotten first."""
        self._pins[person] = clusters
        if len(self._pins) > MOST_PEOPLE:
            self._pins.popitem(last=False)

    async def pinned(self, person: str) -> tuple[str, ...]:
        """What a person pinned."""
        return self._pins.get(person, ())

    async def opened(self, person: str, messages: str) -> None:
        """A person looks at their home tab."""
        self._openers[person] = messages
        self._openers.move_to_end(person)
        if len(self._openers) > MOST_OPENERS:
            self._openers.popitem(last=False)

    async def openers(self) -> dict[str, str]:
        """Who looked last, and the channel of their direct messages."""
        return dict(self._openers)
