"""A real Valkey, and the engine on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.model.time_scale import TimeScale
from bot.store.connection import Store
from bot.store.embedded import EmbeddedStore
from tests.engine.changes.house import POD, Engine
from tests.store.gate import GatedStore

SCALE = TimeScale(300)
"""A minute takes 0.2 s."""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EmbeddedStore]:
    running = EmbeddedStore(tmp_path / "store")
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def store(server: EmbeddedStore) -> AsyncIterator[GatedStore]:
    opened = GatedStore(server.address, time_scale=SCALE)
    yield opened
    await opened.close()


@pytest.fixture
async def engine(store: Store) -> AsyncIterator[Engine]:
    made = Engine(store)
    for number in range(1, 7):
        made.cluster.api.put(f"{POD}/node-{number}")
    made.start()
    yield made
    await made.stop()
