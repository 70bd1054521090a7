"""Time-boxed states: the promise is made before the state, and kept whoever made it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from bot.authoring import remedy
from bot.engine.remedy import Acting, Effect, Looking, Remedy
from bot.model.change import Change, ChangeState, Check, Word
from bot.model.errors import OncallError
from bot.model.expiry import Expiry, ExpiryState
from bot.model.names import NodeName
from bot.model.plan import Call, ObjectRef, Plan, Risk
from bot.store.connection import Store
from tests.engine.changes.house import ANA, EVE, Engine

S = ChangeState
NODE = "/api/v1/nodes/node-1"


@remedy("tape")
class Tapes(Remedy):
    """Put tape around a node for ten minutes."""

    node: NodeName
    trouble = ""

    async def plan(self, look: Looking) -> Plan:
        node = ObjectRef(kind="Node", name=self.node)
        return Plan(
            cluster=look.cluster.name,
            remedy="tape",
            parameters={"node": self.node},
            title=f"Tape {self.node}",
            risk=Risk.GUARDED,
            target=f"node/{self.node}",
            calls=(Call(verb="patch", object=node),),
            undo="it is taken off by itself",
            checks=("taped",),
            stops_when=(),
        )

    async def apply(self, act: Acting) -> None:
        await act.expire("promise", what="node-1 is taped", then="untaped", after=600)

        async def tape() -> str:
            await self._set(act, "by-us")
            return ""

        async def seen() -> Effect:
            return Effect.HAPPENED if await self._tape(act) == "by-us" else Effect.ABSENT

        await act.step("tape", tape, observed=seen)

    async def verify(self, look: Looking) -> tuple[Check, ...]:
        return (Check(name="taped", held=await self._tape(look) != ""),)

    async def revert(self, act: Acting) -> bool:
        if Tapes.trouble:
            raise OncallError(Tapes.trouble)
        if await self._tape(act) != "by-us":
            return False

        async def untape() -> str:
            await self._set(act, "")
            return ""

        async def seen() -> Effect:
            return Effect.ABSENT if await self._tape(act) else Effect.HAPPENED

        await act.step("untape", untape, observed=seen)
        return True

    async def _tape(self, look: Looking) -> str:
        return str(json.loads(await look.cluster.api.get(NODE))["spec"]["tape"])

    async def _set(self, act: Acting, value: str) -> None:
        node = json.loads(await act.cluster.api.get(NODE))
        version = node["metadata"]["resourceVersion"]
        await act.writes.patch(NODE, {"spec": {"tape": value}}, resource_version=version)


@pytest.fixture
async def taping(store: Store) -> AsyncIterator[Engine]:
    Tapes.trouble = ""
    engine = Engine(store, remedies=(Tapes,))
    engine.cluster.api.put(NODE, tape="")
    engine.start()
    yield engine
    await engine.stop()


async def taped(engine: Engine) -> Change:
    change = await engine.until(await engine.ask("tape"), S.WAITING)
    await engine.say(change, Word.APPROVE)
    return await engine.until(change, S.DONE)


async def until(engine: Engine, *states: ExpiryState) -> Expiry:
    import asyncio

    async with asyncio.timeout(10):
        while not [one for one in engine.teller.expiries if one.state in states]:
            await asyncio.sleep(0.01)
    return engine.teller.expiries[-1]


async def test_it_is_visible_and_taken_back_on_time(taping: Engine) -> None:
    await taped(taping)
    [waiting] = await taping.changes.expiries()
    assert (waiting.what, waiting.then) == ("node-1 is taped", "untaped")
    ended = await until(taping, ExpiryState.REVERTED)
    assert ended.id == waiting.id
    assert taping.cluster.api.objects[NODE]["spec"]["tape"] == ""
    assert [one.verb for one in taping.cluster.api.effects] == ["patch", "patch"]
    assert await taping.changes.expiries() == []
    assert await taping.changes.locks() == ([], [])


async def test_another_bot_takes_it_back_first_thing(taping: Engine, store: Store) -> None:
    await taped(taping)
    await taping.stop()
    other = Engine(store, remedies=(Tapes,), cluster=taping.cluster)
    other.start()
    try:
        await until(other, ExpiryState.REVERTED)
        assert len(taping.cluster.api.effects) == 2
    finally:
        await other.stop()


async def test_what_somebody_took_back_by_hand_is_left_alone(taping: Engine) -> None:
    await taped(taping)
    taping.cluster.api.objects[NODE]["spec"]["tape"] = "by-somebody"
    await until(taping, ExpiryState.GONE)
    assert len(taping.cluster.api.effects) == 1


async def test_one_that_cannot_be_kept_is_tried_again_and_asks_a_human(taping: Engine) -> None:
    await taped(taping)
    Tapes.trouble = "The tape is stuck."
    asking = await until(taping, ExpiryState.ASKS)
    assert asking.trouble == "The tape is stuck."
    assert asking.attempts >= 3
    Tapes.trouble = ""
    await until(taping, ExpiryState.REVERTED)


async def test_a_lock_taken_by_hand_keeps_it_waiting(taping: Engine) -> None:
    await taped(taping)
    await taping.changes.lock("prod", "do not touch", EVE, seconds=3600)
    waiting = await until(taping, ExpiryState.OPEN)
    assert "held by" in waiting.trouble
    await taping.changes.unlock("prod", ANA)
    await until(taping, ExpiryState.REVERTED)
