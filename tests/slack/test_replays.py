"""Claims shared by replicas, and known to one process while the store is away."""

from __future__ import annotations

from bot.model.errors import StoreUnavailable
from bot.slack.replays import KEPT, MemoryReplays, StoreReplays
from bot.slack.signature import Claim
from bot.store.claims import Claims

NOW = 1_000_000.0


class Shared(Claims):
    """Claims of all replicas, in a set; away when told."""

    def __init__(self) -> None:
        self.taken: set[str] = set()
        self.lasts: set[float] = set()
        self.away = False

    async def once(self, key: str, seconds: float) -> bool:
        if self.away:
            raise StoreUnavailable("away")
        self.lasts.add(seconds)
        new = key not in self.taken
        self.taken.add(key)
        return new


async def test_what_one_replica_saw_is_old_to_all() -> None:
    shared = Shared()
    one, other = StoreReplays(shared), StoreReplays(shared)
    assert await one.is_new(Claim(1, "signature"), NOW)
    assert not await one.is_new(Claim(1, "signature"), NOW)
    assert not await other.is_new(Claim(1, "signature"), NOW)
    assert await other.is_new(Claim(1, "another"), NOW)
    assert shared.lasts == {KEPT}
    assert not any("signature" in key for key in shared.taken)


async def test_without_the_store_each_process_knows_its_own() -> None:
    shared = Shared()
    one = StoreReplays(shared)
    shared.away = True
    assert await one.is_new(Claim(1, "s"), NOW)
    assert not await one.is_new(Claim(1, "s"), NOW)
    shared.away = False
    assert not await one.is_new(Claim(1, "s"), NOW)


async def test_memory_forgets_after_both_windows_and_beyond_its_bound() -> None:
    replays = MemoryReplays(most=3)
    for number in range(5):
        assert await replays.is_new(Claim(1, str(number)), NOW)
    assert len(replays) == 3
    assert not await replays.is_new(Claim(1, "4"), NOW + KEPT)
    assert await replays.is_new(Claim(1, "4"), NOW + KEPT + 1)
