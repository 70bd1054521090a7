"""Everything the bot says in Slack goes through here: in order, politely, and never twice.

One lane per channel, each with one sender that makes one call at a time.

- Updates of one message coalesce: the latest wins, and a result is never replaced by progress. An
  update that comes while the post itself is held back becomes that post.
- A 429 pauses the method for as long as Slack says: per channel for posts, for the whole workspace
  otherwise, as Slack counts. One sender waits, so nobody stampedes afterwards.
- A post whose reply was lost may stand in the channel or not. It is not sent again; progress is
  dropped and the result goes privately to the person who asked. **The limit:** a live message
  that did arrive then keeps saying "looking". Its metadata carries its key, by which the durable
  outbox can find it; reading a channel's history needs a scope that is not asked for yet.
- A result that the channel cannot take (not invited, archived, token refused) goes privately too.
- What is lost with the process: everything that waits. :meth:`Outbox.close` sends what it can.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from bot.slack.blocks import Message
from bot.slack.clock import Clock
from bot.slack.delivery import Calls, Delivery, is_progress, method_of
from bot.slack.pace import Pace
from bot.slack.pending import Entry, Fallback, Kind, MemoryPending, Pending, sendable
from bot.slack.uploads import Detail

logger = logging.getLogger(__name__)

MOST_WAITING = 2_000
"""Entries over all lanes; then :attr:`Outbox.full` holds, and details are dropped."""

ORPHANED = "message_not_found"


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
        self.closed = False
        self._ended = False

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

    def post(self, channel: str, key: str, message: Message, fallback: Fallback) -> None:
        """Open the live message ``key`` in ``channel``."""
        self._pending.provide(key, fallback)
        self._add(Kind.POST, channel, key, message)

    def update(self, channel: str, key: str, message: Message, *, final: bool = False) -> None:
        """Change the live message ``key``; ``final`` is its result and always arrives."""
        fate = self._pending.fate(key)
        if fate is not None and fate.reason:
            if final:
                self._turn_private(self._entry(Kind.UPDATE, channel, key, message, final=True))
            return
        waiting = self._waiting(channel, key)
        if waiting is None:
            self._add(Kind.UPDATE, channel, key, message, final=final)
        elif final or not waiting.final:
            waiting.content = message
            if final and not waiting.final:  # only what became more urgent is worth a look
                waiting.final = True
                self._wake(channel)

    def reply(self, channel: str, key: str, detail: Detail) -> None:
        """Add to the thread of the live message ``key``; dropped when it has no thread."""
        fate = self._pending.fate(key)
        if fate is not None and fate.reason:
            return
        if self.full:
            logger.warning("too much waits for Slack: a detail of %s is dropped", key)
            return
        self._add(Kind.REPLY, channel, key, detail)

    def private(self, response_url: str, message: Message) -> None:
        """Tell the person behind ``response_url``, and nobody else."""
        self._add(Kind.PRIVATE, response_url, "", message, final=True)

    async def close(self, patience: float = 5.0) -> None:
        """Send what waits, for at most ``patience`` seconds; what is left is lost and counted."""
        self.closed = True
        for name in list(self._lanes):
            self._wake(name)
        patient = asyncio.create_task(self._clock.sleep(patience))
        while self._lanes and not patient.done():
            await asyncio.wait({patient, *self._senders()}, return_when=asyncio.FIRST_COMPLETED)
        self._ended = True
        rest = [patient, *self._senders()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        self._lanes.clear()
        if len(self._pending):
            logger.warning("%d messages for Slack were not sent before the end", len(self._pending))

    def _senders(self) -> list[asyncio.Task[None]]:
        return [lane.task for lane in self._lanes.values() if lane.task is not None]

    def _entry(
        self, kind: Kind, lane: str, key: str, content: Detail, *, final: bool = False
    ) -> Entry:
        now = self._clock.monotonic()
        return Entry(kind=kind, lane=lane, key=key, content=content, queued_at=now, final=final)

    def _add(
        self, kind: Kind, lane: str, key: str, content: Detail, *, final: bool = False
    ) -> None:
        self._keep([self._entry(kind, lane, key, content, final=final)])

    def _keep(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if self._ended:
                logger.warning("a %s message came after the end and is not sent", entry.kind)
                continue
            self._pending.add(entry)
            self._wake(entry.lane)

    def _waiting(self, channel: str, key: str) -> Entry | None:
        """The entry that an update of ``key`` can become part of: the latest, unless in flight.

        A post that may be sent this moment is let go first: the live message begins as "looking".
        """
        lane, now = self._lanes.get(channel), self._clock.monotonic()
        for entry in reversed(self._pending.lane(channel)):
            if entry.key != key or entry.kind not in (Kind.POST, Kind.UPDATE):
                continue
            leaving = entry.kind is Kind.POST and self._ready_at(entry, now) <= now
            in_flight = lane is not None and lane.sending is entry
            return None if in_flight or leaving else entry
        return None

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
        """Send the entries of one lane until none is left."""
        while True:
            lane.changed.clear()
            entries = self._usable(self._pending.lane(name))
            if not entries:
                del self._lanes[name]
                return
            entry, ready_at = self._next(entries)
            wait = ready_at - self._clock.monotonic()
            if wait > 0:
                await self._until_changed(lane, wait)
            else:
                await self._send(lane, entry)

    def _usable(self, entries: list[Entry]) -> list[Entry]:
        """``entries`` without progress nobody will read and without what has lost its message."""
        for entry in entries:
            if self.closed and is_progress(entry):
                self._pending.remove(entry)
        usable = self._pending.lane(entries[0].lane) if entries else []
        for entry in sendable(usable):
            if entry.kind in (Kind.UPDATE, Kind.REPLY) and self._pending.fate(entry.key) is None:
                self._keep(self._delivery.give_up(entry, ORPHANED))
        return self._pending.lane(entries[0].lane) if entries else []

    def _next(self, entries: list[Entry]) -> tuple[Entry, float]:
        """The most urgent entry that may be sent now, else the one that may soonest."""
        now = self._clock.monotonic()
        times = [(self._ready_at(entry, now), entry) for entry in sendable(entries)]
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
            self._keep(await self._delivery.send(entry))
        except Exception:  # the border: one entry that trips us must not silence its channel
            logger.exception("a %s message could not be sent", entry.kind)
            self._pending.remove(entry)
        finally:
            lane.sending = None

    async def _until_changed(self, lane: _Lane, seconds: float) -> None:
        waits = {
            asyncio.ensure_future(self._clock.sleep(seconds)),
            asyncio.ensure_future(lane.changed.wait()),
        }
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
