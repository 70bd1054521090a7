"""What goes wrong while a change is carried out: seen, and never done twice."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
from collections.abc import Callable

import msgspec
import pytest

from bot.model.change import ChangeState, StepState, Word
from bot.model.errors import Denied, NotAllowed, StoreUnavailable, Unreachable
from bot.store.embedded import EmbeddedStore
from tests.engine.changes.house import ANA, BEN, POD, Engine
from tests.engine.changes.kube import FakeApi, lost
from tests.store.gate import GatedStore

S = ChangeState


async def approved(engine: Engine):
    change = await engine.until(await engine.ask(), S.WAITING)
    await engine.say(change, Word.APPROVE)
    return change


def dying(api: FakeApi) -> Callable[[str, str], None]:
    """The API server dies at the next call, and stays away."""

    def dies(verb: str, path: str) -> None:
        api.down = True
        raise Unreachable("gone")

    return dies


async def test_a_lost_answer_is_looked_for_and_not_sent_again(engine: Engine) -> None:
    engine.cluster.api.after = lost()
    done = await engine.until(await approved(engine), S.DONE)
    assert len(engine.cluster.api.effects) == 1
    assert done.steps[0].state is StepState.DONE


async def test_a_call_that_never_arrived_is_made_again(engine: Engine) -> None:
    engine.cluster.api.before = lost()
    await engine.until(await approved(engine), S.DONE)
    assert len(engine.cluster.api.effects) == 1


async def test_an_effect_that_cannot_be_seen_is_asked_of_a_human(engine: Engine) -> None:
    api = engine.cluster.api

    api.after = dying(api)
    change = await approved(engine)
    unknown = await engine.until(change, S.UNKNOWN)
    assert unknown.doubt is not None
    assert unknown.doubt.name == "delete the pod"
    api.down, api.after = False, lambda verb, path: None
    await engine.say(unknown, Word.HAPPENED, BEN)
    await engine.until(change, S.DONE)
    assert len(api.effects) == 1


async def test_a_human_may_say_that_it_did_not_happen(engine: Engine) -> None:
    api = engine.cluster.api

    api.before = dying(api)
    change = await approved(engine)
    unknown = await engine.until(change, S.UNKNOWN)
    api.down, api.before = False, lambda verb, path: None
    await engine.say(unknown, Word.DID_NOT, BEN)
    await engine.until(change, S.DONE)
    assert len(api.effects) == 1


async def test_a_human_may_stop_there(engine: Engine) -> None:
    api = engine.cluster.api

    api.after = dying(api)
    change = await approved(engine)
    unknown = await engine.until(change, S.UNKNOWN)
    api.down = False
    await engine.say(unknown, Word.STOP, ANA)
    ended = await engine.until(change, S.STOPPED)
    assert "is not known" in ended.outcome


async def test_a_refused_call_ends_it_with_the_reason(engine: Engine) -> None:
    engine.cluster.api.before = lost(1, Denied)
    ended = await engine.until(await approved(engine), S.FAILED)
    assert "delete" in ended.outcome
    assert engine.cluster.api.effects == []


async def test_checks_that_do_not_hold_leave_it_unverified_and_can_be_asked_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.model.change import Check
    from tests.engine.changes import house

    held = {"it": False}

    async def verify(self, look):
        return (Check(name="it is another pod", held=held["it"], said="no"),)

    monkeypatch.setattr(house._Deletes, "verify", verify)
    change = await approved(engine)
    ended = await engine.until(change, S.UNVERIFIED)
    assert "it is another pod (no)" in ended.outcome
    held["it"] = True
    await engine.say(ended, Word.CHECK, ANA)
    await engine.until(change, S.DONE)
    assert len(engine.cluster.api.effects) == 1


async def test_cancelled_before_its_first_step_it_does_nothing(engine: Engine) -> None:
    change = await engine.until(await engine.ask(), S.WAITING)
    engine.cluster.api.down = True  # it waits to begin
    await engine.say(change, Word.APPROVE)
    await engine.until(change, S.APPROVED)
    await engine.say(change, Word.CANCEL, ANA)
    engine.cluster.api.down = False
    ended = await engine.until(change, S.CANCELLED)
    assert "Nothing was done" in ended.outcome
    assert engine.cluster.api.effects == []


async def test_while_the_store_is_away_nothing_can_be_asked_for(
    engine: Engine, store: GatedStore
) -> None:
    store.down = True
    with pytest.raises(StoreUnavailable):
        await engine.ask()
    store.down = False


@pytest.mark.parametrize("seed", range(4))
async def test_a_store_that_loses_answers_doubles_nothing(
    engine: Engine, store: GatedStore, seed: int
) -> None:
    change = await engine.until(await engine.ask(), S.WAITING)
    beat = itertools.count(seed)

    async def trouble() -> None:
        while True:
            how = ("down", "losing")[next(beat) % 2]
            setattr(store, how, True)
            await asyncio.sleep(0.02 * (1 + next(beat) % 3))
            setattr(store, how, False)
            await asyncio.sleep(0.05)

    await engine.say(change, Word.APPROVE)
    troubled = asyncio.create_task(trouble())
    await asyncio.sleep(1.5)
    troubled.cancel()
    store.down = store.losing = False
    await engine.until(change, S.DONE, S.UNVERIFIED)
    assert len(engine.cluster.api.effects) == 1


@pytest.mark.parametrize(
    "forge",
    [
        lambda change: msgspec.structs.replace(
            change, request=msgspec.structs.replace(change.request, parameters={"node": "node-2"})
        ),
        lambda change: msgspec.structs.replace(change, needed=0),
        lambda change: msgspec.structs.replace(
            change, plan=msgspec.structs.replace(change.plan, calls=())
        ),
    ],
)
async def test_a_record_altered_in_the_store_is_not_carried_out(engine: Engine, forge) -> None:
    change = await engine.until(await engine.ask(), S.WAITING)
    key = engine.store.key("change", change.id)
    forged = engine.parts.changes._records.encode(forge(change))
    await engine.store.read("HSET", key, "record", forged)
    with pytest.raises(NotAllowed):
        await engine.say(change, Word.APPROVE)
    await engine.store.read("HSET", key, "state", "approved")
    due = engine.store.key("changes", "due")
    await engine.store.read("ZADD", due, 0, change.id)
    await engine.until(change, S.REFUSED)
    assert engine.cluster.api.effects == []


async def test_an_approval_forged_in_the_store_does_not_count(engine: Engine) -> None:
    change = await engine.until(await engine.ask(), S.WAITING)
    from bot.engine.changes.seal import Seal
    from bot.model.change import Decision

    assert change.plan is not None
    said = Decision(
        word=Word.APPROVE, by=BEN, at=change.asked_at, digest=change.plan.digest, about=change.ask
    )
    forged = Seal(b"another key, another key, another").word(change.id, said)
    words = engine.parts.changes._words.encode(forged)
    key = engine.store.key("change", change.id)
    await engine.store.read("RPUSH", f"{key}:said", words)
    await engine.store.read("HSET", key, "state", "approved")
    await engine.store.read("ZADD", engine.store.key("changes", "due"), 0, change.id)
    ended = await engine.until(change, S.REFUSED)
    assert "cannot be proven" in ended.outcome
    assert engine.cluster.api.effects == []


async def test_two_changes_on_one_cluster_exclude_each_other(engine: Engine) -> None:
    engine.cluster.reads.nodes = 100
    first = await engine.until(await engine.ask(node="node-1"), S.WAITING)
    second = await engine.until(await engine.ask(node="node-2"), S.WAITING)
    await engine.say(first, Word.APPROVE)
    await engine.until(first, S.VERIFYING)
    await engine.say(second, Word.APPROVE)
    ended = await engine.until(second, S.REFUSED)
    assert "is being changed by ana" in ended.outcome
    assert ended.hint == "/cilium locks"


async def test_a_freeze_holds_changes_back_and_says_so(engine: Engine) -> None:
    await engine.changes.freeze("prod", "the sale is on", BEN)
    ended = await engine.until(await engine.ask(), S.REFUSED)
    assert "frozen by ben: the sale is on" in ended.outcome
    assert await engine.changes.unfreeze("prod", BEN)
    await engine.until(await engine.ask(node="node-2"), S.WAITING)


async def test_a_store_that_denies_info_is_asked_for_it_once_and_works_on(
    store: GatedStore, caplog: pytest.LogCaptureFixture
) -> None:
    await store.read("ACL", "SETUSER", "default", "-info")
    engine = Engine(store)
    engine.cluster.api.put(f"{POD}/node-1")
    assert await engine.changes.carrier.due() == []
    engine.start()
    await engine.until(await approved(engine), S.DONE)
    await engine.stop()
    said = [one.getMessage() for one in caplog.records]
    assert len([one for one in said if "restarts of the store are not noticed" in one]) == 1
    assert not [one for one in said if "waits for the store" in one]


async def test_a_target_is_left_in_peace_after_a_change(engine: Engine) -> None:
    engine.cluster.reads.nodes = 100
    change = await approved(engine)
    await engine.until(change, S.DONE)
    engine.cluster.api.put(f"{POD}/node-1")
    ended = await engine.until(await engine.ask(), S.REFUSED)
    assert change.id in ended.outcome


async def test_the_restart_budget_of_an_hour(engine: Engine) -> None:
    await engine.until(await approved(engine), S.DONE)
    ended = await engine.until(await engine.ask(node="node-2"), S.REFUSED)
    assert "1 agent restart within the last hour" in ended.outcome
    assert "takes 1 an hour" in ended.outcome


async def test_after_a_restart_of_the_store_what_waits_is_asked_for_again(
    engine: Engine, server: EmbeddedStore
) -> None:
    change = await engine.until(await engine.ask(), S.WAITING)
    before = len(engine.teller.told)
    assert server.pid
    os.kill(server.pid, signal.SIGKILL)
    async with asyncio.timeout(10):
        while not any(told.tellings > change.tellings for told in engine.teller.told[before:]):
            await asyncio.sleep(0.02)
    now = await engine.changes.get(change.id)
    assert now is not None
    assert now.ask == change.ask
    await engine.say(change, Word.APPROVE)
    await engine.until(change, S.DONE)


async def test_what_outlasts_its_carrier_is_waited_out_before_it_is_done_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step was left started by a carrier that is lost: what it started may be at work."""
    from bot.engine.changes.acting import Act

    began, loop = [], asyncio.get_running_loop()
    step = Act.step

    async def outlasting(self: Act, name: str, act, **given):
        async def noted() -> str:
            began.append(loop.time())
            if len(began) == 1:
                await asyncio.sleep(3600)
            return await act()

        scale = engine.parts.time_scale
        return await step(self, name, noted, **given, outlasts=1.5 * scale.factor)

    monkeypatch.setattr(Act, "step", outlasting)
    change = await approved(engine)
    while not began:
        await asyncio.sleep(0.01)
    assert engine._task is not None
    engine._task.cancel()
    await asyncio.gather(engine._task, return_exceptions=True)
    engine.start()
    await engine.until(change, S.DONE)
    assert len(began) == 2
    assert began[1] - began[0] > 1.4  # of 1.5 s since it was written down, a moment before
    assert len(engine.cluster.api.effects) == 1
