"""``rollout-restart`` interrupted: answers lost, carriers killed, others who change the same."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.model.change import ChangeState, StepState, Word
from bot.model.errors import Throttled
from runbooks.restarted_at import value_of
from tests.runbooks.agent.rollout.story import agents, edit, lost, mark, until_written, wrap_patch
from tests.runbooks.changing import SYSTEM, Changing


async def test_a_lost_answer_is_looked_for_and_nothing_restarts_twice(
    house: Changing, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrap_patch(house, monkeypatch, after=lost)
    change = await house.carried("rollout-restart")
    assert change.state is ChangeState.DONE, change.outcome
    assert house.effects("daemonsets") == ["patch"]


async def test_a_carrier_killed_after_the_write_is_followed_by_one_that_does_not_repeat_it(
    house: Changing, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = asyncio.Event()

    async def never_returns() -> None:
        written.set()
        await asyncio.sleep(3600)

    wrap_patch(house, monkeypatch, after=never_returns)
    change = await house.approved("rollout-restart")
    await written.wait()
    await house.restarted()
    ended = await house.ended(change)
    assert ended.state is ChangeState.DONE, ended.outcome
    assert {step.state for step in ended.steps} == {StepState.DONE}
    assert house.effects("daemonsets") == ["patch"]
    assert await mark(house) == value_of(change)


async def test_a_carrier_killed_while_the_agents_roll_is_followed_by_one_that_goes_on(
    house: Changing,
) -> None:
    change = await house.approved("rollout-restart")
    await until_written(house, change)
    await house.restarted()
    ended = await house.ended(change)
    assert ended.state is ChangeState.DONE, ended.outcome
    assert house.effects("daemonsets") == ["patch"]


async def test_a_status_written_in_between_is_read_again(
    house: Changing, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = 0

    async def faster() -> None:
        nonlocal tried
        tried += 1
        if tried < 3:
            thing = house.simulated.objects.get("daemonsets", "cilium", SYSTEM)
            thing["metadata"]["annotations"]["somebody"] = str(tried)
            house.simulated.objects.put("daemonsets", thing)

    wrap_patch(house, monkeypatch, before=faster)
    change = await house.carried("rollout-restart")
    assert change.state is ChangeState.DONE, change.outcome
    assert tried == 3
    assert house.effects("daemonsets") == ["patch"]


async def test_a_template_changed_after_the_approval_is_asked_for_anew(house: Changing) -> None:
    change = await house.asked("rollout-restart")
    edit(house, revisionHistoryLimit=9)
    await house.simulated.settle()
    await house.engine.say(change, Word.APPROVE)
    async with asyncio.timeout(20):
        while (again := await house.engine.changes.get(change.id)) is None or again.round < 2:
            await asyncio.sleep(0.02)
    assert any("generation" in line for line in again.voided), again.voided
    assert house.effects("daemonsets") == []


async def test_a_template_changed_at_the_last_moment_ends_it_and_nothing_restarts(
    house: Changing, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def faster() -> None:
        edit(house, revisionHistoryLimit=9)

    wrap_patch(house, monkeypatch, before=faster)
    before = await agents(house)
    change = await house.carried("rollout-restart")
    assert change.state is ChangeState.FAILED
    assert "was changed by somebody else (generation" in change.outcome
    assert await agents(house) == before
    assert house.effects("daemonsets") == []


async def test_a_rollout_that_somebody_pauses_is_told(house: Changing) -> None:
    house.simulated.inject("agent-never-ready", "node-1", pods="cluster")
    change = await house.approved("rollout-restart")
    await until_written(house, change)
    edit(house, updateStrategy={"type": "OnDelete"})
    ended = await house.ended(change)
    assert ended.state is ChangeState.FAILED
    assert "Somebody paused the rollout" in ended.outcome


async def test_an_api_server_that_is_busy_meanwhile_ends_nothing(
    house: Changing, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = await house.asked("rollout-restart")
    controller_revisions, busy = house.cluster.reads.controller_revisions, 2

    async def sometimes(*asked: Any) -> Any:
        nonlocal busy
        if await mark(house) == value_of(change) and busy:
            busy -= 1
            raise Throttled("The API server asks to slow down.")
        return await controller_revisions(*asked)

    monkeypatch.setattr(house.cluster.reads, "controller_revisions", sometimes)
    await house.engine.say(change, Word.APPROVE)
    ended = await house.ended(change)
    assert ended.state is ChangeState.DONE, ended.outcome
    assert not busy
