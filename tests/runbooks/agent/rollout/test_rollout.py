"""``rollout-restart`` on a simulated cluster, carried by the engine, and what goes wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.clients.cluster import Cluster
from bot.clients.kubernetes.permissions import CHANGES, PERMISSIONS
from bot.engine.changes.acting import Look
from bot.model.change import ChangeState, Word
from bot.model.errors import Denied
from bot.playground.cluster import SimulatedCluster
from runbooks.agent.rollout.remedy import RolloutRestart
from runbooks.restarted_at import RESTARTED_AT, value_of
from tests.clients.kubernetes.serving import using
from tests.clients.kubernetes.test_permissions import limited_to
from tests.runbooks.agent.rollout.story import agents, mark, until_written
from tests.runbooks.changing import SYSTEM, Changing, change_of, changing, plan_of

STEPS = ["look before", "restart DaemonSet kube-system/cilium", "wait for all agents"]


async def test_the_plan_is_made_without_changing_anything(
    simulated: SimulatedCluster, cluster: Cluster
) -> None:
    simulated.inject("config-not-rolled-out")
    look = Look(change_of("rollout-restart"), cluster)
    plan = await RolloutRestart().plan(look)
    (call,) = plan.calls
    there = await cluster.reads.daemonset(SYSTEM, "cilium")
    assert (call.verb, call.object.uid) == ("patch", there.metadata.uid)
    assert call.changes == (f"+ template annotation {RESTARTED_AT}: {value_of(look.change)}",)
    assert len(plan.blast_radius.nodes) == 6
    assert plan.bounds.max_unavailable == 2
    assert "6 agents older than cilium-config" in plan.notes[0]
    assert plan.dry_run == "The API server would annotate the template of this very object."
    assert plan.agent_restarts == 0
    assert not [one for one in simulated.ledger if one.effective]
    assert (await RolloutRestart().plan(look)).digest == plan.digest


async def test_an_approved_rollout_is_done_once_and_proven(house: Changing) -> None:
    before = await agents(house)
    change = await house.carried("rollout-restart")
    after = await agents(house)
    assert change.state is ChangeState.DONE, change.outcome
    assert [step.name for step in change.steps] == STEPS
    assert change.steps[-1].result == "6 of 6 agents are new and Ready"
    assert before.keys() == after.keys()
    assert not set(before.values()) & set(after.values())
    assert [check.held for check in change.checks] == [True] * 4
    assert [check.held for check in change.checks_before] == [False, True, True, True]
    assert await mark(house) == value_of(change)
    assert house.effects("daemonsets") == ["patch"]
    assert house.effects("pods") == []


async def test_a_second_one_finds_nothing_to_restart_for(house: Changing) -> None:
    await house.carried("rollout-restart")
    ended = await house.ended(await house.request("rollout-restart"))
    assert ended.state is ChangeState.REFUSED
    assert "asks for a restart of all agents" in ended.outcome or "cooldown" in ended.outcome


async def test_new_agents_that_crash_end_it_with_the_node(house: Changing) -> None:
    change = await house.asked("rollout-restart")
    await house.engine.say(change, Word.APPROVE)
    await until_written(house, change)
    house.simulated.inject("agent-crash-loop", "node-6")
    ended = await house.ended(change)
    assert ended.state is ChangeState.FAILED
    assert "The new agent on node-6 crashes again and again" in ended.outcome
    assert "updateStrategy.type=OnDelete, never a patch" in ended.outcome
    assert "logs cilium-" in ended.outcome
    assert house.effects("pods") == []


async def test_new_agents_that_never_get_ready_end_it_and_the_rest_is_left_alone(
    house: Changing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runbooks.agent.rollout.remedy.patience", lambda _: 1.0)
    house.simulated.inject("agent-never-ready", "node-1", pods="cluster")
    before = await agents(house)
    change = await house.carried("rollout-restart")
    assert change.state is ChangeState.FAILED
    assert "is not Ready for" in change.outcome
    after = await agents(house)
    assert sum(before[node] != after.get(node) for node in before) == 2  # maxUnavailable


async def test_agents_that_are_broken_alike_are_all_restarted(house: Changing) -> None:
    for node in ("node-1", "node-3", "node-5"):
        house.simulated.inject("agent-crash-loop", node, cured_by_restart=True)
    await house.simulated.settle()
    change = await house.asked("rollout-restart")
    assert change.plan is not None
    assert change.plan.notes[0].startswith("3 agents broken (node-1, node-3, node-5)")
    assert not change.plan.broken  # three nodes are: no reason to spare the approval for all
    await house.engine.say(change, Word.APPROVE)
    ended = await house.ended(change)
    assert ended.state is ChangeState.DONE, ended.outcome


async def test_one_broken_agent_is_a_matter_of_restart_agent(house: Changing) -> None:
    house.simulated.inject("agent-crash-loop", "node-5")
    await house.simulated.settle()
    ended = await house.ended(await house.request("rollout-restart"))
    assert ended.state is ChangeState.REFUSED
    assert "1 agent broken (node-5): too few" in ended.outcome
    assert ended.hint == "/cilium restart-agent node-5"


async def test_an_annotation_that_is_declared_elsewhere_is_left_alone(house: Changing) -> None:
    thing = house.simulated.objects.get("daemonsets", "cilium", SYSTEM)
    annotations = {"f:annotations": {f"f:{RESTARTED_AT}": {}}}
    fields = {"f:spec": {"f:template": {"f:metadata": annotations}}}
    entry = {"manager": "argocd-controller", "operation": "Apply", "fieldsV1": fields}
    thing["metadata"]["managedFields"] = [entry]
    house.simulated.objects.put("daemonsets", thing)
    ended = await house.ended(await house.request("rollout-restart"))
    assert ended.state is ChangeState.REFUSED
    assert "argocd-controller declares kubectl.kubernetes.io/restartedAt" in ended.outcome
    assert house.effects("daemonsets") == []


async def test_it_needs_the_rights_of_the_chart_and_no_other(
    simulated: SimulatedCluster, tmp_path: Path
) -> None:
    simulated.inject("config-not-rolled-out")
    async with (
        limited_to((*PERMISSIONS, *CHANGES), simulated, tmp_path) as bot,
        changing(simulated, bot, tmp_path, RolloutRestart) as house,
    ):
        change = await house.carried("rollout-restart")
    assert change.state is ChangeState.DONE, change.outcome


async def test_without_the_right_to_patch_there_is_no_plan(
    simulated: SimulatedCluster, tmp_path: Path
) -> None:
    simulated.inject("config-not-rolled-out")
    rows = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "create"]}]
    user = simulated.add_user("reader", rows)
    async with using(simulated.write_kubeconfig(tmp_path / "reader", token=user.token)) as reader:
        with pytest.raises(Denied, match="cannot patch"):
            await plan_of(RolloutRestart(), reader)
