"""``restart-agent`` on a simulated cluster, carried by the engine, and what goes wrong with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.clients.cluster import Cluster
from bot.clients.kubernetes.permissions import CHANGES, PERMISSIONS, Role
from bot.model.change import ChangeState, StepState, Word
from bot.model.errors import Denied, Unreachable
from bot.model.names import NodeName
from bot.model.plan import Risk
from bot.playground.cluster import SimulatedCluster
from runbooks.agent.restart.planning import READY_WITHIN
from runbooks.agent.restart.remedy import RestartAgent
from tests.clients.kubernetes.serving import using
from tests.clients.kubernetes.test_permissions import rule
from tests.runbooks.changing import Changing, changing, plan_of

NODE = NodeName("node-3")
STEPS = ["look before", "delete pod kube-system/{pod}", "wait for the new agent"]


@pytest.fixture
async def house(
    simulated: SimulatedCluster, cluster: Cluster, tmp_path: Path
) -> AsyncIterator[Changing]:
    async with changing(simulated, cluster, tmp_path, RestartAgent) as running:
        yield running


async def test_the_plan_names_the_very_pod_and_who_is_touched(
    simulated: SimulatedCluster, cluster: Cluster
) -> None:
    plan = await plan_of(RestartAgent(NODE), cluster)
    (call,) = plan.calls
    (pod,) = (await cluster.reads.pods("kube-system", "k8s-app=cilium", node=NODE)).items
    assert (call.verb, call.object.uid) == ("delete", pod.metadata.uid)
    assert (plan.risk, plan.target, plan.agent_restarts) == (Risk.GUARDED, f"node/{NODE}", 1)
    assert plan.blast_radius.nodes == (NODE,)
    assert plan.blast_radius.pods >= 4
    assert plan.blast_radius.namespaces
    assert "The agent is Ready and says Ok" in plan.notes[0]
    assert plan.dry_run == "The API server would delete this very pod."
    assert not plan.broken
    assert plan.pinned
    assert not [one for one in simulated.ledger if one.effective]
    assert (await plan_of(RestartAgent(NODE), cluster)).digest == plan.digest


async def test_an_approved_restart_is_done_once_and_proven(house: Changing) -> None:
    before = await house.agent(NODE)
    change = await house.carried("restart-agent", node=NODE)
    after = await house.agent(NODE)
    assert change.state is ChangeState.DONE, change
    assert [step.name for step in change.steps] == [step.format(pod=before.name) for step in STEPS]
    assert change.steps[-1].result == after.name
    assert after.metadata.uid != before.metadata.uid
    assert after.ready
    assert [check.held for check in change.checks] == [True] * 5
    assert [check.held for check in change.checks_before] == [False, True, True, True, True]
    assert [check.name for check in change.checks] == list(
        change.plan.checks if change.plan else ()
    )
    assert house.effects("pods") == ["delete"]


async def test_a_broken_agent_is_restarted_though_another_one_is_away_too(house: Changing) -> None:
    house.simulated.inject("agent-crash-loop", NODE, cured_by_restart=True)
    house.simulated.inject("agent-crash-loop", "node-5")
    await house.simulated.settle()
    change = await house.asked("restart-agent", node=NODE)
    assert change.plan is not None
    assert change.plan.broken
    assert "not ready: its container waits (CrashLoopBackOff)" in change.plan.notes[0]
    assert "1 other agent not available, too: node-5." in change.plan.notes
    await house.engine.say(change, Word.APPROVE)
    ended = await house.ended(change)
    assert (await house.agent(NODE)).ready
    assert ended.state is ChangeState.DONE, ended.outcome


async def test_while_another_agent_is_away_a_sound_one_is_left_alone(house: Changing) -> None:
    house.simulated.inject("agent-crash-loop", "node-5")
    await house.simulated.settle()
    ended = await house.ended(await house.request("restart-agent", node=NODE))
    assert ended.state is ChangeState.REFUSED
    assert "1 other agent not available (node-5)" in ended.outcome
    assert house.effects("pods") == []


async def test_a_lost_answer_is_looked_for_and_the_next_agent_is_left_alone(
    house: Changing, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete = house.cluster.api.delete

    async def loses(path: str, *, uid: str, dry_run: bool = False) -> bytes:
        answer = await delete(path, uid=uid, dry_run=dry_run)
        if not dry_run:
            raise Unreachable("The connection broke before the answer came.")
        return answer

    monkeypatch.setattr(house.cluster.api, "delete", loses)
    change = await house.carried("restart-agent", node=NODE)
    assert change.state is ChangeState.DONE, change.outcome
    assert house.effects("pods") == ["delete"]


async def test_a_carrier_killed_after_the_delete_is_followed_by_one_that_does_not_repeat_it(
    house: Changing, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete, deleted = house.cluster.api.delete, asyncio.Event()

    async def never_returns(path: str, *, uid: str, dry_run: bool = False) -> bytes:
        answer = await delete(path, uid=uid, dry_run=dry_run)
        if not dry_run:
            deleted.set()
            await asyncio.sleep(3600)
        return answer

    monkeypatch.setattr(house.cluster.api, "delete", never_returns)
    change = await house.approved("restart-agent", node=NODE)
    await deleted.wait()
    await house.restarted()
    ended = await house.ended(change)
    assert ended.state is ChangeState.DONE, ended.outcome
    assert {step.state for step in ended.steps} == {StepState.DONE}
    assert house.effects("pods") == ["delete"]


async def test_a_pod_replaced_after_the_approval_is_asked_for_anew(house: Changing) -> None:
    change = await house.asked("restart-agent", node=NODE)
    pod = await house.agent(NODE)
    house.simulated.objects.delete("pods", pod.name, "kube-system")
    await house.simulated.settle()
    await house.engine.say(change, Word.APPROVE)
    async with asyncio.timeout(20):
        while (again := await house.engine.changes.get(change.id)) is None or again.round < 2:
            await asyncio.sleep(0.02)
    assert any(pod.name in line for line in again.voided), again.voided
    assert house.effects("pods") == []


async def test_a_pod_replaced_at_the_last_moment_ends_it_and_nothing_is_deleted(
    house: Changing, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete = house.cluster.api.delete
    pod = await house.agent(NODE)

    async def too_late(path: str, *, uid: str, dry_run: bool = False) -> bytes:
        if not dry_run:
            house.simulated.objects.delete("pods", pod.name, "kube-system")
        return await delete(path, uid=uid, dry_run=dry_run)

    monkeypatch.setattr(house.cluster.api, "delete", too_late)
    change = await house.carried("restart-agent", node=NODE)
    assert change.state is ChangeState.FAILED
    assert "somebody else restarted the agent" in change.outcome
    assert house.effects("pods") == []


async def test_an_agent_that_does_not_come_back_is_told_with_what_is_seen(
    house: Changing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runbooks.agent.restart.remedy.READY_WITHIN", 60.0)
    house.simulated.inject("agent-crash-loop", NODE)
    await house.simulated.settle()
    change = await house.carried("restart-agent", node=NODE)
    assert change.state is ChangeState.FAILED
    assert "is not ready: its container" in change.outcome
    assert f"kubectl -n kube-system describe pod {(await house.agent(NODE)).name}" in change.outcome
    assert house.effects("pods") == ["delete"]


async def test_an_agent_that_comes_back_ailing_is_not_called_done(
    house: Changing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RestartAgent, "verify_within", 30.0)
    house.simulated.inject("agent-failing", NODE)
    change = await house.carried("restart-agent", node=NODE)
    assert change.state is ChangeState.UNVERIFIED
    assert "its own status is Ok (Failure" in change.outcome
    assert RestartAgent.verify_within < READY_WITHIN


async def test_without_the_right_to_delete_there_is_no_plan(
    simulated: SimulatedCluster, tmp_path: Path
) -> None:
    rows = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "create"]}]
    user = simulated.add_user("reader", rows)
    async with using(simulated.write_kubeconfig(tmp_path / "reader", token=user.token)) as reader:
        with pytest.raises(Denied, match="cannot delete"):
            await plan_of(RestartAgent(NODE), reader)


async def test_without_the_right_to_see_pods_the_plan_says_so(
    simulated: SimulatedCluster, tmp_path: Path
) -> None:
    user = simulated.add_user(
        "bot",
        [
            rule(row)
            for row in (*PERMISSIONS, *CHANGES)
            if row.resource != "pods" or row.role is not Role.CLUSTER_CHANGER
        ],
    )
    async with using(simulated.write_kubeconfig(tmp_path / "bot", token=user.token)) as bot:
        plan = await plan_of(RestartAgent(NODE), bot)
    assert plan.blast_radius.pods == 0
    assert any(f"Which pods are on {NODE} could not be read" in note for note in plan.notes)


async def test_another_pod_of_the_same_name_is_not_the_one_that_was_approved(
    house: Changing,
) -> None:
    change = await house.asked("restart-agent", node=NODE)
    # A dry run is a delete, too: the fault strikes when the plan is made again at the latest.
    house.simulated.inject("pod-recreated", NODE, when="delete", same_name=True)
    await house.engine.say(change, Word.APPROVE)
    async with asyncio.timeout(20):
        while True:
            now = await house.engine.changes.get(change.id)
            if now is not None and (now.round > 1 or now.state.terminal):
                break
            await asyncio.sleep(0.02)
    assert now.round > 1 or "somebody else" in now.outcome or "UID" in now.outcome, now
    by_us = [one for one in house.simulated.ledger if one.effective and one.verb == "delete"]
    assert [one for one in by_us if one.resource == "pods"] == []
