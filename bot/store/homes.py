"""What home tabs need beside the runs: last verdicts, what people pinned, who looks.

All of it is small and bounded: one verdict per cluster, one record per person, and the last
:data:`MOST_OPENERS` people who opened their home tab within :data:`LATELY`.
"""

from __future__ import annotations

import logging

import msgspec

from bot.model.cluster_verdict import ClusterVerdict
from bot.model.errors import RecordTooNew
from bot.store.connection import Store
from bot.store.records import Records, text
from bot.store.script import Script

logger = logging.getLogger(__name__)

VERSION = 1
LATELY = 900.0
"""Seconds. Slack says when a home tab is opened and never when it is left."""
MOST_OPENERS = 50

_KEEP = Script("""
-- verdicts, their times | cluster, ended at ms, verdict
local known = redis.call('HGET', KEYS[2], ARGV[1])
if known and tonumber(known) > tonumber(ARGV[2]) then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
return 1
""")

_PIN = Script("""
-- pins | record
redis.call('SET', KEYS[1], ARGV[1])
return 1
""")

_OPENED = Script("""
-- openers | person and direct messages, most, lately in ms
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[3])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -ARGV[2] - 1)
return 1
""")

_OPENERS = Script("""
-- openers | lately in ms
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
return redis.call('ZRANGE', KEYS[1], now - ARGV[1], '+inf', 'BYSCORE')
""")


class _Pins(msgspec.Struct, frozen=True):
    clusters: tuple[str, ...] = ()


class Homes:
    """The home tabs of one store. Every method may raise :class:`StoreUnavailable`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._verdicts = Records("verdict", VERSION, ClusterVerdict)
        self._pins = Records("list of pinned clusters", VERSION, _Pins)
        self._lately = store.time_scale.milliseconds(LATELY)

    async def keep(self, verdict: ClusterVerdict) -> None:
        """Keep the verdict on a cluster, unless a later one is known."""
        keys = [self._store.key("verdicts"), self._store.key("verdicts", "at")]
        at = round(verdict.at.timestamp() * 1000)
        encoded = self._verdicts.encode(verdict)
        await self._store.change(_KEEP, keys, verdict.cluster, at, encoded)

    async def verdicts(self) -> dict[str, ClusterVerdict]:
        """The last verdict by cluster; those that a newer version wrote are left out."""
        found: dict[str, ClusterVerdict] = {}
        for data in (await self._store.read("HGETALL", self._store.key("verdicts"))).values():
            try:
                verdict = self._verdicts.decode(data)
            except RecordTooNew as error:
                logger.warning("a verdict is left out: %s", error)
            else:
                found[verdict.cluster] = verdict
        return found

    async def pin(self, person: str, clusters: tuple[str, ...]) -> None:
        """Keep what a person pinned; :class:`RecordTooNew` leaves a newer version's alone."""
        await self.pinned(person)
        await self._store.change(_PIN, [self._key(person)], self._pins.encode(_Pins(clusters)))

    async def pinned(self, person: str) -> tuple[str, ...]:
        """What a person pinned. Raises :class:`RecordTooNew`."""
        found = await self._store.read("GET", self._key(person))
        return self._pins.decode(found).clusters if found else ()

    async def opened(self, person: str, messages: str) -> None:
        """A person looks at their home tab; ``messages`` is the channel of their direct messages
        with the bot."""
        member = f"{person} {messages}"
        openers = [self._store.key("home", "openers")]
        await self._store.change(_OPENED, openers, member, MOST_OPENERS, self._lately)

    async def openers(self) -> dict[str, str]:
        """Who looked lately, and the channel of their direct messages."""
        openers = [self._store.key("home", "openers")]
        found = await self._store.change(_OPENERS, openers, self._lately)
        return dict(text(member).split(" ", 1) for member in found)

    def _key(self, person: str) -> str:
        return self._store.key("home", "pins", person)
