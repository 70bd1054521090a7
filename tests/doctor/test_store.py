"""What the doctor finds in a store: away, slow, forgetful; each with its fix."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.doctor import store as doctor_store
from bot.doctor.examine import examine
from bot.doctor.store import StorePart
from bot.model.report import Report, Verdict
from bot.store.address import StoreAddress
from bot.store.connection import Store
from bot.store.embedded import EmbeddedStore


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    server = EmbeddedStore(tmp_path / "store")
    await server.start()
    opened = Store(server.address)
    yield opened
    await opened.close()
    await server.stop()


async def seen(store: Store, *, embedded: bool = False) -> Report:
    return await examine([StorePart(store, embedded=embedded)], title="t", within=5)


async def test_a_good_store_is_in_order_with_its_version(store: Store) -> None:
    report = await seen(store, embedded=True)
    assert report.verdict is Verdict.OK
    assert dict(report.facts)["Store"].startswith("valkey ")
    rows = {check: result for _, check, result in report.tables[0].rows}
    assert rows["speed"].endswith(" ms")
    assert "share a store.url" in rows["reachable"]


async def test_a_forgetful_store_is_told_how_to_remember(store: Store) -> None:
    await store.read("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    [finding] = (await seen(store)).findings
    assert finding.id == "store-evicts"
    assert finding.next_steps == ("Set maxmemory-policy noeviction.",)


async def test_a_slow_store_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_store, "SLOW", 0.0)
    assert [finding.id for finding in (await seen(store)).findings] == ["store-slow"]


@pytest.mark.parametrize("embedded", [True, False])
async def test_a_store_that_is_away_says_what_still_works(embedded: bool) -> None:
    url = "unix:///nowhere/store.sock" if embedded else "redis://127.0.0.1:1/0"
    store = Store(StoreAddress(url, "hunter2"))
    [finding] = (await seen(store, embedded=embedded)).findings
    await store.close()
    assert finding.id == "store-unavailable"
    assert "not recorded" in finding.cause
    said = " ".join(finding.next_steps)
    assert ("/nowhere/store.log" if embedded else "store.url") in said
    assert "hunter2" not in str(finding)
