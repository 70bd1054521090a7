"""``clear-pending-release``: which revision, when, and on a simulated cluster."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.authoring import PlanRefused
from bot.clients.cluster import Cluster
from bot.model.change import ChangeState, Word
from bot.model.plan import Risk
from bot.playground.cluster import SimulatedCluster
from runbooks.release.rollback.clearing import ClearPendingRelease, last_deployed
from runbooks.release.rollback_target import NoTarget, Target
from tests.clients.helm.programs import KINDS
from tests.clients.helm.revisions import revision
from tests.runbooks.changing import Changing, changing, plan_of
from tests.runbooks.release.rollback.conftest import history
from tests.runbooks.release.rollback.test_refusals import record

NOW = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
LONG_AGO, JUST_NOW = NOW - timedelta(hours=1), NOW - timedelta(minutes=2)


def pending(number: int, state: str = "pending-upgrade", **more: Any) -> Any:
    return revision(number, state, **{"updated": LONG_AGO, **more})


@pytest.mark.parametrize(
    ("revisions", "target"),
    [
        ((revision(1), revision(2, "deployed"), pending(3)), 2),
        ((revision(1), revision(2, "deployed"), pending(3, "pending-rollback")), 2),
        ((revision(1, "deployed"), revision(2, "failed"), pending(3)), 1),
        ((revision(1), revision(2), pending(3, "pending-rollback")), 2),
        ((revision(1, version="1.18.6"), revision(2, "deployed", "1.18.6"),
          pending(3, version="1.19.1")), 2),
    ],
    ids=["upgrade", "rollback", "after-a-failed-one", "killed-between-two-records", "a-minor"],
)  # fmt: skip
def test_it_goes_back_to_what_was_deployed_last(revisions: tuple[Any, ...], target: int) -> None:
    found = last_deployed(revisions, NOW)
    assert isinstance(found, Target)
    assert found.revision.number == target


@pytest.mark.parametrize(
    ("revisions", "reason"),
    [
        ((), "no revisions"),
        ((revision(1, "deployed"),), "Nothing is pending: revision 1 is deployed"),
        ((revision(1), revision(2, "failed")), "Nothing is pending: revision 2 is failed"),
        ((pending(1, "pending-install"),), "none was ever deployed"),
        ((revision(1, "deployed"), pending(2, "uninstalling")), "being uninstalled"),
        ((revision(1, "deployed"), pending(2, updated=JUST_NOW)), "its helm may be at work"),
        ((revision(1, "deployed", "1.17.9"), pending(2, version="1.19.1")), "2 minors"),
    ],
)
def test_refused_with_the_reason(revisions: tuple[Any, ...], reason: str) -> None:
    found = last_deployed(revisions, NOW)
    assert isinstance(found, NoTarget)
    assert reason in found.reason


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def house(
    simulated: SimulatedCluster, helmed: Cluster, tmp_path: Path
) -> AsyncIterator[Changing]:
    async with changing(simulated, helmed, tmp_path, ClearPendingRelease) as running:
        yield running


async def test_a_killed_upgrade_is_cleared_and_its_record_stays(house: Changing) -> None:
    house.simulated.objects.put("secrets", record(4, "pending-upgrade", "1.19.1"))
    change = await house.request("clear-pending-release")
    refused = await house.ended(change)
    assert refused.state is ChangeState.REFUSED
    assert "breakglass change" in refused.outcome, "it was an upgrade to the next minor"

    house.simulated.objects.put("secrets", record(4, "pending-upgrade", "1.18.5"))
    change = await house.asked("clear-pending-release")
    assert change.plan is not None
    assert change.plan.risk is Risk.GUARDED
    assert change.plan.title == (
        "Clear the pending-upgrade revision 4 of cilium, back to revision 3"
    )
    assert any("a helm still runs somewhere" in note for note in change.plan.notes)
    await house.engine.say(change, Word.APPROVE)
    ended = await house.ended(change, within=60)
    assert ended.state is ChangeState.DONE, ended.outcome
    assert (await history(house.cluster))[-2:] == [
        (4, "pending-upgrade", "1.18.5"),
        (5, "deployed", "1.18.6"),
    ]
    assert "delete" not in house.effects("secrets")


async def test_agents_that_the_killed_operation_reached_are_named(
    simulated: SimulatedCluster, helmed: Cluster
) -> None:
    early = {"last_deployed": "2020-01-01T00:00:00Z"}
    simulated.objects.put("secrets", record(4, "pending-upgrade", "1.18.5", **early))
    plan = await plan_of(ClearPendingRelease(), helmed)
    assert any("6 agents of 6 were made since" in note for note in plan.notes)


async def test_without_anything_pending_it_is_refused(helmed: Cluster) -> None:
    with pytest.raises(PlanRefused, match="Nothing is pending: revision 3 is deployed"):
        await plan_of(ClearPendingRelease(), helmed)
