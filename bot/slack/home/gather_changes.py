"""Gathers what one person may see of changes. I/O only; what cannot be read is said.

Read once for everybody who looks within a second; the locks, which are in the clusters, less often.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.engine.executor import Executor
from bot.model.brakes import Freeze, LockState
from bot.model.change import Change, ChangeState
from bot.model.errors import OncallError
from bot.model.expiry import Expiry
from bot.model.report import Gap
from bot.slack.admission import Sight
from bot.slack.changes.commands import change_seen
from bot.slack.changes.lists import ChangeSeen
from bot.slack.changes.places import Places
from bot.slack.home import words
from bot.slack.home.links import Links
from bot.slack.home.seen import ChangesSeen

if TYPE_CHECKING:
    from bot.engine.changes.service import Changes

HOLDS = 1.0
"""Seconds for which what was read of the store serves the next person, too."""
LOCKS_HOLD = 15.0
LOCKS_WITHIN = 1.5
"""Seconds for the clusters to name their locks; nobody waits longer for their home tab."""
MOST = 30
"""Changes looked at, newest first."""


@dataclass(slots=True)
class _State:
    waiting: list[Change] = field(default_factory=list)
    recent: list[Change] = field(default_factory=list)
    freezes: list[Freeze] = field(default_factory=list)
    expiries: list[Expiry] = field(default_factory=list)
    trouble: str = ""
    read_at: float = float("-inf")


class GatherChanges:
    """Reads the changes of one bot."""

    def __init__(self, executor: Executor, places: Places, links: Links) -> None:
        self._executor = executor
        self._places = places
        self._links = links
        self._state = _State()
        self._locks: tuple[list[LockState], list[Gap]] = [], []
        self._locks_at = float("-inf")
        self._reading = asyncio.Lock()

    def forget(self) -> None:
        """Something happened: read again."""
        self._state.read_at = float("-inf")

    async def seen(self, sight: Sight, messages_channel: str, now: float) -> ChangesSeen:
        """What the person of ``sight`` may see at ``now`` of the monotonic clock."""
        changes = self._executor.changes
        if changes is None:
            return ChangesSeen()
        async with self._reading:
            if now - self._state.read_at > HOLDS:
                self._state = await _read(changes, now)
            if now - self._locks_at > LOCKS_HOLD:
                self._locks, self._locks_at = await _locks(changes), now
        state, (locks, gaps) = self._state, self._locks

        def sees(cluster: str, command: str) -> bool:
            channel = self._places.channel_for(cluster) or messages_channel
            return sight.allows(command, cluster, channel)

        mine = [one for one in state.waiting if self.sees(sight, one, messages_channel)]
        waiting = await self._many(mine, changes, sight)
        waiting.sort(key=lambda one: not one.may_decide)
        recent = [one for one in state.recent if self.sees(sight, one, messages_channel)]
        return ChangesSeen(
            trouble=state.trouble,
            waiting=tuple(waiting),
            recent=tuple(await self._many(recent[: words.MOST_CHANGES], changes, sight)),
            freezes=tuple(one for one in state.freezes if sees(one.cluster, "locks")),
            locks=tuple(one for one in locks if sees(one.cluster, "locks")),
            gaps=tuple(gaps) if locks or state.freezes else (),
            expiries=tuple(one for one in state.expiries if sees(one.cluster, "expiries")),
        )

    def sees(self, sight: Sight, change: Change, messages_channel: str) -> bool:
        """Whether a change is shown: who asked, who may decide, who may look at changes there."""
        request, changes = change.request, self._executor.changes
        if request.requester.id == sight.person.id:
            return True
        if changes is not None and changes.may_decide(change, sight.person).allowed:
            return True
        channel = self._places.lane(change)
        return sight.allows("changes", request.cluster, channel or messages_channel)

    async def _many(
        self, found: Iterable[Change], changes: Changes, sight: Sight
    ) -> list[ChangeSeen]:
        return [await change_seen(one, changes, sight, self._places, self._links) for one in found]


async def _read(changes: Changes, now: float) -> _State:
    try:
        open_ = await changes.open_changes()
        recent = await changes.recent(MOST)
        freezes, expiries = await changes.freezes(), await changes.expiries()
    except OncallError as error:  # the store is away, or holds what a newer version wrote
        return _State(trouble=str(error), read_at=now)
    waiting = [one for one in open_ if one.state is ChangeState.WAITING]
    others = [one for one in recent if one.state is not ChangeState.WAITING]
    return _State(waiting, others, freezes, expiries, read_at=now)


async def _locks(changes: Changes) -> tuple[list[LockState], list[Gap]]:
    try:
        async with asyncio.timeout(LOCKS_WITHIN):
            return await changes.locks()
    except (TimeoutError, OncallError):
        return [], [Gap("locks", words.LOCKS_NOT_READ)]
