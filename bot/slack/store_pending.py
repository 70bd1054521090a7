"""What waits to be sent, kept in the store and shared by all replicas.

**What is sent from a lane is what the store says waits there.** Before each step the holder of the
lane's lease reads the whole list and the lease in one moment (:meth:`OutboxEntries.look`), so an
entry in the store is either in the holder's view or, when the holder falls silent, in that of the
next one. What is added here is written behind and is part of the list once it is there;
:meth:`StorePending.flush` returns then. Progress of a lane held here is not written: it is worth
nothing after a restart.

While the store is away the view is all there is. What certainly never reached the store is sent
from it, and written down afterwards; a post or reply that is in the store, or perhaps is, waits,
because another replica may be sending it. While such a call without the store is under way, the
store counts as away: nothing is written that could make another replica send the same. A result
shown without the store still goes into it and is shown once more from there: until then another
replica, not knowing of it, may put its progress in its place.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

import msgspec

from bot.model.errors import RecordTooNew, StoreUnavailable
from bot.slack.blocks import Message
from bot.slack.clock import Clock
from bot.slack.pending import (
    ANSWER,
    RANK,
    Entry,
    Fallback,
    Fate,
    Kind,
    MemoryPending,
    is_progress,
)
from bot.slack.uploads import Upload
from bot.store.outbox import Found, OutboxEntries
from bot.store.records import Records

logger = logging.getLogger(__name__)

POLL = 0.5
"""Seconds after which an entry of another process is noticed."""
LEASE = 6.0
"""Seconds without a sign of life after which another process sends a lane."""
SETTLING = 11.0
"""Seconds before looking for a message whose sender died or lost its lease: its call may still be
under way, for :data:`bot.slack.webapi.TIMEOUT` at most."""
AWAY = 1.0
MOST_WRITES = 20_000

VERSION = 1
_UNKNOWN = -1
"""The place of an entry that is in the store, and was not seen in its list yet."""

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
    rank: int = 0


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
        self._unwritten: dict[str, bool] = {}
        """Ids of entries not known to be in the store, and whether they may be there."""
        self._order: dict[str, int] = {}
        """Places of the entries that the view has from the store."""
        self._held: set[str] = set()
        self._away: set[str] = set()
        self._without_store: set[str] = set()
        """Ids of entries whose call is under way although the store knows nothing of it."""
        self._shown_early: set[str] = set()
        """Ids of results whose call began before the store knew of them."""

    def add(self, entry: Entry) -> None:
        """Keep ``entry`` behind the others of its lane."""
        self._here.add(entry)
        if not (is_progress(entry) and entry.lane in self._held):
            self._unwritten[entry.id] = False
            self._writes.append(partial(self._put, entry))

    def changed(self, entry: Entry) -> None:
        """Keep what ``entry`` says now."""
        if entry.id in self._order:
            self._writes.append(partial(self._change, entry))

    def remove(self, entry: Entry) -> None:
        """Forget ``entry``."""
        if entry in self._here.lane(entry.lane):  # else the lane was lost while it was sent
            self._here.remove(entry)
        if entry.id in self._shown_early:
            self._shown_early.discard(entry.id)
            return
        unwritten = self._unwritten.pop(entry.id, None) is not None
        listed = self._order.pop(entry.id, None) is not None
        if unwritten or listed or not is_progress(entry):
            self._writes.append(partial(self._drop, entry))

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
                if self._without_store:
                    return False
                try:
                    await self._writes[0]()
                except StoreUnavailable as error:
                    if len(self._writes) > MOST_WRITES:
                        self._write_less(error)
                    return False
                self._writes.popleft()
        return True

    async def ready(self, lane: str) -> bool:
        """Bring the view of ``lane`` up to date; ``False`` when another process sends it."""
        try:
            if not await self.flush():
                self._away.add(lane)
                return True
            found = await self._entries.look(lane)
            self._away.discard(lane)
            if found is None:
                self._held.discard(lane)
                self._show(lane, [])
                return False
            self._held.add(lane)
            self._show(lane, await self._read(lane, found))
            await self._learn(lane)
        except StoreUnavailable:
            self._away.add(lane)
        return True

    def placed(self, entry: Entry) -> bool:
        """Whether what stands before ``entry`` in the store is known here."""
        if entry.lane not in self._away:
            return entry.id not in self._unwritten
        if entry.kind in (Kind.POST, Kind.PRIVATE) or self.fate(entry.key) is not None:
            return True
        lane = self._here.lane(entry.lane)
        return any(other.kind is Kind.POST and other.key == entry.key for other in lane)

    def leave(self, lane: str) -> None:
        """Nothing is left to send in ``lane``."""
        self._away.discard(lane)
        if lane in self._held:
            self._held.discard(lane)
            self._writes.append(partial(self._entries.release, [lane]))

    async def begin(self, entry: Entry) -> bool:
        """Whether ``entry`` may be sent now; when it must not be sent twice, marked so."""
        if is_progress(entry):
            return await self._still_of_use(entry)
        if entry.id in self._unwritten and entry.kind is Kind.UPDATE:
            self._shown_early.add(entry.id)
        else:
            self._shown_early.discard(entry.id)
        if entry.kind not in (Kind.POST, Kind.REPLY):
            return True
        if entry.id not in self._unwritten:
            with suppress(StoreUnavailable):
                return await self._entries.mark(entry.lane, entry.id)
        if self._unwritten.get(entry.id, True):  # it is there, or perhaps
            entry.not_before = self._clock.monotonic() + AWAY
            entry.aside = True
            return False
        self._without_store.add(entry.id)
        return True

    def ended(self, entry: Entry) -> None:
        """The call for ``entry`` that was begun has ended, one way or another."""
        self._without_store.discard(entry.id)
        kept = entry in self._here.lane(entry.lane)
        if kept and not entry.uncertain and entry.id in self._order:
            self._writes.append(partial(self._entries.unmark, entry.id))

    async def waiting_lanes(self) -> list[str]:
        """Lanes in which something waits, here or elsewhere; renews the leases held here."""
        here = self._here.lanes()
        await self.flush()
        try:
            held = sorted(self._held)
            self._held -= set(held) - set(await self._entries.hold(held))
            return sorted({*here, *await self._entries.lanes()})
        except StoreUnavailable:
            return here

    async def close(self) -> None:
        """Leave what waits to other processes."""
        await self.flush()
        try:
            await self._entries.release(sorted(self._held))
        except StoreUnavailable as error:
            logger.warning("leases end by themselves: %s", error)

    def _write_less(self, error: StoreUnavailable) -> None:
        """Memory is bounded: what waits is still written, what became of messages is not."""
        logger.error("what became of older messages is not kept: %s", error)
        waiting = [e for name in self._here.lanes() for e in self._here.lane(name)]
        self._writes.clear()
        self._writes.extend(partial(self._put, e) for e in waiting if e.id in self._unwritten)

    def _tell(self, key: str, facts: dict[str, str]) -> None:
        told = {name: value for name, value in facts.items() if value}
        if key and told:
            self._writes.append(partial(self._entries.tell, key, told))

    async def _put(self, entry: Entry) -> None:
        """Put what still waits; what was put before, by an earlier carrier of the run, stays out
        or is in the list already."""
        if entry.id not in self._unwritten:
            return
        body = self._records.encode(_record(entry, self._clock))
        before, self._unwritten[entry.id] = self._unwritten[entry.id], True
        try:
            await self._entries.put(
                *(entry.lane, entry.id, entry.key or entry.id, body),
                again=is_progress(entry),
                begun=entry.uncertain,
                rank=entry.rank,
            )
        except StoreUnavailable as error:
            if not error.perhaps_done and entry.id in self._unwritten:
                self._unwritten[entry.id] = before
            raise
        if self._unwritten.pop(entry.id, None) is not None:  # else it was sent meanwhile
            self._order[entry.id] = _UNKNOWN

    async def _change(self, entry: Entry) -> None:
        await self._entries.change(entry.id, self._records.encode(_record(entry, self._clock)))

    async def _drop(self, entry: Entry) -> None:
        await self._entries.drop(entry.lane, entry.id, entry.key or entry.id)

    def _show(self, lane: str, listed: list[Entry]) -> None:
        """Make the view of ``lane`` the list, and behind it what only this process knows."""
        ids = {entry.id for entry in listed}
        for entry in self._here.lane(lane):
            self._here.remove(entry)
            if entry.id in ids:
                continue
            self._order.pop(entry.id, None)
            ours = is_progress(entry) and lane in self._held and not _followed(entry, listed)
            if entry.id in self._unwritten or ours:
                listed.append(entry)
        for entry in listed:
            self._here.add(entry)

    async def _read(self, lane: str, found: list[Found]) -> list[Entry]:
        """The entries of a list; those already in the view as they are."""
        known = {entry.id: entry for entry in self._here.lane(lane) if entry.id in self._order}
        news = [one for one in found if not self._is_known(one, known.get(one.id))]
        bodies = await self._entries.bodies([one.id for one in news])
        for one in news:
            known.pop(one.id, None)
            entry = await self._entry(lane, one, bodies.get(one.id, b""))
            if entry is not None:
                known[one.id] = entry
        listed = [one for one in found if one.id in known]
        self._order.update((one.id, one.order) for one in listed)
        return [known[one.id] for one in listed]

    def _is_known(self, found: Found, entry: Entry | None) -> bool:
        """Whether ``entry`` of the view says all there is to say about ``found``."""
        if entry is None or self._order[entry.id] not in (_UNKNOWN, found.order):
            return False
        entry.aside = False
        return entry.uncertain or found.sending in ("", self._entries.holder)

    async def _entry(self, lane: str, found: Found, body: bytes) -> Entry | None:
        try:
            return _entry(found, self._records.decode(body), self._clock)
        except RecordTooNew as error:
            logger.warning("a message is left to another process: %s", error)
        except msgspec.MsgspecError as error:
            logger.error("a message that cannot be read is dropped: %s", error)
            await self._entries.drop(lane, found.id, found.id)
        return None

    async def _still_of_use(self, progress: Entry) -> bool:
        """Whether certainly no process has put the result of the same message: another may show
        it already, and progress must not replace it."""
        result = f"put:{progress.key}/{ANSWER}"
        with suppress(StoreUnavailable):
            known = await self._entries.facts(progress.key, result, RANK)
            if result not in known and int(known.get(RANK, 0)) <= progress.rank:
                return True
        self.remove(progress)
        return False

    async def _learn(self, lane: str) -> None:
        """What other processes know of the messages that entries of ``lane`` change."""
        entries = self._here.lane(lane)
        posts = {entry.key for entry in entries if entry.kind is Kind.POST}
        for key in {entry.key for entry in entries if entry.key} - posts:
            if self.fate(key) is None:
                facts = await self._entries.facts(key, "ts", "reason", "private", "note")
                if facts.get("ts") or facts.get("reason"):
                    self._here.settle(key, Fate(facts.get("ts", ""), facts.get("reason", "")))
                fallback = Fallback(facts.get("private", ""), facts.get("note", ""))
                self._here.provide(key, fallback)


def _followed(entry: Entry, listed: list[Entry]) -> bool:
    return any(other.kind is Kind.UPDATE and other.key == entry.key for other in listed)


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
        rank=entry.rank,
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
        rank=record.rank,
    )
