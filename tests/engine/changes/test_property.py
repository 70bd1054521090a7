"""No path leads to a mutating call without a valid approval of exactly the executed plan.

Whatever people say in whatever order, whatever is altered in the store and whatever the API loses:
each effect in the ledger belongs to a change whose sealed plan names it and whose approvers, by
their own seals, are enough, distinct and not the requester; and it is there once.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.engine.changes.seal import Seal
from bot.model.access import Person
from bot.model.approval import NEEDED
from bot.model.change import Change, ChangeState, Word
from bot.model.errors import OncallError
from bot.model.plan import Risk
from bot.model.time_scale import TimeScale
from bot.store.connection import Store
from bot.store.embedded import EmbeddedStore
from tests.engine.changes.house import ANA, BEN, EVE, KEY, OLA, POD, Engine
from tests.engine.changes.kube import lost

PEOPLE = (ANA, BEN, EVE, OLA)
NUMBERS = itertools.count()

asks = st.tuples(
    st.just("ask"),
    st.sampled_from(["delete", "smash", "wipe"]),
    st.sampled_from(["node-1", "node-2"]),
    st.sampled_from(PEOPLE),
)
words = st.tuples(
    st.just("say"), st.integers(0, 3), st.sampled_from(list(Word)), st.sampled_from(PEOPLE)
)
things = st.tuples(
    st.sampled_from(["replace pod", "lose answer", "force approved", "forge needed", "rest"]),
    st.integers(0, 3),
)
STORIES = st.lists(st.one_of(asks, words, words, things), min_size=3, max_size=14)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("property")


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=STORIES)
def test_every_effect_was_approved_as_it_is(folder: Path, story: list[tuple]) -> None:
    asyncio.run(_live(folder, story))


async def _live(folder: Path, story: list[tuple]) -> None:
    server = EmbeddedStore(folder / "store")
    await server.start()
    scale = TimeScale(2_000)
    store = Store(server.address, prefix=f"story-{next(NUMBERS)}", time_scale=scale)
    engine = Engine(store)
    engine.cluster.reads.nodes = 100
    for node in ("node-1", "node-2"):
        engine.cluster.api.put(f"{POD}/{node}")
    engine.start()
    made: list[Change] = []
    try:
        for what, *how in story:
            await _happen(engine, made, what, how)
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)
        await _judge(engine)
    finally:
        await engine.stop()
        await store.close()
        await server.stop()


async def _happen(engine: Engine, made: list[Change], what: str, how: list) -> None:
    api = engine.cluster.api
    with suppress(OncallError, TimeoutError):
        if what == "ask":
            name, node, by = how
            asked = await engine.ask(name, node, by, incident="INC-1", reason="why")
            states = set(ChangeState) - {ChangeState.PLANNING}
            made.append(await engine.until(asked, *states, within=1.0))
        elif what == "say" and made:
            index, word, by = how
            change = await engine.changes.get(made[index % len(made)].id)
            assert change is not None
            target = change.ask if word in (Word.APPROVE, Word.REJECT, Word.SOLO) else change.id
            person = Person(id=by.id)
            await engine.changes.say(target, word, by, person, reason="so", typed="prod")
        elif what == "replace pod":
            api.objects.pop(f"{POD}/node-{1 + how[0] % 2}", None)
            api.put(f"{POD}/node-{1 + how[0] % 2}")
        elif what == "lose answer":
            api.after = lost(1)
        elif what in ("force approved", "forge needed") and made:
            await _forge(engine, made[how[0] % len(made)], what)


async def _forge(engine: Engine, change: Change, what: str) -> None:
    """What somebody does who can write to the store."""
    key = engine.store.key("change", change.id)
    fields = ["state", "approved"] if what == "force approved" else ["needed", 0]
    await engine.store.read("HSET", key, *fields)
    await engine.store.read("ZADD", engine.store.key("changes", "due"), 0, change.id)


async def _judge(engine: Engine) -> None:
    changes = await engine.changes.recent(100)
    approved: Counter[str] = Counter()
    for change in changes:
        if change.plan is not None and _is_approved(change):
            approved.update({change.plan.calls[0].object.uid: 1})
    happened = Counter(one.uid for one in engine.cluster.api.effects)
    assert max(happened.values(), default=0) <= 1
    assert not set(happened) - set(approved), (happened, approved)


def _is_approved(change: Change) -> bool:
    """Judged here anew, from the seals alone."""
    seal, plan = Seal(KEY), change.plan
    assert plan is not None
    if not (seal.holds_for_request(change) and seal.holds_for_plan(change)):
        return False
    if plan.risk is Risk.SAFE:
        return True
    people = {
        said.by.id
        for said in change.decisions
        if said.word is Word.APPROVE
        and said.about == change.ask
        and said.digest == plan.digest
        and seal.holds_for_word(change.id, said)
    }
    return len(people - {change.request.requester.id}) >= NEEDED[plan.risk]
