"""``rollback`` on a simulated cluster, carried by the engine, with the playground's and the real
helm."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.clients.cluster import Cluster
from bot.clients.helm.helm import Helm
from bot.model.change import ChangeState, Word
from bot.model.names import RevisionNumber
from bot.model.plan import Risk
from bot.playground.cluster import SimulatedCluster
from bot.playground.helm.program import write_program
from runbooks.release.rollback.remedy import Rollback
from tests.clients.helm.programs import KINDS
from tests.runbooks.changing import Changing, plan_of
from tests.runbooks.release.rollback.conftest import CILIUM, history, upgraded

HELM_STEP = "helm rollback cilium to revision 2"


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_the_plan_shows_what_becomes_otherwise_and_changes_nothing(
    simulated: SimulatedCluster, helmed: Cluster
) -> None:
    plan = await plan_of(Rollback(None), helmed)
    assert (plan.risk, plan.target) == (Risk.GUARDED, "release/kube-system/cilium")
    assert plan.title == "Roll Cilium back to revision 2 (chart 1.18.6)"
    helm, config = plan.calls
    assert str(helm) == ("helm rollback (revision 3 to what 2 was) Release kube-system/cilium")
    assert helm.changes == ("- value bpf.policyMapMax: 16384", "+ value bpf.policyMapMax: 8192")
    assert str(config) == "patch ConfigMap kube-system/cilium-config"
    assert config.changes == (
        "- data.bpf-policy-map-max: 16384",
        "+ data.bpf-policy-map-max: 8192",
    )
    assert config.object.uid
    assert plan.meanwhile[0].startswith("cilium-config changes and no agent restarts")
    assert plan.meanwhile[-1] == "No pod restarts."
    assert "The API server would accept all" in plan.dry_run
    assert plan.undo.startswith("/cilium rollback 3")
    assert not [one for one in simulated.ledger if one.effective]
    assert (await plan_of(Rollback(None), helmed)).digest == plan.digest


async def test_back_within_a_minor_rolls_the_agents_and_is_proven(house: Changing) -> None:
    change = await house.asked("rollback", revision="1")
    plan = change.plan
    assert plan is not None
    assert plan.risk is Risk.GUARDED
    assert "At most 6 agents restart, 2 at a time" in plan.meanwhile[0]
    assert plan.blast_radius.nodes == tuple(f"node-{number}" for number in range(1, 7))
    await house.engine.say(change, Word.APPROVE)
    ended = await house.ended(change, within=60)
    assert ended.state is ChangeState.DONE, ended.outcome
    assert [step.name for step in ended.steps] == [
        "helm rollback cilium to revision 1",
        "wait for the agents",
    ]
    assert ended.steps[0].result == "4"
    assert ended.steps[1].result == "6 of 6 agents are new and Ready"
    assert [check.held for check in ended.checks] == [True] * 5
    assert ended.checks_before[0].held is False
    assert await history(house.cluster) == [
        (1, "superseded", "1.18.5"),
        (2, "superseded", "1.18.6"),
        (3, "superseded", "1.18.6"),
        (4, "deployed", "1.18.5"),
    ]
    assert (await house.agent("node-3")).image("cilium-agent").endswith(":v1.18.5")


async def test_one_minor_back_is_breakglass(helmed: Cluster, tmp_path: Path) -> None:
    await upgraded(helmed, tmp_path, "1.19.1")
    plan = await plan_of(Rollback(None), helmed)
    assert plan.risk is Risk.BREAKGLASS
    assert plan.title == "Roll Cilium back to revision 3 (chart 1.18.6)"
    assert any("CRDs are the operator's" in note for note in plan.notes)
    assert plan.calls[0].changes[:2] == ("- chart 1.19.1", "+ chart 1.18.6")
    assert {call.object.name for call in plan.calls} >= {"cilium", "cilium-operator"}
    assert any("cilium-operator restarts" in line for line in plan.meanwhile)


async def test_under_ondelete_no_agent_restarts_and_that_is_told(
    house: Changing, tmp_path: Path
) -> None:
    await upgraded(house.cluster, tmp_path, updateStrategy={"type": "OnDelete"})
    await upgraded(house.cluster, tmp_path, "1.18.9", updateStrategy={"type": "OnDelete"})
    await house.simulated.settle()
    change = await house.asked("rollback", revision="4")
    assert change.plan is not None
    assert change.plan.meanwhile[0].startswith("No agent restarts: the update strategy is OnDelete")
    assert change.plan.blast_radius.nodes == ()
    await house.engine.say(change, Word.APPROVE)
    ended = await house.ended(change, within=60)
    assert ended.state is ChangeState.DONE, ended.outcome


async def test_the_release_changed_after_the_approval_is_asked_for_anew(
    house: Changing, tmp_path: Path
) -> None:
    change = await house.asked("rollback", revision="2")
    await upgraded(house.cluster, tmp_path, debug={"enabled": True})
    await house.engine.say(change, Word.APPROVE)
    async with asyncio.timeout(20):
        while (again := await house.engine.changes.get(change.id)) is None or again.round < 2:
            await asyncio.sleep(0.02)
    assert any("pinned" in line for line in again.voided), again.voided
    assert len(await history(house.cluster)) == 4


async def test_revision_is_a_number_of_the_history(helmed: Cluster) -> None:
    assert (await plan_of(Rollback(RevisionNumber(1)), helmed)).pinned["target revision"] == "1"


async def test_the_demo_s_helm_rolls_back_with_the_bot_s_own_token(
    cluster: Cluster, tmp_path: Path
) -> None:
    """Over plain HTTP on loopback, where a real helm sends none."""
    program = write_program(tmp_path, token_without_tls=True)
    demo = replace(cluster, helm=Helm(cluster.api, str(program)))
    assert (await plan_of(Rollback(None), demo)).pinned["target revision"] == "2"
    await demo.helm.rollback(CILIUM, 2)
    assert (await history(demo))[-1] == (4, "deployed", "1.18.6")
