"""A store that lost its last second: the cluster's Lease still knows what was begun."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from redis.asyncio import Redis

from bot.authoring import remedy
from bot.engine.changes.acting import Act
from bot.engine.remedy import Acting, Effect
from bot.model.change import Change, ChangeState, StepState, Word
from bot.model.errors import Unreachable
from bot.model.names import NodeName
from bot.store.embedded import EmbeddedStore
from tests.engine.changes.house import ANA, BEN, POD, Deletes, Engine, Wipes
from tests.store.gate import GatedStore

S = ChangeState


@remedy("look-and-delete")
class LooksAndDeletes(Deletes):
    """Look, then delete one pod: two steps in a moment."""

    node: NodeName

    async def apply(self, act: Acting) -> None:
        async def look() -> str:
            return "looked"

        async def looked() -> Effect:
            return Effect.ABSENT

        await act.step("look before", look, observed=looked)
        await super().apply(act)


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
    made = Engine(store, remedies=(Deletes, Wipes, LooksAndDeletes))
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


@asynccontextmanager
async def successor(engine: Engine) -> AsyncIterator[Engine]:
    made = Engine(engine.store, cluster=engine.cluster, remedies=(Deletes, Wipes, LooksAndDeletes))
    made.start()
    try:
        yield made
    finally:
        await made.stop()


async def approved_and_forgotten(engine: Engine, backup: Backup) -> Change:
    """A change that did its work, and of which the store knows only that it waits for approval."""
    engine.start()
    change = await engine.until(await engine.ask(), S.WAITING)
    await backup.take(change)
    await engine.say(change, Word.APPROVE)
    await dies_after_its_effect(engine)
    await backup.put_back(change)
    return change


async def test_a_begin_that_was_forgotten_is_asked_of_a_human(
    dying: Engine, backup: Backup
) -> None:
    change = await approved_and_forgotten(dying, backup)
    async with successor(dying) as engine:
        await engine.say(change, Word.APPROVE)
        unknown = await engine.until(change, S.UNKNOWN)
        assert unknown.doubt is not None
        assert unknown.doubt.name == "delete the pod"
        assert unknown.round == 1
        await engine.say(unknown, Word.HAPPENED, BEN)
        await engine.until(change, S.DONE)
        assert len(engine.cluster.api.effects) == 1


async def test_what_a_human_denies_is_planned_again_before_it_is_done(
    dying: Engine, backup: Backup
) -> None:
    change = await approved_and_forgotten(dying, backup)
    async with successor(dying) as engine:
        await engine.say(change, Word.APPROVE)
        unknown = await engine.until(change, S.UNKNOWN)
        engine.cluster.api.put(f"{POD}/node-1")
        await engine.say(unknown, Word.DID_NOT, ANA)
        asked = await engine.until(change, S.WAITING, S.DONE)
        assert (asked.state, asked.round) == (S.WAITING, 2)
        assert asked.voided, "the pod is another one, and whoever approves is told so"
        assert len(engine.cluster.api.effects) == 1


@pytest.mark.parametrize("name", ["delete", "look-and-delete"])
async def test_steps_whose_journal_was_forgotten_are_looked_for(
    name: str, dying: Engine, backup: Backup, monkeypatch: pytest.MonkeyPatch
) -> None:
    boundary = Act._boundary

    async def remembered(self: Act, step: str) -> None:
        if not self.change.steps:
            await backup.take(self.change)
        await boundary(self, step)

    monkeypatch.setattr(Act, "_boundary", remembered)
    dying.start()
    change = await dying.until(await dying.ask(name), S.WAITING)
    await dying.say(change, Word.APPROVE)
    await dies_after_its_effect(dying)
    await backup.put_back(change)

    async with successor(dying) as engine:
        done = await engine.until(change, S.DONE)
        assert done.steps[-1].name == "delete the pod"
        assert done.steps[-1].state is StepState.DONE
        assert len(engine.cluster.api.effects) == 1


async def test_a_safe_change_that_was_forgotten_whole_is_not_done_again(
    dying: Engine, backup: Backup
) -> None:
    change = await dying.ask("wipe")
    await backup.take(change)
    dying.start()
    await dies_after_its_effect(dying)
    await backup.put_back(change)

    async with successor(dying) as engine:
        stopped = await engine.until(change, S.STOPPED)
        assert "begun already (“delete the pod”)" in stopped.outcome
        assert len(engine.cluster.api.effects) == 1


async def test_a_cancelled_change_does_not_claim_that_nothing_was_done(
    dying: Engine, backup: Backup
) -> None:
    change = await approved_and_forgotten(dying, backup)
    await dying.say(change, Word.APPROVE)
    await dying.say(change, Word.CANCEL, ANA)
    async with successor(dying) as engine:
        asked = await engine.until(change, S.UNKNOWN, S.CANCELLED)
        assert asked.state is S.UNKNOWN
        await engine.say(asked, Word.STOP, ANA)
        stopped = await engine.until(change, S.STOPPED)
        assert "whether “delete the pod” happened is not known" in stopped.outcome
