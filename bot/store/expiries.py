"""Promises to take a state back, in the store: due by time, seen by everybody."""

from __future__ import annotations

from datetime import datetime

from bot.model.expiry import Expiry
from bot.store.connection import Store
from bot.store.records import Records, text
from bot.store.script import Script

VERSION = 1
KEPT = 30 * 86_400.0
"""Seconds an expiry is remembered after its end."""

_PUT = Script("""
-- expiry, due | id, record, due in ms since 1970, or empty, remembered in ms
redis.call('SET', KEYS[1], ARGV[2])
if ARGV[3] == '' then
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
else
  redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
end
return 1
""")


class StoredExpiries:
    """The expiries of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._records = Records("expiry", VERSION, Expiry)
        self._due = store.key("expiries", "due")

    async def put(self, expiry: Expiry, *, due: datetime | None) -> None:
        """Keep an expiry as it is now; looked at again at ``due``, never when ``None``."""
        when = "" if due is None else str(int(due.timestamp() * 1000))
        kept = self._store.time_scale.milliseconds(KEPT)
        await self._store.change(
            _PUT,
            [self._key(expiry.id), self._due],
            *(expiry.id, self._records.encode(expiry), when, kept),
        )

    async def get(self, expiry_id: str) -> Expiry | None:
        """One expiry, as long as it is remembered."""
        found = await self._store.read("GET", self._key(expiry_id))
        return self._records.decode(found) if found else None

    async def open(self, until: datetime | None = None) -> list[Expiry]:
        """Those that have not ended, the next first; with ``until`` only those due by then."""
        limit = "+inf" if until is None else str(int(until.timestamp() * 1000))
        ids = await self._store.read("ZRANGE", self._due, "-inf", limit, "BYSCORE")
        found = [await self.get(text(item)) for item in ids]
        return [expiry for expiry in found if expiry is not None]

    def _key(self, expiry_id: str) -> str:
        return self._store.key("expiry", expiry_id)
