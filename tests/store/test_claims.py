"""Claims of one store, and the replay memory on top of them."""

from __future__ import annotations

from bot.slack.replays import StoreReplays
from bot.slack.signature import Claim
from bot.store.claims import Claims
from bot.store.connection import Store

SEEN = Claim(1_000_000, "s" * 32)


async def test_one_of_many_gets_a_claim_until_it_is_given_back(store: Store) -> None:
    claims = Claims(store)
    assert [await claims.once("slot", 60) for _ in range(3)] == [True, False, False]
    await claims.free("slot")
    assert await claims.once("slot", 60)


async def test_a_replica_refuses_what_another_saw_unless_it_came_to_nothing(store: Store) -> None:
    one, other = StoreReplays(Claims(store)), StoreReplays(Claims(store))
    assert await one.is_new(SEEN, 1_000_000.0)
    assert not await other.is_new(SEEN, 1_000_000.0)
    await one.forget(SEEN)
    assert await StoreReplays(Claims(store)).is_new(SEEN, 1_000_000.0)
