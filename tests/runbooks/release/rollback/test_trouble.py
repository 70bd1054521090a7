"""What goes wrong while helm rolls back: the release is read before anything is done again."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from bot.clients.helm import process
from bot.model.change import Change, ChangeState, StepState, Word
from bot.model.errors import Unreachable
from tests.clients.helm.contract.test_changing import children, command_of
from tests.clients.helm.programs import KINDS
from tests.runbooks.changing import Changing
from tests.runbooks.release.rollback.conftest import history, upgraded

STEP = "helm rollback cilium to revision 2"


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def rollbacks() -> list[int]:
    """Processes of helm that are rolling back, of this test."""
    found = []
    for pid in children():
        try:
            if " rollback " in command_of(pid):
                found.append(pid)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def records(house: Changing) -> list[str]:
    return house.effects("secrets")


async def until_pending(house: Changing) -> None:
    async with asyncio.timeout(20):
        while "create" not in records(house):
            await asyncio.sleep(0.005)


async def approved_slowly(house: Changing) -> Change:
    """A rollback whose helm is in the middle of it: its record is stored as pending."""
    change = await house.approved("rollback", revision="2")
    async with asyncio.timeout(20):
        while not rollbacks():
            await asyncio.sleep(0.005)
    house.simulated.inject("api-slow", seconds=0.4)
    await until_pending(house)
    return change


async def test_helm_killed_in_the_middle_is_asked_of_a_human_and_then_done_again(
    house: Changing,
) -> None:
    change = await approved_slowly(house)
    for pid in rollbacks():
        os.kill(pid, signal.SIGKILL)
    house.simulated.clear_all()
    asks = await house.ended(change)
    assert asks.state is ChangeState.UNKNOWN, asks.outcome
    assert asks.doubt is not None
    assert asks.doubt.name == STEP
    assert (await history(house.cluster))[-1] == (4, "pending-rollback", "1.18.6")
    assert rollbacks() == []
    await house.engine.say(asks, Word.DID_NOT)
    ended = await house.engine.until(asks, ChangeState.DONE, within=30)
    assert (await history(house.cluster))[-1] == (5, "deployed", "1.18.6")
    assert [check.held for check in ended.checks] == [True] * 5


async def test_a_worker_killed_in_the_middle_takes_its_helm_with_it(house: Changing) -> None:
    change = await approved_slowly(house)
    (before,) = rollbacks()
    await house.restarted()
    house.simulated.clear_all()
    async with asyncio.timeout(process.GRACE + 2):
        while at_work := rollbacks():
            assert at_work == [before], "a second helm beside the first"
            await asyncio.sleep(0.02)
    ended = await house.ended(change)
    # It was ended while it stored its record, applied, or was through: read, and never guessed.
    newest = (await history(house.cluster))[-1]
    if newest[1] == "deployed":
        assert ended.state is ChangeState.DONE, ended.outcome
    else:
        assert ended.state is ChangeState.UNKNOWN, ended.outcome
    assert [one[1] for one in await history(house.cluster)].count("deployed") == 1


async def test_a_lost_answer_is_read_from_the_release(
    house: Changing, monkeypatch: pytest.MonkeyPatch
) -> None:
    rollback = house.cluster.helm.rollback

    async def loses(*given: object, **options: object) -> None:
        await rollback(*given, **options)  # type: ignore[arg-type]
        raise Unreachable("helm rollback was killed before it said what came of it.")

    monkeypatch.setattr(house.cluster.helm, "rollback", loses)
    ended = await house.carried("rollback", revision="2")
    assert ended.state is ChangeState.DONE, ended.outcome
    assert len(await history(house.cluster)) == 4


async def test_a_helm_that_never_began_is_started_again(
    house: Changing, monkeypatch: pytest.MonkeyPatch
) -> None:
    rollback, tries = house.cluster.helm.rollback, []

    async def killed_at_first(*given: object, **options: object) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise Unreachable("helm rollback was killed before it said what came of it.")
        await rollback(*given, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(house.cluster.helm, "rollback", killed_at_first)
    ended = await house.carried("rollback", revision="2")
    assert ended.state is ChangeState.DONE, ended.outcome
    assert len(await history(house.cluster)) == 4


async def test_a_successor_waits_out_a_helm_whose_worker_is_lost(
    house: Changing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its worker hangs on another machine: nothing is stored yet, and may be at any moment."""
    started, at = asyncio.Event(), []
    loop = asyncio.get_running_loop()
    rollback = house.cluster.helm.rollback

    async def hangs_at_first(*given: object, **options: object) -> None:
        at.append(loop.time())
        if len(at) == 1:
            started.set()
            await asyncio.sleep(3600)
        await rollback(*given, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(house.cluster.helm, "rollback", hangs_at_first)
    change = await house.approved("rollback", revision="2")
    await started.wait()
    await house.restarted()
    ended = await house.ended(change, within=60)
    assert ended.state is ChangeState.DONE, ended.outcome
    assert at[1] - at[0] >= 3.3, "210 s at the tests' scale of 60"
    assert len(await history(house.cluster)) == 4


async def test_somebody_elses_helm_at_the_last_moment_ends_it(
    house: Changing, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    releases = house.cluster.releases
    read, meddled = type(releases).history, []

    async def meddling(self: object, release: object) -> object:
        now = await house.engine.changes.get(change.id) if not meddled else None
        if now is not None and now.state is ChangeState.EXECUTING and now.steps:
            meddled.append(1)
            await upgraded(house.cluster, tmp_path, debug={"enabled": True})
        return await read(self, release)  # type: ignore[arg-type]

    change = await house.asked("rollback", revision="2")
    monkeypatch.setattr(type(releases), "history", meddling)
    await house.engine.say(change, Word.APPROVE)
    ended = await house.ended(change)
    assert meddled
    assert ended.state is ChangeState.FAILED
    assert "newest revision of kube-system/cilium is 4 and not 3" in ended.outcome
    assert (await history(house.cluster))[-1][0] == 4


async def test_agents_that_do_not_come_back_are_told_by_node(
    house: Changing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runbooks.release.rollback.planning.LEAST_WAIT", 120.0)
    monkeypatch.setattr("runbooks.release.rollback.planning.PATIENCE", 0.1)
    house.simulated.inject("agent-never-ready", "node-4")
    ended = await house.carried("rollback", revision="1")
    assert ended.state is ChangeState.FAILED
    assert "node-4: cilium-" in ended.outcome
    assert "kubectl -n kube-system get pods" in ended.outcome
    assert ended.steps[0].state is StepState.DONE


def test_helm_is_ended_before_a_lock_lapses() -> None:
    from bot.clients.helm.arguments import MARGIN
    from bot.engine.changes.lock import LASTS
    from runbooks.release.rollback.helm_step import HELM_TAKES, OUTLASTS, WITHIN

    assert HELM_TAKES + MARGIN + process.GRACE <= WITHIN < OUTLASTS < LASTS
