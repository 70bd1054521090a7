"""What holds changes back, in the store: freezes, cooldowns of targets, the restart budget."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.model.brakes import Freeze
from bot.store.connection import Store
from bot.store.records import Records, text
from bot.store.script import Script

VERSION = 1
HOUR = 3_600.0

_FREEZE = Script("""
-- freezes | cluster, freeze
return redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
""")

_UNFREEZE = Script("""
-- freezes | cluster
return redis.call('HDEL', KEYS[1], ARGV[1])
""")

_COOL = Script("""
-- cooldown | change, ms
return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
""")

_SPEND = Script("""
-- restarts | change, restarts, most, hour in ms
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[4])
local spent, mine = 0, 0
for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  spent = spent + 1
  if string.sub(member, 1, #ARGV[1] + 1) == ARGV[1] .. '/' then
    mine = mine + 1
  end
end
if mine > 0 then
  return {1, spent}
end
if spent + ARGV[2] > tonumber(ARGV[3]) then
  return {0, spent}
end
for number = 1, ARGV[2] do
  redis.call('ZADD', KEYS[1], now, ARGV[1] .. '/' .. number)
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return {1, spent + ARGV[2]}
""")

_SPENT = Script("""
-- restarts | hour in ms
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local since = '(' .. (now - ARGV[1])
local recent = redis.call('ZRANGE', KEYS[1], since, '+inf', 'BYSCORE', 'WITHSCORES')
return {#recent / 2, recent[2] and math.floor(recent[2] + ARGV[1] - now) or 0}
""")


class StoredBrakes:
    """The brakes of one store. Durations in seconds of the time scale."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._records = Records("freeze", VERSION, Freeze)
        self._freezes = store.key("freezes")

    async def freeze(self, freeze: Freeze) -> None:
        """No changes on a cluster from now on; replaces a freeze that was there."""
        encoded = self._records.encode(freeze)
        await self._store.change(_FREEZE, [self._freezes], freeze.cluster, encoded)

    async def unfreeze(self, cluster: str) -> bool:
        """Lift the freeze of a cluster; ``False`` when there was none."""
        return bool(await self._store.change(_UNFREEZE, [self._freezes], cluster))

    async def freezes(self) -> list[Freeze]:
        """Those that hold now; one that is over is forgotten."""
        found = await self._store.read("HVALS", self._freezes)
        now = datetime.now(UTC)
        freezes = [self._records.decode(item) for item in found]
        for freeze in freezes:
            if freeze.until is not None and freeze.until <= now:
                await self.unfreeze(freeze.cluster)
        return [one for one in freezes if one.until is None or one.until > now]

    async def cool(self, cluster: str, target: str, change: str, seconds: float) -> None:
        """``change`` acted on a target, which is left in peace for ``seconds``."""
        lasts = self._store.time_scale.milliseconds(seconds)
        await self._store.change(_COOL, [self._cooldown(cluster, target)], change, lasts)

    async def cooling(self, cluster: str, target: str) -> tuple[str, datetime | None]:
        """Which change acted on a target lately, and until when it is left in peace."""
        key = self._cooldown(cluster, target)
        change = text(await self._store.read("GET", key))
        left = int(await self._store.read("PTTL", key)) if change else 0
        if left <= 0:
            return "", None
        return change, datetime.now(UTC) + timedelta(milliseconds=left)

    async def spend(self, cluster: str, change: str, restarts: int, most: int) -> bool:
        """Count ``restarts`` of a change against ``most`` an hour, once; whether they fit."""
        hour = self._store.time_scale.milliseconds(HOUR)
        fits, _ = await self._store.change(
            _SPEND, [self._restarts(cluster)], change, restarts, most, hour
        )
        return bool(fits)

    async def spent(self, cluster: str) -> tuple[int, datetime | None]:
        """Restarts within the last hour, and when the oldest of them no longer counts."""
        hour = self._store.time_scale.milliseconds(HOUR)
        count, left = await self._store.change(_SPENT, [self._restarts(cluster)], hour)
        until = datetime.now(UTC) + timedelta(milliseconds=int(left)) if int(count) else None
        return int(count), until

    def _cooldown(self, cluster: str, target: str) -> str:
        return self._store.key("cooldown", cluster, target)

    def _restarts(self, cluster: str) -> str:
        return self._store.key("restarts", cluster)
