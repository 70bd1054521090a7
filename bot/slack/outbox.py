"""Everything the bot says in Slack goes through here: in order, politely, and never twice.

One lane per channel, each with one sender that makes one call at a time.

- Updates of one message coalesce: the latest wins, and a result is never replaced by progress. An
  update that comes while the post itself is held back becomes that post.
- A 429 pauses the method for as long as Slack says: per channel for posts, for the whole workspace
  otherwise, as Slack counts. One sender waits, so nobody stampedes afterwards.
- A post whose reply was lost, or whose sender died, may stand in the channel or not. It is looked
  for by its key, which its metadata carries, before it is sent again. **The limit:** without the
  scope to read the channel's history (``channels:history``) it is not sent again; the result goes
  privately to the person who asked, and a live message that did arrive keeps saying "looking".
- What has several states, like a change, tells each as a *part* of its live message: put once, for
  good, in the order of their ranks whichever process tells them. One that a later state overtakes
  before it was sent is left out.
- A result that the channel cannot take (not invited, archived, token refused) goes privately too.
- With pending entries in the store, a lane is sent by one process at a time and what waits survives
  it; :meth:`Outbox.kept` returns when it does. Without, what waits is lost with the process.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import OrderedDict
from collections.abc import Sequence

from bot.model.errors import StoreUnavailable
from bot.slack.blocks import Message
from bot.slack.clock import Clock, until
from bot.slack.delivery import Calls, Delivery, method_of
from bot.slack.pace import Pace
from bot.slack.pending import (
    ANSWER,
    Entry,
    Fallback,
    Kind,
    MemoryPending,
    Pending,
    is_progress,
    overtaken,
    sendable,
)
from bot.slack.uploads import Detail
from bot.store.ending import end

logger = logging.getLogger(__name__)

MOST_WAITING = 2_000
"""Entries over all lanes; then :attr:`Outbox.full` holds, and details are dropped."""

MOST_TOLD = 5_000
"""Private messages of which this process remembers that it told them; the store knows more."""

ORPHANED = "message_not_found"
ORPHANED_AFTER = 60.0
"""Seconds for another process to tell where a message stands, before its result turns private."""


class _Lane:
    """One sender's state."""

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self.sending: Entry | None = None
        self.task: asyncio.Task[None] | None = None


class Outbox:
    """Takes messages at once and sends them in its own time. No method but ``close`` waits."""

    def __init__(
        self,
        calls: Calls,
        clock: Clock,
        pending: Pending | None = None,
        *,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._pending: Pending = MemoryPending() if pending is None else pending
        self._pace = Pace()
        self._delivery = Delivery(calls, self._pending, self._pace, clock)
        self._clock = clock
        self._most = most_waiting
        self._lanes: dict[str, _Lane] = {}
        self._looking: asyncio.Task[None] | None = None
        self._held: OrderedDict[str, None] = OrderedDict()
        self._told: OrderedDict[str, None] = OrderedDict()
        self.closed = False
        self._ended = False

    def open(self) -> None:
        """Send what earlier processes left, too, and what others put into lanes held here."""
        if self._pending.poll is not None:
            self._looking = asyncio.create_task(self._look(self._pending.poll), name="slack outbox")

    @property
    def full(self) -> bool:
        """Whether too much waits to begin anything new."""
        return len(self._pending) >= self._most

    @property
    def depth(self) -> int:
        """How many entries wait."""
        return len(self._pending)

    @property
    def age(self) -> float:
        """Seconds the oldest entry has waited; 0 when none does."""
        waiting = [entry.queued_at for name in self._lanes for entry in self._pending.lane(name)]
        return max(0.0, self._clock.monotonic() - min(waiting)) if waiting else 0.0

    def post(
        self,
        channel: str,
        key: str,
        message: Message,
        fallback: Fallback,
        thread: str = "",
        *,
        final: bool = False,
    ) -> None:
        """Open the live message ``key`` in ``channel``, or in a ``thread`` of it.

        ``final``: it is a result already, and stays as it is.
        """
        self._pending.provide(key, fallback)
        known = self._pending.fate(key) is not None
        if not known and self._waiting_post(channel, key) is None:
            self._keep(
                [
                    self._entry(
                        Kind.POST, channel, key, message, part="post", thread=thread, final=final
                    )
                ]
            )

    def update(
        self,
        channel: str,
        key: str,
        message: Message,
        *,
        final: bool = False,
        holds: bool = False,
        part: str = ANSWER,
        rank: int = 0,
    ) -> None:
        """Change the live message ``key``; ``final`` is its result and always arrives.

        ``holds``: what this process says of its progress no longer replaces it, only the result.
        With a ``part`` of its own it is one of several states, each put once by that name; one with
        a lower ``rank`` than another that was put comes too late and is dropped.
        """
        if final:
            self._held.pop(key, None)
        elif holds:
            self._held[key] = None
            if len(self._held) > MOST_TOLD:
                self._held.popitem(last=False)
        elif key in self._held:
            return
        fate = self._pending.fate(key)
        if fate is not None and fate.reason:
            if final:
                entry = self._entry(Kind.UPDATE, channel, key, message, final=True, part=part)
                self._turn_private(entry)
            return
        waiting = self._waiting(channel, key)
        if waiting is None or (final and self._pending.poll is not None):
            part = part if final else "progress"
            entry = self._entry(Kind.UPDATE, channel, key, message, final=final, part=part)
            entry.rank = rank
            self._keep([entry])
        elif final or not waiting.final:
            waiting.content, waiting.rank = message, rank
            if final and not waiting.final:  # only what became more urgent is worth a look
                waiting.final, waiting.queued_at = True, self._clock.monotonic()
                self._wake(channel)
            self._pending.changed(waiting)

    def fall_back(self, key: str, fallback: Fallback) -> None:
        """Where the live message ``key`` goes should its channel not take it, known better now."""
        self._pending.provide(key, fallback)

    def reply(
        self, channel: str, key: str, detail: Detail, number: int = 0, thread: str = ""
    ) -> None:
        """Add to the thread of the live message ``key``, or to the ``thread`` it stands in.

        Dropped when the live message has no place. ``number`` tells the replies of one message
        apart, and is the same on a second attempt.
        """
        fate = self._pending.fate(key)
        if fate is not None and fate.reason:
            return
        if self.full:
            logger.warning("too much waits for Slack: a detail of %s is dropped", key)
            return
        self._keep(
            [self._entry(Kind.REPLY, channel, key, detail, part=f"reply-{number}", thread=thread)]
        )

    def mention(
        self, channel: str, key: str, message: Message, thread: str = "", part: str = "mention"
    ) -> None:
        """Ring once beside the live message ``key``, in its thread; dropped when it has no place.

        A mention rings when its message is new: one that an edit brings notifies nobody. ``part``
        tells several of one message apart.
        """
        fate = self._pending.fate(key)
        if fate is None or not fate.reason:
            self._keep([self._entry(Kind.REPLY, channel, key, message, part=part, thread=thread)])

    def private(self, address: str, message: Message, once: str = "") -> None:
        """Tell one person, and nobody else; ``address`` is the text of a ``PrivateAddress``.

        What carries the same ``once`` is told once, by whichever process.
        """
        part = once or secrets.token_hex(8)
        if part in self._told:
            return
        self._told[part] = None
        if len(self._told) > MOST_TOLD:
            self._told.popitem(last=False)
        self._keep([self._entry(Kind.PRIVATE, address, "", message, final=True, part=part)])

    async def ts_of(self, key: str) -> str:
        """Where the live message ``key`` stands in its channel; empty when that is not known."""
        return await self._pending.ts_of(key)

    async def is_posted(self, key: str) -> bool:
        """Whether the live message ``key`` has a place, or that cannot be known just now: what is
        not known to be missing is not posted again."""
        try:
            return bool(await self._pending.ts_of(key))
        except StoreUnavailable:
            return True

    async def kept(self) -> bool:
        """Whether what was said so far survives this process, or nothing ever does."""
        return await self._pending.flush() or self._pending.poll is None

    async def close(self, patience: float = 5.0) -> None:
        """Send what waits, for at most ``patience`` seconds; what is left is lost and counted."""
        self.closed = True
        for name in list(self._lanes):
            self._wake(name)
        patient = asyncio.create_task(self._clock.sleep(patience))
        while self._lanes and not patient.done():
            await asyncio.wait({patient, *self._senders()}, return_when=asyncio.FIRST_COMPLETED)
        self._ended = True
        rest = [patient, *self._senders(), *([self._looking] if self._looking else [])]
        await end(rest)
        self._lanes.clear()
        await self._pending.close()

    def _senders(self) -> list[asyncio.Task[None]]:
        return [lane.task for lane in self._lanes.values() if lane.task is not None]

    def _entry(
        self,
        kind: Kind,
        lane: str,
        key: str,
        content: Detail,
        *,
        part: str,
        final: bool = False,
        thread: str = "",
    ) -> Entry:
        return Entry(
            id=f"{key}/{part}" if key else part,
            kind=kind,
            lane=lane,
            key=key,
            content=content,
            queued_at=self._clock.monotonic(),
            final=final,
            thread=thread,
        )

    def _keep(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if self._ended:
                logger.warning("a %s message came after the end and is not sent", entry.kind)
                continue
            self._pending.add(entry)
            self._wake(entry.lane)

    def _waiting(self, channel: str, key: str) -> Entry | None:
        """The entry that an update of ``key`` can become part of: the latest, unless in flight
        or perhaps in Slack already.

        A post that may be sent this moment is let go first: the live message begins as "looking".
        """
        lane, now = self._lanes.get(channel), self._clock.monotonic()
        for entry in reversed(self._pending.lane(channel)):
            if entry.key != key or entry.kind not in (Kind.POST, Kind.UPDATE):
                continue
            leaving = entry.kind is Kind.POST and self._ready_at(entry, now) <= now
            in_flight = lane is not None and lane.sending is entry
            return None if in_flight or leaving or entry.uncertain else entry
        return None

    def _waiting_post(self, channel: str, key: str) -> Entry | None:
        waiting = (e for e in self._pending.lane(channel) if e.kind is Kind.POST and e.key == key)
        return next(waiting, None)

    def _turn_private(self, entry: Entry) -> None:
        fate = self._pending.fate(entry.key)
        private = self._delivery.private_instead(entry, fate.reason if fate else ORPHANED)
        if private is not None:
            self._keep([private])

    def _wake(self, name: str) -> None:
        if self._ended:  # nobody would end a lane that begins now
            return
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = _Lane()
            lane.task = asyncio.create_task(self._carry(name, lane), name="slack outbox lane")
        lane.changed.set()

    async def _carry(self, name: str, lane: _Lane) -> None:
        """Send the entries of one lane until none is left, whatever happens in between."""
        while self._lanes.get(name) is lane:
            try:
                await self._send_all(name, lane)
            except Exception:  # the border: a fault of ours must not silence a channel for good
                logger.exception("a channel's messages wait because of a fault")
                await self._clock.sleep(1.0)

    async def _send_all(self, name: str, lane: _Lane) -> None:
        while True:
            lane.changed.clear()
            sent_here = await self._pending.ready(name)
            entries = self._usable(self._pending.lane(name)) if sent_here else []
            if not entries and not (lane.changed.is_set() and sent_here):
                del self._lanes[name]
                self._pending.leave(name)
                return
            if not any(map(self._pending.placed, sendable(entries))):
                await until(self._clock, lane.changed, self._pending.poll or 0.0)
                continue
            entry, ready_at = self._next(entries)
            wait = ready_at - self._clock.monotonic()
            if wait > 0:
                poll = self._pending.poll
                await until(self._clock, lane.changed, wait if poll is None else min(wait, poll))
            else:
                await self._send(lane, entry)

    def _usable(self, entries: list[Entry]) -> list[Entry]:
        """``entries`` without progress nobody will read and without what has lost its message."""
        for entry in entries:
            if self.closed and is_progress(entry):
                self._pending.remove(entry)
        for entry in overtaken(filter(self._pending.placed, entries)):
            self._pending.remove(entry)
        usable = self._pending.lane(entries[0].lane) if entries else []
        for entry in filter(self._pending.placed, sendable(usable)):
            fate = self._pending.fate(entry.key)
            if entry.kind not in (Kind.UPDATE, Kind.REPLY):
                continue
            if fate is None and self._may_be_told(entry):
                entry.not_before = self._clock.monotonic() + (self._pending.poll or 0.0)
            elif fate is None or fate.reason:
                self._keep(self._delivery.give_up(entry, fate.reason if fate else ORPHANED))
        return self._pending.lane(entries[0].lane) if entries else []

    def _may_be_told(self, entry: Entry) -> bool:
        """Whether another process may still tell what became of the message of ``entry``."""
        age = self._clock.monotonic() - entry.queued_at
        return self._pending.poll is not None and age < ORPHANED_AFTER

    def _next(self, entries: list[Entry]) -> tuple[Entry, float]:
        """The most urgent entry that may be sent now, else the one that may soonest."""
        now = self._clock.monotonic()
        free = filter(self._pending.placed, sendable(entries))
        times = [(self._ready_at(entry, now), entry) for entry in free]
        ready = [entry for at, entry in times if at <= now]
        if ready:
            return ready[0], now
        at, entry = min(times, key=lambda pair: pair[0])
        return entry, at

    def _ready_at(self, entry: Entry, now: float) -> float:
        if is_progress(entry):
            paced = self._pace.progress_ready_at(entry.lane, now)
        else:
            paced = self._pace.ready_at(method_of(entry), entry.lane, now)
        return max(entry.not_before, paced)

    async def _send(self, lane: _Lane, entry: Entry) -> None:
        lane.sending = entry
        try:
            if not await self._pending.begin(entry):
                return
            try:
                self._keep(await self._delivery.send(entry))
            except asyncio.CancelledError:
                entry.uncertain = True  # the call may arrive all the same
                raise
            finally:
                self._pending.ended(entry)
        except Exception:  # the border: one entry that trips us must not silence its channel
            logger.exception("a %s message could not be sent", entry.kind)
            self._pending.remove(entry)
        finally:
            lane.sending = None

    async def _look(self, every: float) -> None:
        """Begin to send lanes that wait and that nobody here sends."""
        while True:
            for name in await self._pending.waiting_lanes():
                if name not in self._lanes and not self._ended:
                    self._wake(name)
            await self._clock.sleep(every)
