"""``restart-operator`` on a simulated cluster, carried by the engine, and what goes wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.clients.cluster import Cluster
from bot.clients.kubernetes.permissions import CHANGES, PERMISSIONS
from bot.engine.changes.acting import Look
from bot.model.change import ChangeState, StepState
from bot.playground.cluster import SimulatedCluster
from runbooks.operator.restart.remedy import RestartOperator
from runbooks.restarted_at import RESTARTED_AT, value_of
from tests.clients.kubernetes.test_permissions import limited_to
from tests.runbooks.changing import SYSTEM, Changing, change_of, changing

STEPS = ["look before", "restart Deployment kube-system/cilium-operator"]
LEASE = "cilium-operator-resource-lock"


@pytest.fixture
async def house(
    simulated: SimulatedCluster, cluster: Cluster, tmp_path: Path
) -> AsyncIterator[Changing]:
    async with changing(simulated, cluster, tmp_path, RestartOperator) as running:
        yield running


async def operators(cluster: Cluster) -> set[str]:
    pods = await cluster.reads.pods(SYSTEM, "io.cilium/app=operator")
    return {pod.metadata.uid for pod in pods.items}


async def holder(cluster: Cluster) -> str:
    return (await cluster.reads.lease(SYSTEM, LEASE)).spec.holder_identity or ""


async def test_the_plan_is_made_without_changing_anything(
    simulated: SimulatedCluster, cluster: Cluster
) -> None:
    look = Look(change_of("restart-operator"), cluster)
    plan = await RestartOperator().plan(look)
    (call,) = plan.calls
    assert (call.verb, str(call.object)) == ("patch", "Deployment kube-system/cilium-operator")
    assert call.changes == (f"+ template annotation {RESTARTED_AT}: {value_of(look.change)}",)
    assert plan.notes == (f"2 of 2 are available. {await holder(cluster)} leads.",)
    assert plan.agent_restarts == 0
    assert not [one for one in simulated.ledger if one.effective]
    assert (await RestartOperator().plan(look)).digest == plan.digest


async def test_an_approved_restart_is_done_once_and_a_new_one_leads(house: Changing) -> None:
    before, led = await operators(house.cluster), await holder(house.cluster)
    change = await house.carried("restart-operator")
    assert change.state is ChangeState.DONE, change.outcome
    assert [step.name for step in change.steps] == [*STEPS, "wait for the new operators"]
    after = await operators(house.cluster)
    assert len(after) == 2
    assert not before & after
    assert await holder(house.cluster) != led
    assert [check.held for check in change.checks] == [True, True]
    assert [check.held for check in change.checks_before] == [False, True]
    assert house.effects("deployments") == ["patch"]
    assert house.effects("pods") == []
    deployment = await house.cluster.reads.deployment(SYSTEM, "cilium-operator")
    assert deployment.desired == 2


async def test_a_lost_answer_is_looked_for_and_nothing_restarts_twice(
    house: Changing, monkeypatch: pytest.MonkeyPatch
) -> None:
    patch = house.cluster.api.patch

    async def loses(path: str, changes: Any, **options: Any) -> bytes:
        if path.endswith("/deployments/cilium-operator") and not options.get("dry_run"):
            house.simulated.inject("api-reply-lost")
        return await patch(path, changes, **options)

    monkeypatch.setattr(house.cluster.api, "patch", loses)
    ended = await house.carried("restart-operator")
    assert ended.state is ChangeState.DONE, ended.outcome
    assert {step.state for step in ended.steps} == {StepState.DONE}
    assert house.effects("deployments") == ["patch"]


async def test_operators_that_crash_by_themselves_are_left_to_their_kubelet(
    house: Changing,
) -> None:
    house.simulated.inject("operator-down")
    await house.simulated.settle()
    ended = await house.ended(await house.request("restart-operator"))
    assert ended.state is ChangeState.REFUSED
    assert "Every operator crashes by itself" in ended.outcome
    assert "--previous" in ended.hint
    assert house.effects("deployments") == []


async def test_new_operators_that_crash_end_it(
    house: Changing, monkeypatch: pytest.MonkeyPatch
) -> None:
    patch = house.cluster.api.patch

    async def then_breaks(path: str, changes: Any, **options: Any) -> bytes:
        answer = await patch(path, changes, **options)
        if path.endswith("/deployments/cilium-operator") and not options.get("dry_run"):
            house.simulated.inject("operator-down")
        return answer

    monkeypatch.setattr(house.cluster.api, "patch", then_breaks)
    ended = await house.carried("restart-operator")
    assert ended.state is ChangeState.FAILED
    assert "The new operator cilium-operator-" in ended.outcome
    assert "crashes again and again" in ended.outcome


async def test_while_nobody_leads_it_is_not_called_done(
    house: Changing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RestartOperator, "verify_within", 30.0)
    monkeypatch.setattr("bot.playground.cluster.controllers.operator.renew", lambda _: None)
    change = await house.carried("restart-operator")
    assert change.state is ChangeState.UNVERIFIED
    assert "one of the new ones leads, and renews its Lease" in change.outcome
    assert "as before" in change.outcome


async def test_it_needs_the_rights_of_the_chart_and_no_other(
    simulated: SimulatedCluster, tmp_path: Path
) -> None:
    async with (
        limited_to((*PERMISSIONS, *CHANGES), simulated, tmp_path) as bot,
        changing(simulated, bot, tmp_path, RestartOperator) as house,
    ):
        change = await house.carried("restart-operator")
    assert change.state is ChangeState.DONE, change.outcome
