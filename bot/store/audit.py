"""The audit chain in the store: append-only, each link bound to the one before it.

An event is put down together with the change of state it is about, in the same script, and linked
afterwards: the key of the seals is not in the store, so the store itself cannot link. Whoever links
names the head it saw; when another linked meanwhile, it looks again.
"""

from __future__ import annotations

import asyncio
import hashlib

import msgspec

from bot.model.audit import AuditEvent, AuditRecord
from bot.store.connection import Store
from bot.store.records import Records, text
from bot.store.script import Script

VERSION = 1
MOST = 100_000
"""Records kept; before them stands only the hash they follow."""

PENDING = ("audit", "pending")
EVENTS = Records("audit event", VERSION, AuditEvent)
FIRST = "0" * 64
"""What the first record follows."""

_PUT = Script("""
-- events | event
if redis.call('LINDEX', KEYS[1], -1) == ARGV[1] then
  return 0
end
return redis.call('RPUSH', KEYS[1], ARGV[1])
""")

_LINK = Script("""
-- events, records, head | event, previous, record, hash, number, most
if (redis.call('HGET', KEYS[3], 'hash') or '') ~= ARGV[2]
    or redis.call('LINDEX', KEYS[1], 0) ~= ARGV[1] then
  return 0
end
redis.call('LPOP', KEYS[1])
redis.call('RPUSH', KEYS[2], ARGV[3])
redis.call('LTRIM', KEYS[2], -ARGV[6], -1)
redis.call('HSET', KEYS[3], 'hash', ARGV[4], 'number', ARGV[5])
return 1
""")


def link(event: AuditEvent, previous: str, number: int) -> AuditRecord:
    """The record that follows ``previous``."""
    canonical = msgspec.json.encode([number, previous, event], order="sorted")
    return AuditRecord(
        number=number,
        event=event,
        previous=previous,
        hash=hashlib.sha256(canonical).hexdigest(),
    )


class AuditChain:
    """The chain of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._records = Records("audit record", VERSION, AuditRecord)
        self._events = store.key(*PENDING)
        self._chain = store.key("audit")
        self._head = store.key("audit", "head")
        self._linking = asyncio.Lock()

    async def put(self, event: AuditEvent) -> None:
        """Keep an event that belongs to no change of state."""
        await self._store.change(_PUT, [self._events], EVENTS.encode(event))

    async def link(self) -> int:
        """Link everything that waits; how many were linked here."""
        async with self._linking:
            return await self._link()

    async def _link(self) -> int:
        linked = 0
        while (waiting := await self._store.read("LINDEX", self._events, 0)) is not None:
            number, head = await self.head()
            record = link(EVENTS.decode(waiting), head or FIRST, number + 1)
            linked += int(
                await self._store.change(
                    _LINK,
                    [self._events, self._chain, self._head],
                    *(waiting, head, self._records.encode(record), record.hash),
                    *(record.number, MOST),
                )
            )
        return linked

    async def head(self) -> tuple[int, str]:
        """Number and hash of the last record; 0 and nothing before the first."""
        number, digest = await self._store.read("HMGET", self._head, "number", "hash")
        return int(number or 0), text(digest)

    async def waiting(self) -> int:
        """How many events are not linked yet."""
        return int(await self._store.read("LLEN", self._events))

    async def page(self, start: int, count: int) -> list[AuditRecord]:
        """``count`` records from the ``start``-th that is kept (0 is the oldest)."""
        found = await self._store.read("LRANGE", self._chain, start, start + count - 1)
        return [self._records.decode(item) for item in found]

    async def length(self) -> int:
        """How many records are kept."""
        return int(await self._store.read("LLEN", self._chain))
