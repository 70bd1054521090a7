"""What of a store's settings would lose records, by INFO."""

from __future__ import annotations

import pytest

from bot.store.connection import Store
from bot.store.durability import condition, weaknesses

GOOD = {"maxmemory_policy": "noeviction", "aof_enabled": "1", "role": "master"}


@pytest.mark.parametrize(
    ("info", "fsync", "ids"),
    [
        ({}, "always", []),
        ({}, "everysec", []),
        ({}, "", []),  # CONFIG is forbidden
        ({}, "no", ["store-writes-late"]),
        ({"maxmemory_policy": "allkeys-lru"}, "always", ["store-evicts"]),
        ({"maxmemory_policy": ""}, "always", ["store-evicts"]),
        ({"aof_enabled": "0"}, "", ["store-not-on-disk"]),
        ({"role": "slave"}, "always", ["store-is-replica"]),
        ({"aof_enabled": "0", "maxmemory_policy": "volatile-ttl", "role": "slave"}, "",
         ["store-evicts", "store-not-on-disk", "store-is-replica"]),
    ],
)  # fmt: skip
def test_each_weakness_has_its_fix(info: dict[str, str], fsync: str, ids: list[str]) -> None:
    found = weaknesses({**GOOD, **info}, fsync)
    assert [weakness.id for weakness in found] == ids
    assert all(weakness.fix.endswith(".") for weakness in found)


async def test_a_real_store_that_would_lose_records_is_told_apart(store: Store) -> None:
    await store.read("CONFIG", "SET", "appendonly", "no")
    await store.read("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    found = await condition(store)
    assert [weakness.id for weakness in found.weaknesses] == ["store-evicts", "store-not-on-disk"]
    await store.read("CONFIG", "SET", "appendonly", "yes")
    await store.read("CONFIG", "SET", "appendfsync", "no")
    assert "store-writes-late" in [w.id for w in (await condition(store)).weaknesses]
