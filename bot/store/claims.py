"""Claims: of many who want to do a thing once, one gets it."""

from __future__ import annotations

import secrets

from bot.store.connection import Store
from bot.store.script import Script

_CLAIM = Script("""
-- claim | holder, milliseconds
local held = redis.call('GET', KEYS[1])
if held then
  return held == ARGV[1] and 1 or 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
""")

_FREE = Script("""
-- claim
return redis.call('DEL', KEYS[1])
""")


class Claims:
    """Claims by key, each for a time, in seconds of the time scale."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def once(self, key: str, seconds: float) -> bool:
        """Whether ``key`` was free; from now on it is taken, for ``seconds``. Atomic."""
        operation = secrets.token_hex(16)
        lasts = self._store.time_scale.milliseconds(seconds)
        taken = await self._store.change(_CLAIM, [self._store.key("claim", key)], operation, lasts)
        return bool(taken)

    async def free(self, key: str) -> None:
        """Give ``key`` back before its time, whoever has it."""
        await self._store.change(_FREE, [self._store.key("claim", key)])
