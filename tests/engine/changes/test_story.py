"""A change from its request to its proof, and every way in which it ends before."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from bot.model.change import ChangeState, Word
from bot.model.errors import NotAllowed, UsageError
from bot.model.plan import Risk
from tests.engine.changes.house import ANA, BEN, EVE, OLA, POD, RULE, Engine

S = ChangeState


async def test_what_is_approved_happens_once_and_is_proven(engine: Engine) -> None:
    change = await engine.until(await engine.ask(), S.WAITING)
    assert engine.cluster.api.effects == []
    await engine.say(change, Word.APPROVE)
    done = await engine.until(change, S.DONE)
    assert [one.verb for one in engine.cluster.api.effects] == ["delete"]
    assert [step.name for step in done.steps] == ["delete the pod"]
    assert done.checks_before[0].held is False
    assert done.checks[0].held is True
    assert done.held_since is not None
    assert done.ended_at is not None
    wanted = ["requested", "asked", "decided", "began", "step", "step", "checked", "ended"]
    assert await engine.events(change) == wanted


async def test_the_lock_is_held_meanwhile_and_given_back(engine: Engine) -> None:
    change = await engine.until(await engine.ask(), S.WAITING)
    await engine.say(change, Word.APPROVE)
    await engine.until(change, S.VERIFYING)
    [held], gaps = await engine.changes.locks()
    assert (held.holder, held.holder_name, gaps) == (change.id, "ana", [])
    await engine.until(change, S.DONE)
    assert await engine.changes.locks() == ([], [])


@pytest.mark.parametrize("word", [Word.APPROVE, Word.REJECT])
async def test_the_requester_decides_nothing(engine: Engine, word: Word) -> None:
    change = await engine.until(await engine.ask(by=ANA), S.WAITING)
    with pytest.raises(NotAllowed, match="somebody else"):
        await engine.say(change, word, ANA, reason="because")
    await refused(engine, change.id)


async def test_a_bystander_decides_nothing(engine: Engine) -> None:
    change = await engine.until(await engine.ask(), S.WAITING)
    with pytest.raises(NotAllowed, match="does not name"):
        await engine.say(change, Word.APPROVE, EVE)
    await refused(engine, change.id)


async def refused(engine: Engine, change_id: str) -> None:
    now = await engine.changes.get(change_id)
    assert now is not None
    assert now.state is S.WAITING
    assert engine.cluster.api.effects == []
    last = (await engine.changes.audit.records(change=change_id))[-1]
    assert last.event.event == "not-allowed"


async def test_a_rejection_needs_a_reason_and_ends_it(engine: Engine) -> None:
    change = await engine.until(await engine.ask(), S.WAITING)
    with pytest.raises(UsageError, match="reason"):
        await engine.say(change, Word.REJECT)
    await engine.say(change, Word.REJECT, reason="not tonight")
    ended = await engine.until(change, S.REJECTED)
    assert ended.said(Word.REJECT)[0].reason == "not tonight"
    with pytest.raises(NotAllowed, match="rejected by ben"):
        await engine.say(change, Word.APPROVE, OLA)


async def test_what_was_asked_for_can_be_withdrawn_by_whoever_asked(engine: Engine) -> None:
    change = await engine.until(await engine.ask(), S.WAITING)
    with pytest.raises(NotAllowed, match="Only who asked"):
        await engine.say(change, Word.WITHDRAW, BEN)
    await engine.say(change, Word.WITHDRAW, ANA)
    await engine.until(change, S.WITHDRAWN)


async def test_time_to_decide_runs_out_after_a_reminder(engine: Engine) -> None:
    change = await engine.until(await engine.ask(), S.WAITING)
    ended = await engine.until(change, S.EXPIRED)
    assert ended.reminded
    assert "0 of 1" in ended.outcome
    with pytest.raises(NotAllowed):
        await engine.say(change, Word.APPROVE)


async def test_a_plan_that_changed_is_asked_for_anew(engine: Engine) -> None:
    change = await engine.until(await engine.ask(), S.WAITING)
    api = engine.cluster.api
    api.objects[f"{POD}/node-1"]["metadata"]["uid"] = "another"
    await engine.say(change, Word.APPROVE)
    async with asyncio.timeout(5):
        while (again := await engine.changes.get(change.id)) and again.round < 2:
            await asyncio.sleep(0.01)
    assert again is not None
    assert again.state is S.WAITING
    assert again.voided == ("delete Pod kube-system/node-1: it is another object now",)
    with pytest.raises(NotAllowed, match="has changed since"):
        await engine.say(change, Word.APPROVE, OLA)  # on the old message
    assert api.effects == []
    await engine.say(again, Word.APPROVE)
    await engine.until(again, S.DONE)
    assert [one.uid for one in api.effects] == ["another"]


async def test_what_cannot_be_planned_is_refused_with_the_reason(engine: Engine) -> None:
    ended = await engine.until(await engine.ask(node="node-9"), S.REFUSED)
    assert ended.outcome == "There is no agent on node-9."
    assert ended.hint == "Look again."


async def test_a_safe_change_needs_nobody(engine: Engine) -> None:
    done = await engine.until(await engine.ask("wipe"), S.DONE)
    assert done.decisions == ()
    assert len(engine.cluster.api.effects) == 1


async def test_breakglass_needs_an_incident_and_a_reason(engine: Engine) -> None:
    ended = await engine.until(await engine.ask("smash"), S.REFUSED)
    assert "an incident and a reason" in ended.outcome


async def test_breakglass_needs_two_the_cluster_s_name_and_a_word_per_step(engine: Engine) -> None:
    asked = await engine.ask("smash", incident="INC-1", reason="all is lost")
    change = await engine.until(asked, S.WAITING)
    assert change.needed == 2
    with pytest.raises(UsageError, match="Type the name"):
        await engine.say(change, Word.APPROVE, BEN)
    await engine.say(change, Word.APPROVE, BEN, typed="prod")
    await engine.say(change, Word.APPROVE, BEN, typed="prod")
    assert (await engine.changes.get(change.id)).state is S.WAITING  # type: ignore[union-attr]
    await engine.say(change, Word.APPROVE, OLA, typed="prod")
    waiting = await engine.until(change, S.CONFIRMING)
    assert waiting.outcome == "delete the pod"
    assert engine.cluster.api.effects == []
    with pytest.raises(NotAllowed, match="Too late"):
        await engine.say(waiting, Word.CONFIRM, ANA, step="another step")
    await engine.say(waiting, Word.CONFIRM, ANA, step="delete the pod")
    await engine.until(change, S.DONE)
    assert len(engine.cluster.api.effects) == 1


async def test_one_person_alone_after_a_time_with_a_reason_and_a_review(store) -> None:
    rule = msgspec.structs.replace(RULE, solo_after=600.0)
    engine = Engine(store, rules=(rule,))
    engine.cluster.api.put(f"{POD}/node-1")
    engine.start()
    try:
        change = await engine.until(await engine.ask(), S.WAITING)
        with pytest.raises(NotAllowed):
            await engine.say(change, Word.SOLO, ANA, reason="nobody is awake")
        await asyncio.sleep(600 / 300)
        with pytest.raises(NotAllowed):
            await engine.say(change, Word.SOLO, EVE, reason="nobody is awake")
        await engine.say(change, Word.SOLO, ANA, reason="nobody is awake")
        done = await engine.until(change, S.DONE)
        assert done.review_due
        with pytest.raises(NotAllowed, match="Somebody else"):
            await engine.say(done, Word.REVIEWED, ANA)
        await engine.say(done, Word.REVIEWED, BEN)
        async with asyncio.timeout(5):
            while (await engine.changes.get(change.id)).review_due:  # type: ignore[union-attr]
                await asyncio.sleep(0.01)
        assert "override" in await engine.events(change)
    finally:
        await engine.stop()


async def test_a_rule_may_let_what_is_broken_be_mended_at_once(store, monkeypatch) -> None:
    from tests.engine.changes import house

    plan = house._Deletes.plan

    async def broken(self, look):
        return msgspec.structs.replace(await plan(self, look), broken=True)

    monkeypatch.setattr(house._Deletes, "plan", broken)
    rule = msgspec.structs.replace(RULE, safe_when_broken=True, risks=frozenset([Risk.GUARDED]))
    engine = Engine(store, rules=(rule,))
    engine.cluster.api.put(f"{POD}/node-1")
    engine.start()
    try:
        done = await engine.until(await engine.ask(), S.DONE)
        assert done.needed == 0
        assert (await engine.events(done))[1] == "override"
    finally:
        await engine.stop()


async def test_without_a_rule_nothing_can_be_approved(store) -> None:
    engine = Engine(store, rules=())
    engine.cluster.api.put(f"{POD}/node-1")
    engine.start()
    try:
        ended = await engine.until(await engine.ask(), S.REFUSED)
        assert "No approval rule" in ended.outcome
    finally:
        await engine.stop()


async def test_a_hundred_clicks_are_one_execution(engine: Engine) -> None:
    change = await engine.until(await engine.ask(), S.WAITING)
    people = [BEN, OLA, ANA, EVE] * 25
    answers = await asyncio.gather(
        *(engine.say(change, Word.APPROVE, who) for who in people), return_exceptions=True
    )
    refusals = [one for one in answers if isinstance(one, NotAllowed)]
    assert len(refusals) >= 50
    await engine.until(change, S.DONE)
    assert len(engine.cluster.api.effects) == 1
