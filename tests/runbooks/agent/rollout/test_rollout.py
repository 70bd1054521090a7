"""``rollout-restart`` on a simulated cluster, carried by the engine, and what goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.clients.cluster import Cluster
from bot.clients.kubernetes.permissions import CHANGES, PERMISSIONS
from bot.engine.changes.acting import Look
from bot.model.change import Change, ChangeState, StepState, Word
from bot.model.errors import Denied, Throttled, Unreachable
from bot.playground.cluster import SimulatedCluster
from runbooks.agent.rollout.remedy import RolloutRestart
from runbooks.restarted_at import RESTARTED_AT, value_of
from tests.clients.kubernetes.serving import using
from tests.clients.kubernetes.test_permissions import limited_to
from tests.runbooks.changing import SYSTEM, Changing, change_of, changing, plan_of

STEPS = ["look before", "restart DaemonSet kube-system/cilium", "wait for all agents"]


@pytest.fixture
async def house(
    simulated: SimulatedCluster, cluster: Cluster, tmp_path: Path
) -> AsyncIterator[Changing]:
    simulated.inject("config-not-rolled-out")
    async with changing(simulated, cluster, tmp_path, RolloutRestart) as running:
        yield running


async def agents(house: Changing) -> dict[str, str]:
    pods = await house.cluster.reads.pods(SYSTEM, "k8s-app=cilium")
    return {pod.spec.node_name: pod.metadata.uid for pod in pods.items}


async def mark(house: Changing) -> str:
    daemonset = await house.cluster.reads.daemonset(SYSTEM, "cilium")
    return daemonset.spec.template.annotation(RESTARTED_AT)


def edit(house: Changing, **spec: Any) -> None:
    """Somebody else changes the DaemonSet's spec."""
    thing = house.simulated.objects.get("daemonsets", "cilium", SYSTEM)
    thing["spec"] |= spec
    thing["metadata"]["generation"] += 1
    house.simulated.objects.put("daemonsets", thing)


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


async def test_a_lost_answer_is_looked_for_and_nothing_restarts_twice(
    house: Changing, monkeypatch: pytest.MonkeyPatch
) -> None:
    _wrap_patch(house, monkeypatch, after=_break)
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

    _wrap_patch(house, monkeypatch, after=never_returns)
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
    await _until_written(house, change)
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

    _wrap_patch(house, monkeypatch, before=faster)
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

    _wrap_patch(house, monkeypatch, before=faster)
    before = await agents(house)
    change = await house.carried("rollout-restart")
    assert change.state is ChangeState.FAILED
    assert "was changed by somebody else (generation" in change.outcome
    assert await agents(house) == before
    assert house.effects("daemonsets") == []


async def test_new_agents_that_crash_end_it_with_the_node(house: Changing) -> None:
    change = await house.asked("rollout-restart")
    await house.engine.say(change, Word.APPROVE)
    await _until_written(house, change)
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


async def test_a_rollout_that_somebody_pauses_is_told(house: Changing) -> None:
    house.simulated.inject("agent-never-ready", "node-1", pods="cluster")
    change = await house.approved("rollout-restart")
    await _until_written(house, change)
    edit(house, updateStrategy={"type": "OnDelete"})
    ended = await house.ended(change)
    assert ended.state is ChangeState.FAILED
    assert "Somebody paused the rollout" in ended.outcome


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


async def _until_written(house: Changing, change: Change) -> None:
    async with asyncio.timeout(20):
        while await mark(house) != value_of(change):
            await asyncio.sleep(0.01)


async def _break() -> None:
    raise Unreachable("The connection broke before the answer came.")


def _wrap_patch(
    house: Changing,
    monkeypatch: pytest.MonkeyPatch,
    *,
    before: Any = None,
    after: Any = None,
) -> None:
    """Something happens around the write of a DaemonSet."""
    patch = house.cluster.api.patch

    async def wrapped(path: str, changes: Any, **options: Any) -> bytes:
        ours = path.endswith("/daemonsets/cilium") and not options.get("dry_run")
        if ours and before is not None:
            await before()
        answer = await patch(path, changes, **options)
        if ours and after is not None:
            await after()
        return answer

    monkeypatch.setattr(house.cluster.api, "patch", wrapped)
