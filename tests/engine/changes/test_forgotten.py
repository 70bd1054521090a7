"""A store that lost its last second: the cluster's Lease still knows what was begun."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from bot.engine.changes.acting import Act
from bot.model.change import Change, ChangeState, StepState, Word
from bot.model.errors import Unreachable
from bot.store.embedded import EmbeddedStore
from tests.engine.changes.house import ANA, BEN, POD, Engine
from tests.store.gate import GatedStore

S = ChangeState


class Backup:
    """What the store knew of a change, to be put back."""

    def __init__(self, store: GatedStore, redis: Redis) -> None:
        self._redis = redis
        self._store = store
        self._kept: dict[str, bytes | None] = {}

    async def take(self, change: Change) -> None:
        for key in (self._key(change), self._store.key("change", change.id, "said")):
            self._kept[key] = await self._redis.dump(key)

    async def put_back(self, change: Change) -> None:
        for key, kept in self._kept.items():
            await self._redis.delete(key)
            if kept is not None:
                await self._redis.restore(key, 0, kept)
        await self._redis.zadd(self._store.key("changes", "due"), {change.id: 0})

    def _key(self, change: Change) -> str:
        return self._store.key("change", change.id)


@pytest.fixture
async def backup(server: EmbeddedStore, store: GatedStore) -> AsyncIterator[Backup]:
    redis = Redis.from_url(server.address.url)
    yield Backup(store, redis)
    await redis.aclose()


@pytest.fixture
async def dying(store: GatedStore) -> AsyncIterator[Engine]:
    """An engine that is not started yet."""
    made = Engine(store)
    made.cluster.api.put(f"{POD}/node-1")
    yield made
    await made.stop()


async def dies_after_its_effect(engine: Engine) -> None:
    """Carry on until the cluster was changed; nothing of what came of it is told."""
    happened = asyncio.Event()

    def after(verb: str, path: str) -> None:
        if path.startswith(POD):
            happened.set()
            raise Unreachable("gone")

    engine.cluster.api.after = after
    async with asyncio.timeout(10):
        await happened.wait()
    await engine.stop()
    engine.cluster.api.after = lambda verb, path: None


async def successor(engine: Engine) -> Engine:
    made = Engine(engine.store, cluster=engine.cluster)
    made.start()
    return made


async def test_a_begin_that_was_forgotten_is_asked_of_a_human(
    dying: Engine, backup: Backup
) -> None:
    dying.start()
    change = await dying.until(await dying.ask(), S.WAITING)
    await backup.take(change)
    await dying.say(change, Word.APPROVE)
    await dies_after_its_effect(dying)
    await backup.put_back(change)

    engine = await successor(dying)
    try:
        await engine.say(change, Word.APPROVE)
        unknown = await engine.until(change, S.UNKNOWN)
        assert unknown.doubt is not None
        assert unknown.doubt.name == "delete the pod"
        assert unknown.round == 1
        await engine.say(unknown, Word.HAPPENED, BEN)
        await engine.until(change, S.DONE)
        assert len(engine.cluster.api.effects) == 1
    finally:
        await engine.stop()


async def test_what_a_human_denies_is_planned_again_before_it_is_done(
    dying: Engine, backup: Backup
) -> None:
    dying.start()
    change = await dying.until(await dying.ask(), S.WAITING)
    await backup.take(change)
    await dying.say(change, Word.APPROVE)
    await dies_after_its_effect(dying)
    await backup.put_back(change)

    engine = await successor(dying)
    try:
        await engine.say(change, Word.APPROVE)
        unknown = await engine.until(change, S.UNKNOWN)
        engine.cluster.api.put(f"{POD}/node-1")
        await engine.say(unknown, Word.DID_NOT, ANA)
        asked = await engine.until(change, S.WAITING, S.DONE)
        assert (asked.state, asked.round) == (S.WAITING, 2)
        assert asked.voided, "the pod is another one, and whoever approves is told so"
        assert len(engine.cluster.api.effects) == 1
    finally:
        await engine.stop()


async def test_a_step_whose_journal_was_forgotten_is_looked_for(
    dying: Engine, backup: Backup, monkeypatch: pytest.MonkeyPatch
) -> None:
    boundary = Act._boundary

    async def remembered(self: Act, name: str) -> None:
        await backup.take(self.change)
        await boundary(self, name)

    monkeypatch.setattr(Act, "_boundary", remembered)
    dying.start()
    change = await dying.until(await dying.ask(), S.WAITING)
    await dying.say(change, Word.APPROVE)
    await dies_after_its_effect(dying)
    await backup.put_back(change)

    engine = await successor(dying)
    try:
        done = await engine.until(change, S.DONE)
        assert done.steps[0].state is StepState.DONE
        assert len(engine.cluster.api.effects) == 1
    finally:
        await engine.stop()


async def test_a_safe_change_that_was_forgotten_whole_is_not_done_again(
    dying: Engine, backup: Backup
) -> None:
    change = await dying.ask("wipe")
    await backup.take(change)
    dying.start()
    await dies_after_its_effect(dying)
    await backup.put_back(change)

    engine = await successor(dying)
    try:
        stopped = await engine.until(change, S.STOPPED)
        assert "begun already (“delete the pod”)" in stopped.outcome
        assert len(engine.cluster.api.effects) == 1
    finally:
        await engine.stop()
