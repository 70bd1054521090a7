"""The audit chain: linked once, by any bot, and every alteration is named by its place."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from bot.engine.changes.audit import Audit
from bot.engine.changes.seal import Seal
from bot.model.audit import Event
from bot.model.change import ChangeState, Word
from bot.store.audit import AuditChain
from bot.store.connection import Store
from tests.engine.changes.house import BEN, KEY, Engine


@pytest.fixture
def audit(store: Store) -> Audit:
    return Audit(AuditChain(store), Seal(KEY))


async def written(audit: Audit, count: int) -> None:
    for number in range(count):
        await audit.put(audit.event(Event.FROZEN, who="U0ANA", cluster="prod", detail=str(number)))


async def test_records_follow_each_other(audit: Audit) -> None:
    await written(audit, 5)
    records = await audit.records()
    assert [record.event.detail for record in records] == list("01234")
    found = await audit.verify()
    assert (found.records, found.broken_at, found.sealed) == (5, None, True)
    assert found.head == records[-1].hash


async def test_many_bots_link_every_event_once(audit: Audit) -> None:
    await asyncio.gather(*(written(audit, 10) for _ in range(6)))
    found = await audit.verify()
    assert (found.records, found.broken_at) == (60, None)


def _alter(record):
    return msgspec.structs.replace(record, event=msgspec.structs.replace(record.event, who="U0EVE"))


def _relink(record):
    from bot.store.audit import link

    return link(_alter(record).event, record.previous, record.number)


@pytest.mark.parametrize(("alter", "why"), [(_alter, "hash"), (_relink, "seal")])
async def test_an_altered_record_is_named(audit: Audit, store: Store, alter, why: str) -> None:
    await written(audit, 5)
    chain = audit._chain
    [record] = await chain.page(2, 1)
    await store.read("LSET", chain._chain, 2, chain._records.encode(alter(record)))
    found = await audit.verify()
    assert found.broken_at == 3
    assert why in found.why


async def test_a_removed_record_is_missed(audit: Audit, store: Store) -> None:
    await written(audit, 5)
    [record] = await audit._chain.page(1, 1)
    await store.read("LREM", audit._chain._chain, 1, audit._chain._records.encode(record))
    found = await audit.verify()
    assert (found.broken_at, found.why) == (3, "Record 2 is missing; 3 follows.")


async def test_a_cut_end_is_missed(audit: Audit, store: Store) -> None:
    await written(audit, 5)
    await store.read("RPOP", audit._chain._chain)
    assert "end of the chain is missing" in (await audit.verify()).why


async def test_without_the_key_the_chain_is_followed_all_the_same(
    audit: Audit, store: Store
) -> None:
    await written(audit, 3)
    found = await Audit(AuditChain(store), None).verify()
    assert (found.records, found.broken_at, found.sealed) == (3, None, False)


async def test_the_records_of_one_change(engine: Engine) -> None:
    first = await engine.until(await engine.ask(), ChangeState.WAITING)
    second = await engine.until(await engine.ask(node="node-2"), ChangeState.WAITING)
    await engine.say(first, Word.REJECT, BEN, reason="no")
    await engine.until(first, ChangeState.REJECTED)
    records = await engine.changes.audit.records(change=second.id)
    assert [record.event.event for record in records] == ["requested", "asked"]


async def test_the_head_is_told_once_a_day(engine: Engine) -> None:
    await engine.until(await engine.ask(), ChangeState.WAITING)
    async with asyncio.timeout(5):
        while not engine.teller.heads:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)
    assert len(engine.teller.heads) == 1
