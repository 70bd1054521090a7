"""What waits to be sent, kept in the store and shared by all replicas.

The outbox works on a view of the lanes this process sends (those whose lease it holds); whatever
changes there is written to the store in the same order, and :meth:`StorePending.flush` returns when
it is there. What another process put into a lane that is sent from here is pulled from the store;
what this process puts into a lane sent elsewhere is left to its holder. Progress of a lane sent
from here is not written: it is worth nothing after a restart.

While the store is away the view is all there is, and what was never in the store is sent from it.
A post or reply that *is* in the store waits, because another replica may be sending it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial

import msgspec

from bot.model.errors import RecordTooNew, StoreUnavailable
from bot.slack.blocks import Message
from bot.slack.clock import Clock
from bot.slack.pending import ANSWER, Entry, Fallback, Fate, Kind, MemoryPending, is_progress
from bot.slack.uploads import Upload
from bot.store.outbox import Found, OutboxEntries
from bot.store.records import Records

logger = logging.getLogger(__name__)

POLL = 0.5
"""Seconds after which an entry of another process is noticed."""
LEASE = 6.0
"""Seconds without a sign of life after which another process sends a lane."""
SETTLING = 2.0
"""Seconds before looking for a message whose sender died: its call may still be under way."""
AWAY = 1.0
MOST_WRITES = 20_000

VERSION = 1
_LAST = 1 << 62

Write = Callable[[], Awaitable[object]]


class EntryRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as it is stored. ``queued_at`` is Unix time."""

    kind: Kind
    lane: str
    key: str
    queued_at: float
    final: bool = False
    thread: str = ""
    message: Message | None = None
    upload: Upload | None = None


class StorePending:
    """Pending entries of one store, as this process sees them."""

    poll: float | None = POLL

    def __init__(self, entries: OutboxEntries, clock: Clock) -> None:
        self._entries = entries
        self._clock = clock
        self._here = MemoryPending()
        self._records = Records("message", VERSION, EntryRecord)
        self._writes: deque[Write] = deque()
        self._flushing = asyncio.Lock()
        self._stored: set[str] = set()
        self._held: set[str] = set()
        self._since: dict[str, int] = {}
        self._order: dict[str, int] = {}
        self._away: set[str] = set()
        self._reread: set[str] = set()

    def add(self, entry: Entry) -> None:
        """Keep ``entry`` behind the others of its lane."""
        self._here.add(entry)
        if is_progress(entry) and entry.lane in self._held:
            self._order[entry.id] = self._since.get(entry.lane, 0)
        else:
            self._write(partial(self._put, entry))

    def changed(self, entry: Entry) -> None:
        """Keep what ``entry`` says now."""
        if entry.id in self._stored:
            self._write(partial(self._put, entry, replace=True))

    def remove(self, entry: Entry) -> None:
        """Forget ``entry``."""
        if entry in self._here.lane(entry.lane):  # else the lane was lost while it was sent
            self._here.remove(entry)
        self._order.pop(entry.id, None)
        self._write(partial(self._drop, entry))

    def lane(self, lane: str) -> list[Entry]:
        """The entries of one lane that are sent from here, oldest first."""
        return self._here.lane(lane)

    def settle(self, key: str, fate: Fate) -> None:
        """Keep what became of a live message."""
        self._here.settle(key, fate)
        self._tell(key, {"ts": fate.ts, "reason": fate.reason})

    def fate(self, key: str) -> Fate | None:
        """What became of a live message; ``None`` while nothing is known."""
        return self._here.fate(key)

    async def ts_of(self, key: str) -> str:
        """Where a live message stands, whichever process posted it; empty when not known."""
        here = await self._here.ts_of(key)
        return here or (await self._entries.facts(key, "ts")).get("ts", "")

    def provide(self, key: str, fallback: Fallback) -> None:
        """Keep where the result of ``key`` goes should its channel not take it."""
        self._here.provide(key, fallback)
        self._tell(key, {"private": fallback.private, "note": fallback.note})

    def fallback(self, key: str) -> Fallback:
        """Where the result of ``key`` goes in private; empty when that is unknown."""
        return self._here.fallback(key)

    def __len__(self) -> int:
        return len(self._here)

    async def flush(self) -> bool:
        """Write what waits to be written; ``False`` while the store is away."""
        async with self._flushing:
            while self._writes:
                try:
                    await self._writes[0]()
                except StoreUnavailable as error:
                    if len(self._writes) > MOST_WRITES:
                        logger.error("messages are not kept any more: %s", error)
                        self._writes.clear()
                    return False
                self._writes.popleft()
        return True

    async def ready(self, lane: str) -> bool:
        """Bring the view of ``lane`` up to date; ``False`` when another process sends it."""
        try:
            if not await self.flush():
                self._away.add(lane)
                return True
            if not await self._entries.hold([lane]):
                self._forget(lane)
                return False
            self._held.add(lane)
            await self._pull(lane)
        except StoreUnavailable:
            self._away.add(lane)
            return True
        self._away.discard(lane)
        return True

    def placed(self, entry: Entry) -> bool:
        """Whether what stands before ``entry`` in the store is known here."""
        if entry.lane not in self._away:
            return entry.id in self._order or is_progress(entry)
        if entry.kind in (Kind.POST, Kind.PRIVATE) or self.fate(entry.key) is not None:
            return True
        lane = self._here.lane(entry.lane)
        return any(other.kind is Kind.POST and other.key == entry.key for other in lane)

    def leave(self, lane: str) -> None:
        """Nothing is left to send in ``lane``."""
        if lane in self._held:
            self._forget(lane)
            self._write(partial(self._entries.release, [lane]))

    async def begin(self, entry: Entry) -> bool:
        """Whether ``entry`` may be sent now; when it must not be sent twice, marked so."""
        if entry.kind not in (Kind.POST, Kind.REPLY):
            return True
        try:
            return await self._entries.mark(entry.lane, entry.id)
        except StoreUnavailable:
            if entry.id in self._stored:
                entry.not_before = self._clock.monotonic() + AWAY
                return False
            return True

    def unsent(self, entry: Entry) -> None:
        """``entry`` was begun, and nothing of it reached Slack."""
        if entry.kind in (Kind.POST, Kind.REPLY):
            self._write(partial(self._entries.unmark, entry.id))

    async def waiting_lanes(self) -> list[str]:
        """Lanes in which something waits, here or elsewhere; renews the leases held here."""
        await self.flush()
        try:
            held = sorted(self._held)
            self._held &= {*await self._entries.hold(held), *(self._held - set(held))}
            return await self._entries.lanes()
        except StoreUnavailable:
            return []

    async def close(self) -> None:
        """Leave what waits to other processes."""
        await self.flush()
        try:
            await self._entries.release(sorted(self._held))
        except StoreUnavailable as error:
            logger.warning("leases end by themselves: %s", error)

    def _write(self, write: Write) -> None:
        self._writes.append(write)

    def _tell(self, key: str, facts: dict[str, str]) -> None:
        told = {name: value for name, value in facts.items() if value}
        if key and told:
            self._write(partial(self._entries.tell, key, told))

    async def _put(self, entry: Entry, *, replace: bool = False) -> None:
        replace = replace or is_progress(entry)
        body = self._records.encode(_record(entry, self._clock))
        message = entry.key or entry.id
        if await self._entries.put(entry.lane, entry.id, message, body, replace=replace):
            self._stored.add(entry.id)
        elif entry in self._here.lane(entry.lane):
            self._here.remove(entry)  # it was put before, by an earlier carrier of the run,
            self._reread.add(entry.lane)  # and may still wait

    async def _drop(self, entry: Entry) -> None:
        await self._entries.drop(entry.lane, entry.id, entry.key or entry.id)
        self._stored.discard(entry.id)

    def _forget(self, lane: str) -> None:
        self._held.discard(lane)
        self._away.discard(lane)
        self._since.pop(lane, None)
        for entry in self._here.lane(lane):
            self._here.remove(entry)
            self._stored.discard(entry.id)
            self._order.pop(entry.id, None)

    async def _pull(self, lane: str) -> None:
        """Take in what is new in the store, and what became of the messages it is about."""
        if lane in self._reread or lane in self._away:
            self._reread.discard(lane)
            self._since.pop(lane, None)
        while found := await self._entries.newer(lane, self._since.get(lane, 0)):
            for one in found:
                self._since[lane] = one.order
                await self._take_in(one)
        self._here.arrange(lane, lambda entry: self._order.get(entry.id, _LAST))
        entries = self._here.lane(lane)
        for entry in entries:
            if is_progress(entry) and _followed(entry, entries):
                self.remove(entry)
        posts = {entry.key for entry in entries if entry.kind is Kind.POST}
        for key in {entry.key for entry in entries if entry.key} - posts:
            if self.fate(key) is None:
                await self._learn(key)

    async def _take_in(self, found: Found) -> None:
        if not found.body:
            return
        try:
            entry = _entry(found, self._records.decode(found.body), self._clock)
        except RecordTooNew as error:
            logger.warning("a message is left to another process: %s", error)
            return
        self._order[entry.id] = found.order
        if any(entry.id == known.id for known in self._here.lane(entry.lane)):
            return
        self._stored.add(entry.id)
        if is_progress(entry) and await self._answered(entry):
            self._order.pop(entry.id)
            await self._drop(entry)
        else:
            self._here.add(entry)

    async def _answered(self, progress: Entry) -> bool:
        """Whether the result of the same message was put, and is perhaps shown already."""
        result = f"put:{progress.key}/{ANSWER}"
        return bool(await self._entries.facts(progress.key, result))

    async def _learn(self, key: str) -> None:
        facts = await self._entries.facts(key, "ts", "reason", "private", "note")
        if facts.get("ts") or facts.get("reason"):
            self._here.settle(key, Fate(facts.get("ts", ""), facts.get("reason", "")))
        self._here.provide(key, Fallback(facts.get("private", ""), facts.get("note", "")))


def _followed(entry: Entry, entries: list[Entry]) -> bool:
    later = entries[entries.index(entry) + 1 :]
    return any(other.kind is Kind.UPDATE and other.key == entry.key for other in later)


def _record(entry: Entry, clock: Clock) -> EntryRecord:
    content = entry.content
    return EntryRecord(
        kind=entry.kind,
        lane=entry.lane,
        key=entry.key,
        queued_at=clock.wall() - (clock.monotonic() - entry.queued_at),
        final=entry.final,
        thread=entry.thread,
        message=content if isinstance(content, Message) else None,
        upload=content if isinstance(content, Upload) else None,
    )


def _entry(found: Found, record: EntryRecord, clock: Clock) -> Entry:
    uncertain = bool(found.sending)
    now = clock.monotonic()
    return Entry(
        id=found.id,
        kind=record.kind,
        lane=record.lane,
        key=record.key,
        content=record.upload or record.message or Message(text=""),
        queued_at=now - max(0.0, clock.wall() - record.queued_at),
        final=record.final,
        thread=record.thread,
        not_before=now + SETTLING if uncertain else 0.0,
        uncertain=uncertain,
    )
