"""What waits to be sent, as plain data, and what became of the messages it belongs to.

:mod:`bot.slack.store_pending` keeps the same in the store; nothing here holds a task, a callback
or a connection.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol

import msgspec

from bot.slack.uploads import Detail

logger = logging.getLogger(__name__)


ANSWER = "answer"
"""The part of a live message that ends its run, in the id of an entry."""
RANK = "rank"
"""The fact about a live message that says how far along it is: its highest rank so far."""


class Kind(StrEnum):
    """What sending an entry means."""

    POST = "post"
    """The first form of a live message."""
    UPDATE = "update"
    REPLY = "reply"
    """A message or a file in the thread of another message."""
    PRIVATE = "private"
    """To one person: see :mod:`bot.slack.private_address`."""


class Entry(msgspec.Struct, kw_only=True, eq=False):
    """One thing to send. ``key`` names the live message it is, changes or replies to.

    ``id`` is the same when the same thing is to be sent again, by whichever process. ``lane`` is
    the channel, or the private address as text. ``thread`` is the ``ts`` of the thread to post
    into when that is not the live message's own. ``final`` marks a result, ``uncertain`` what may
    stand in Slack already, ``aside`` a post that later ones need not wait for. ``rank`` orders the
    states of one live message, whoever tells them: a lower one never follows a higher. Times are of
    the monotonic clock, in seconds.
    """

    id: str
    kind: Kind
    lane: str
    key: str
    content: Detail
    queued_at: float
    final: bool = False
    thread: str = ""
    attempts: int = 0
    not_before: float = 0.0
    uncertain: bool = False
    aside: bool = False
    rank: int = 0


class Fate(msgspec.Struct, frozen=True):
    """What became of a live message: ``ts`` when it stands in its channel, else why not.

    ``reason`` is Slack's error code, or ``unconfirmed`` when the reply to the post was lost.
    """

    ts: str = ""
    reason: str = ""


class Fallback(msgspec.Struct, frozen=True):
    """The private address of a result that its channel does not take; ``note`` stands under it."""

    private: str = ""
    note: str = ""


class Pending(Protocol):
    """Keeps entries in order per lane, and the fates of live messages.

    ``poll``: seconds after which a lane is looked at again, where other processes add to it.
    """

    poll: float | None

    def add(self, entry: Entry) -> None:
        """Keep ``entry`` behind the others of its lane."""

    def remove(self, entry: Entry) -> None:
        """Forget ``entry``: sent, or given up."""

    def lane(self, lane: str) -> list[Entry]:
        """The entries of one lane, oldest first."""

    def settle(self, key: str, fate: Fate) -> None:
        """Keep what became of a live message."""

    def fate(self, key: str) -> Fate | None:
        """What became of a live message; ``None`` while nothing is known."""

    async def ts_of(self, key: str) -> str:
        """Where a live message stands, whichever process posted it; empty when not known."""

    def provide(self, key: str, fallback: Fallback) -> None:
        """Keep where the result of ``key`` goes should its channel not take it."""

    def fallback(self, key: str) -> Fallback:
        """Where the result of ``key`` goes in private; empty when that is unknown."""

    def changed(self, entry: Entry) -> None:
        """Keep what ``entry`` says now."""

    def __len__(self) -> int:
        """How many entries wait, over all lanes."""

    async def flush(self) -> bool:
        """Return when everything so far is as safe as it gets; ``False``: not beyond us."""

    async def ready(self, lane: str) -> bool:
        """Whether ``lane`` is sent from here, with its entries up to date."""

    def placed(self, entry: Entry) -> bool:
        """Whether everything that stands before ``entry`` is known."""

    def leave(self, lane: str) -> None:
        """Nothing is left to send in ``lane``."""

    async def begin(self, entry: Entry) -> bool:
        """Whether ``entry`` may be sent now; from here on it may stand in Slack."""

    def ended(self, entry: Entry) -> None:
        """The call for ``entry`` that was begun has ended; if it still waits, it is sent again."""

    async def waiting_lanes(self) -> list[str]:
        """Lanes in which something waits."""

    async def close(self) -> None:
        """Leave what waits to whoever can see it."""


class MemoryPending:
    """Pending entries of this process, lost with it. Knows the last ``most_fates`` messages."""

    poll: float | None = None

    def __init__(self, most_fates: int = 5_000) -> None:
        self._lanes: dict[str, list[Entry]] = {}
        self._fates: OrderedDict[str, Fate] = OrderedDict()
        self._fallbacks: OrderedDict[str, Fallback] = OrderedDict()
        self._most = most_fates
        self._count = 0

    def add(self, entry: Entry) -> None:
        """Keep ``entry`` behind the others of its lane."""
        self._lanes.setdefault(entry.lane, []).append(entry)
        self._count += 1

    def remove(self, entry: Entry) -> None:
        """Forget ``entry``."""
        lane = self._lanes[entry.lane]
        lane.remove(entry)
        self._count -= 1
        if not lane:
            del self._lanes[entry.lane]

    def lane(self, lane: str) -> list[Entry]:
        """The entries of one lane, oldest first."""
        return list(self._lanes.get(lane, ()))

    def settle(self, key: str, fate: Fate) -> None:
        """Keep what became of a live message; the oldest are forgotten first."""
        self._fates[key] = fate
        if len(self._fates) > self._most:
            self._fates.popitem(last=False)

    def fate(self, key: str) -> Fate | None:
        """What became of a live message; ``None`` while nothing is known."""
        return self._fates.get(key)

    async def ts_of(self, key: str) -> str:
        """Where a live message stands; empty when not known."""
        fate = self.fate(key)
        return fate.ts if fate is not None else ""

    def provide(self, key: str, fallback: Fallback) -> None:
        """Keep where the result of ``key`` goes should its channel not take it."""
        self._fallbacks[key] = fallback
        if len(self._fallbacks) > self._most:
            self._fallbacks.popitem(last=False)

    def fallback(self, key: str) -> Fallback:
        """Where the result of ``key`` goes in private; empty when that is unknown."""
        return self._fallbacks.get(key, Fallback())

    def changed(self, entry: Entry) -> None:
        """Nothing to do: the entry itself is kept."""

    def __len__(self) -> int:
        return self._count

    async def flush(self) -> bool:
        """Nothing gets safer than it is."""
        return False

    async def ready(self, lane: str) -> bool:
        """Every lane is sent from here."""
        return True

    def placed(self, entry: Entry) -> bool:
        """Nobody else adds anything."""
        return True

    def leave(self, lane: str) -> None:
        """Nothing to do."""

    async def begin(self, entry: Entry) -> bool:
        """Always."""
        return True

    def ended(self, entry: Entry) -> None:
        """Nothing to do."""

    def lanes(self) -> list[str]:
        """Lanes in which something waits."""
        return list(self._lanes)

    async def waiting_lanes(self) -> list[str]:
        """Lanes in which something waits."""
        return self.lanes()

    async def close(self) -> None:
        """What waits is lost."""
        if self._count:
            logger.warning("%d messages for Slack were not sent before the end", self._count)


def is_progress(entry: Entry) -> bool:
    """Whether ``entry`` only tells how far a run is: worth no second attempt."""
    return entry.kind is Kind.UPDATE and not entry.final


def overtaken(entries: Iterable[Entry]) -> list[Entry]:
    """States of live messages behind which a later state of the same waits already."""
    highest: dict[str, Entry] = {}
    past: list[Entry] = []
    for entry in entries:
        if entry.kind is not Kind.UPDATE or not entry.rank or not entry.final:
            continue
        before = highest.get(entry.key)
        if before is not None:
            past.append(before if before.rank <= entry.rank else entry)
        if before is None or before.rank <= entry.rank:
            highest[entry.key] = entry
    return past


def sendable(entries: Iterable[Entry]) -> list[Entry]:
    """Those entries of a lane that no earlier one stands before, the most urgent first.

    Live messages appear in the order they were asked for, and within one thread everything keeps
    its order, behind the post it is about, whichever process put that when. Beyond that: results
    before new live messages before threads before progress.
    """
    blocked: set[str] = set()
    free: list[Entry] = []
    for entry in sorted(entries, key=lambda one: one.kind is not Kind.POST):
        lines = {entry.key} | ({""} if entry.kind is Kind.POST and not entry.aside else set())
        if not lines & blocked:
            free.append(entry)
        blocked |= lines
    return sorted(free, key=_urgency)


def _urgency(entry: Entry) -> int:
    if entry.kind is Kind.UPDATE:
        return 0 if entry.final else 3
    return 2 if entry.kind is Kind.REPLY else 1
