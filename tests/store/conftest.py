"""A real Valkey for each test, in a folder of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store.connection import Store
from bot.store.embedded import EmbeddedStore


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EmbeddedStore]:
    running = EmbeddedStore(tmp_path / "store")
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def store(server: EmbeddedStore, patience: None) -> AsyncIterator[Store]:
    opened = Store(server.address)
    yield opened
    await opened.close()
