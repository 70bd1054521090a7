"""The house, with a clock that makes a minute pass in a second."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.engine.executor import Executor
from bot.model.approval import ApprovalRule
from bot.model.time_scale import TimeScale
from bot.playground.slack import Workspace
from bot.slack.clock import SystemClock
from bot.slack.door import SlackDoor
from bot.slack.store_pending import LEASE, StorePending
from bot.store.claims import Claims
from bot.store.embedded import EmbeddedStore
from bot.store.outbox import OutboxEntries
from tests.engine.changes.house import POD, Engine
from tests.slack.changes.house import APPROVERS, BY_BEN, CLUSTER, HERE, House, registry
from tests.store.gate import GatedStore

SCALE = TimeScale(60)


@pytest.fixture
def rules() -> tuple[ApprovalRule, ...]:
    """The approval rules; a test module may have others."""
    return (BY_BEN,)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[GatedStore]:
    server = EmbeddedStore(tmp_path / "store")
    await server.start()
    opened = GatedStore(server.address, time_scale=SCALE)
    yield opened
    await opened.close()
    await server.stop()


@pytest.fixture
async def house(store: GatedStore, rules: tuple[ApprovalRule, ...]) -> AsyncIterator[House]:
    async with Workspace(time_scale=SCALE.factor) as workspace:
        engine = Engine(store, rules=rules)
        assert engine.cluster.name == CLUSTER
        for number in range(1, 7):
            engine.cluster.api.put(f"{POD}/node-{number}")
        clusters = dict(engine.parts.clusters)
        executor = Executor(registry(), clusters)
        executor.changes = engine.changes
        clock = SystemClock(SCALE)
        entries = OutboxEntries(store, secrets.token_hex(4), lease=LEASE)
        door = SlackDoor(
            executor,
            bot_token=workspace.bot_token,
            signing_secret=workspace.signing_secret,
            api_url=workspace.api_url,
            channels={workspace.channels[HERE]: CLUSTER},
            approver_groups=frozenset([APPROVERS]),
            clock=clock,
            claims=Claims(store),
            pending=StorePending(entries, clock),
        )
        app = web.Application()
        app.add_routes(door.routes())
        server = TestServer(app)
        await server.start_server()
        await door.start()
        engine.start()
        workspace.bot_url = str(server.make_url("/slack/events"))
        async with aiohttp.ClientSession() as http:
            yield House(door, executor, engine, workspace, workspace.bot_url, http)
        await engine.stop()
        await executor.close()
        await door.outbox.close(patience=0.5)
        await door.close()
        await server.close()
