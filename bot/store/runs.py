"""Run records in the store: accepted once, carried by one carrier at a time, told once.

A run is *open* from its acceptance until its end has been told. Whoever carries it takes it first
(:meth:`Runs.take`); what an earlier carrier still writes after that changes nothing. History is
bounded by count and by age.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model.run import Requester, RunRecord
from bot.store.connection import Store
from bot.store.records import Records, text
from bot.store.script import Script

VERSION = 1
MOST = 2_000
AGE = 30 * 86_400.0
"""Seconds a run is remembered."""

_ACCEPT = Script("""
-- run, all runs, open runs | id, record, state, most, age in ms
if redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('HSET', KEYS[1], 'record', ARGV[2], 'state', ARGV[3], 'sequence', 0)
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('ZADD', KEYS[2], now, ARGV[1])
redis.call('ZADD', KEYS[3], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[5])
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - ARGV[5])
local spare = redis.call('ZCARD', KEYS[2]) - ARGV[4]
if spare > 0 then
  local stem = string.sub(KEYS[1], 1, -#ARGV[1] - 1)
  for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, spare - 1)) do
    if not redis.call('ZSCORE', KEYS[3], id) then
      redis.call('ZREM', KEYS[2], id)
      redis.call('DEL', stem .. id)
    end
  end
end
return 1
""")

_TAKE = Script("""
-- run, open runs | id, carrier
local record = redis.call('HGET', KEYS[1], 'record')
if not record then
  redis.call('ZREM', KEYS[2], ARGV[1])
  return false
end
local open = redis.call('ZSCORE', KEYS[2], ARGV[1])
if open and redis.call('HGET', KEYS[1], 'carrier') ~= ARGV[2] then
  redis.call('HSET', KEYS[1], 'carrier', ARGV[2], 'sequence', 0)
end
return {record, open and 1 or 0, redis.call('HEXISTS', KEYS[1], 'cancel')}
""")

_WRITE = Script("""
-- run | carrier, sequence, record, state
if redis.call('HGET', KEYS[1], 'carrier') ~= ARGV[1] then
  return 0
end
if tonumber(redis.call('HGET', KEYS[1], 'sequence')) < tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[1], 'sequence', ARGV[2], 'record', ARGV[3], 'state', ARGV[4])
end
return 1
""")

_TOLD = Script("""
-- run, open runs | id, carrier
if redis.call('HGET', KEYS[1], 'carrier') ~= ARGV[2] then
  return 0
end
redis.call('ZREM', KEYS[2], ARGV[1])
return 1
""")

_CANCEL = Script("""
-- run, open runs | id, who, states that go on
if not redis.call('ZSCORE', KEYS[2], ARGV[1]) then
  return 0
end
local state = redis.call('HGET', KEYS[1], 'state')
for index = 3, #ARGV do
  if state == ARGV[index] then
    redis.call('HSETNX', KEYS[1], 'cancel', ARGV[2])
    return 1
  end
end
return 0
""")

_WATCH = Script("""
-- runs ... | carriers ...
local seen = {}
for index, key in ipairs(KEYS) do
  if redis.call('HGET', key, 'carrier') ~= ARGV[index] then
    seen[index] = 'lost'
  elseif redis.call('HEXISTS', key, 'cancel') == 1 then
    seen[index] = 'cancel'
  else
    seen[index] = ''
  end
end
return seen
""")

_OPEN = Script("""
-- open runs | older than ms
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
return redis.call('ZRANGE', KEYS[1], '-inf', now - ARGV[1], 'BYSCORE', 'LIMIT', 0, 1000)
""")


_BACKLOG = Script("""
-- open runs
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
return {redis.call('ZCARD', KEYS[1]), oldest and now - oldest or 0}
""")


@dataclass(frozen=True, slots=True)
class Taken:
    """A run as its new carrier finds it. ``open``: its end was not told yet."""

    record: RunRecord
    open: bool
    cancelled: bool


class Runs:
    """The runs of one store."""

    def __init__(self, store: Store, *, most: int = MOST, age: float = AGE) -> None:
        self._store = store
        self._records = Records("run", VERSION, RunRecord)
        self._people = Records("cancellation", VERSION, Requester)
        self._most = most
        self._age = age
        self._all = store.key("runs")
        self._open = store.key("runs", "open")

    async def accept(self, record: RunRecord) -> bool:
        """Keep a new run; ``False`` when one of its id was accepted before."""
        return bool(
            await self._store.change(
                _ACCEPT,
                [self._key(record.id), self._all, self._open],
                *(record.id, self._records.encode(record), record.state),
                *(self._most, self._store.time_scale.milliseconds(self._age)),
            )
        )

    async def take(self, run_id: str, carrier: str) -> Taken | None:
        """Become the carrier of a run; ``None`` when it is not known (any more).

        Raises :class:`~bot.model.errors.RecordTooNew`.
        """
        keys = [self._key(run_id), self._open]
        found = await self._store.change(_TAKE, keys, run_id, carrier)
        if not found:
            return None
        record, is_open, cancelled = found
        return Taken(self._records.decode(record), bool(is_open), bool(cancelled))

    async def write(self, record: RunRecord, carrier: str, sequence: int) -> bool:
        """Replace the record; ``False`` when somebody else carries the run by now.

        ``sequence`` grows by one with each write of one carrier.
        """
        return bool(
            await self._store.change(
                _WRITE,
                [self._key(record.id)],
                *(carrier, sequence, self._records.encode(record), record.state),
            )
        )

    async def told(self, run_id: str, carrier: str) -> bool:
        """The end of the run has reached its door; the run is open no more."""
        keys = [self._key(run_id), self._open]
        return bool(await self._store.change(_TOLD, keys, run_id, carrier))

    async def cancel(self, run_id: str, by: Requester) -> bool:
        """Ask whoever carries the run to end it; ``False`` when it has ended or is not known.

        The first who asks is remembered.
        """
        keys = [self._key(run_id), self._open]
        who = self._people.encode(by)
        return bool(await self._store.change(_CANCEL, keys, run_id, who, "queued", "running"))

    async def cancelled_by(self, run_id: str) -> Requester | None:
        """Who asked for the end of the run first."""
        found = await self._store.read("HGET", self._key(run_id), "cancel")
        return self._people.decode(found) if found else None

    async def watch(self, carried: Sequence[tuple[str, str]]) -> list[str]:
        """For each (run id, carrier): ``cancel``, ``lost`` (somebody else's by now) or empty."""
        keys = [self._key(run_id) for run_id, _ in carried]
        seen = await self._store.change(_WATCH, keys, *(carrier for _, carrier in carried))
        return [text(item) for item in seen]

    async def open_runs(self, older_than: float = 0.0) -> list[str]:
        """Runs accepted more than ``older_than`` seconds ago whose end was not told yet."""
        age = self._store.time_scale.milliseconds(older_than) if older_than else 0
        return [text(item) for item in await self._store.change(_OPEN, [self._open], age)]

    async def backlog(self) -> tuple[int, float]:
        """How many runs are open, and for how many seconds the oldest is; not by the scale."""
        count, age = await self._store.change(_BACKLOG, [self._open])
        return int(count), int(age) / 1000

    async def get(self, run_id: str) -> RunRecord | None:
        """The record, if it is still kept. Raises :class:`~bot.model.errors.RecordTooNew`."""
        found = await self._store.read("HGET", self._key(run_id), "record")
        return self._records.decode(found) if found else None

    async def recent(self, most: int = 50) -> list[RunRecord]:
        """Newest first. Records of a newer version are an error."""
        ids = await self._store.read("ZRANGE", self._all, 0, most - 1, "REV")
        found = [await self.get(text(item)) for item in ids]
        return [record for record in found if record is not None]

    def _key(self, run_id: str) -> str:
        return self._store.key("run", run_id)
