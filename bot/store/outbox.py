"""What waits to be sent, in lanes; and what became of the messages it belongs to.

An entry is put once by its id: one that was put before, and perhaps sent since, stays out. A lane
is sent by one process at a time, the holder of its lease. Before a call that must not happen twice
the entry is marked; whoever finds the mark of another looks before it sends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.store.connection import Store
from bot.store.records import text
from bot.store.script import Script

REMEMBERED = 7 * 86_400.0
"""Seconds for which ids and fates of a message are known after its last change."""

_PUT = Script("""
-- entry, lane, lanes, waiting, order, message
--   | id, lane, body, again, sending, remembered in ms, rank
if ARGV[4] ~= '1' and redis.call('HEXISTS', KEYS[6], 'put:' .. ARGV[1]) == 1 then
  return 0
end
local clock = redis.call('TIME')
redis.call('HSET', KEYS[6], 'put:' .. ARGV[1], 1)
redis.call('PEXPIRE', KEYS[6], ARGV[6])
local rank = tonumber(ARGV[7])
if rank > 0 then
  if tonumber(redis.call('HGET', KEYS[6], 'rank') or 0) > rank then
    return 0
  end
  redis.call('HSET', KEYS[6], 'rank', ARGV[7])
end
redis.call('HSET', KEYS[1], 'body', ARGV[3])
if ARGV[5] ~= '' then
  redis.call('HSET', KEYS[1], 'sending', ARGV[5])
end
redis.call('ZADD', KEYS[2], redis.call('INCR', KEYS[5]), ARGV[1])
redis.call('SADD', KEYS[3], ARGV[2])
redis.call('ZADD', KEYS[4], 'NX', clock[1] * 1000 + math.floor(clock[2] / 1000), ARGV[1])
return 1
""")

_CHANGE = Script("""
-- entry | body
if redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
end
redis.call('HSET', KEYS[1], 'body', ARGV[1])
return 1
""")

_DROP = Script("""
-- entry, lane, lanes, waiting, message | id, lane, remembered in ms
redis.call('HSET', KEYS[5], 'put:' .. ARGV[1], 1)
redis.call('PEXPIRE', KEYS[5], ARGV[3])
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[4], ARGV[1])
if redis.call('EXISTS', KEYS[2]) == 0 then
  redis.call('SREM', KEYS[3], ARGV[2])
end
return 1
""")

_TELL = Script("""
-- message | remembered in ms, field, value ...
for index = 2, #ARGV, 2 do
  redis.call('HSET', KEYS[1], ARGV[index], ARGV[index + 1])
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
""")

_MARK = Script("""
-- entry, lease | holder
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('GET', KEYS[2]) ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'sending', ARGV[1])
return 1
""")

_UNMARK = Script("""
-- entry | holder
if redis.call('HGET', KEYS[1], 'sending') == ARGV[1] then
  redis.call('HDEL', KEYS[1], 'sending')
end
return 1
""")

_LEASE = Script("""
-- leases ... | holder, ms
local held = {}
for index, key in ipairs(KEYS) do
  local holder = redis.call('GET', key)
  if not holder or holder == ARGV[1] then
    redis.call('SET', key, ARGV[1], 'PX', ARGV[2])
    held[index] = 1
  else
    held[index] = 0
  end
end
return held
""")

_RELEASE = Script("""
-- leases ... | holder
for _, key in ipairs(KEYS) do
  if redis.call('GET', key) == ARGV[1] then
    redis.call('DEL', key)
  end
end
return 1
""")

_LOOK = Script("""
-- lane, lease | holder, ms, entries' stem
local holder = redis.call('GET', KEYS[2])
if holder and holder ~= ARGV[1] then
  return false
end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
local found = {}
local ids = redis.call('ZRANGE', KEYS[1], 0, 499, 'WITHSCORES')
for index = 1, #ids, 2 do
  local sending = redis.call('HGET', ARGV[3] .. ids[index], 'sending')
  found[#found + 1] = {ids[index], ids[index + 1], sending or ''}
end
return found
""")

_BODIES = Script("""
-- entries ...
local bodies = {}
for index, key in ipairs(KEYS) do
  bodies[index] = redis.call('HGET', key, 'body') or ''
end
return bodies
""")


@dataclass(frozen=True, slots=True)
class Found:
    """An entry of a lane. ``order`` changes when it is put again; ``sending`` names the process
    that began to send it."""

    id: str
    order: int
    sending: str


class OutboxEntries:
    """The outbox of one store. ``holder`` names this process; times in seconds of the scale."""

    def __init__(self, store: Store, holder: str, *, lease: float) -> None:
        self._store = store
        self.holder = holder
        self._lease = lease
        self._remembered = store.time_scale.milliseconds(REMEMBERED)

    async def put(
        self,
        lane: str,
        entry_id: str,
        message: str,
        body: bytes,
        *,
        again: bool = False,
        begun: bool = False,
        rank: int = 0,
    ) -> bool:
        """Keep an entry; ``False`` when its id was put before. ``again``: keep it anyway, at the
        end. ``begun``: marked as this process began to send it. With a ``rank`` it is kept unless
        one of a higher rank was put for the same message."""
        keys = [
            *(self._entry(entry_id), self._lane(lane), self._lanes, self._waiting),
            *(self._store.key("outbox", "order"), self._message(message)),
        ]
        sending = self.holder if begun else ""
        arguments = (entry_id, lane, body, int(again), sending, self._remembered, rank)
        return bool(await self._store.change(_PUT, keys, *arguments))

    async def change(self, entry_id: str, body: bytes) -> bool:
        """Replace what an entry says, where it stands; ``False`` when it is gone."""
        return bool(await self._store.change(_CHANGE, [self._entry(entry_id)], body))

    async def drop(self, lane: str, entry_id: str, message: str) -> None:
        """Forget an entry, which may never have been put, and keep its id out from now on."""
        keys = [
            *(self._entry(entry_id), self._lane(lane), self._lanes, self._waiting),
            self._message(message),
        ]
        await self._store.change(_DROP, keys, entry_id, lane, self._remembered)

    async def tell(self, message: str, facts: Mapping[str, str]) -> None:
        """Keep facts about a message."""
        told = [part for pair in facts.items() for part in pair]
        await self._store.change(_TELL, [self._message(message)], self._remembered, *told)

    async def facts(self, message: str, *names: str) -> dict[str, str]:
        """What was told about a message; names without a value are left out."""
        values = await self._store.read("HMGET", self._message(message), *names)
        pairs = zip(names, values, strict=True)
        return {name: text(value) for name, value in pairs if value is not None}

    async def mark(self, lane: str, entry_id: str) -> bool:
        """Say that sending begins; ``False`` when the entry or the lease is gone."""
        keys = [self._entry(entry_id), self._lease_key(lane)]
        return bool(await self._store.change(_MARK, keys, self.holder))

    async def unmark(self, entry_id: str) -> None:
        """Say that nothing was sent after all."""
        await self._store.change(_UNMARK, [self._entry(entry_id)], self.holder)

    async def hold(self, lanes: Sequence[str]) -> list[str]:
        """Take or renew the leases of ``lanes``; those that are held now."""
        if not lanes:
            return []
        keys = [self._lease_key(lane) for lane in lanes]
        lasts = self._store.time_scale.milliseconds(self._lease)
        held = await self._store.change(_LEASE, keys, self.holder, lasts)
        return [lane for lane, ours in zip(lanes, held, strict=True) if ours]

    async def release(self, lanes: Sequence[str]) -> None:
        """Give leases back."""
        if lanes:
            keys = [self._lease_key(lane) for lane in lanes]
            await self._store.change(_RELEASE, keys, self.holder)

    async def look(self, lane: str) -> list[Found] | None:
        """Take or renew the lease of ``lane``, and see in the same moment what waits there, in
        order, at most 500; ``None`` when another process holds it."""
        lasts = self._store.time_scale.milliseconds(self._lease)
        arguments = (self.holder, lasts, self._entry(""))
        keys = [self._lane(lane), self._lease_key(lane)]
        found = await self._store.change(_LOOK, keys, *arguments)
        if found is None:
            return None
        return [Found(text(name), int(float(text(at))), text(by)) for name, at, by in found]

    async def bodies(self, entry_ids: Sequence[str]) -> dict[str, bytes]:
        """What entries say, by id; one that is gone is left out."""
        if not entry_ids:
            return {}
        keys = [self._entry(entry_id) for entry_id in entry_ids]
        found = await self._store.change(_BODIES, keys)
        return {name: body for name, body in zip(entry_ids, found, strict=True) if body}

    async def lanes(self) -> list[str]:
        """Lanes in which something waits."""
        return sorted(text(lane) for lane in await self._store.read("SMEMBERS", self._lanes))

    async def waiting(self) -> int:
        """How many entries wait."""
        return int(await self._store.read("ZCARD", self._waiting))

    @property
    def _lanes(self) -> str:
        return self._store.key("outbox", "lanes")

    @property
    def _waiting(self) -> str:
        return self._store.key("outbox", "waiting")

    def _entry(self, entry_id: str) -> str:
        return self._store.key("outbox", "entry", entry_id)

    def _lane(self, lane: str) -> str:
        return self._store.key("outbox", "lane", lane)

    def _lease_key(self, lane: str) -> str:
        return self._store.key("outbox", "lease", lane)

    def _message(self, message: str) -> str:
        return self._store.key("outbox", "message", message)
