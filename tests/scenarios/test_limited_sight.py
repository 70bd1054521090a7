"""Less is allowed or offered than usual: it still answers, and says what it did not see."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.model.report import Verdict
from bot.playground.cluster import SimulatedCluster
from tests.scenarios.house import House, house_on


async def test_without_exec_it_answers_from_metrics_and_names_the_grant(house: House) -> None:
    house.cluster.inject("exec-forbidden")
    answer = await house.ask("status")
    assert "12 of 12 agents are ready" in answer.shown
    assert "Exec into the pod is forbidden" in answer.shown
    assert "pods/exec" in answer.shown
    assert "12 ×" in answer.shown


async def test_without_exec_slow_metrics_are_waited_for(house: House) -> None:
    house.cluster.inject("exec-forbidden")
    house.cluster.inject("api-slow", seconds=1.0)
    answer = await house.ask("status --deadline 20s")
    assert answer.report.verdict is Verdict.OK
    assert "metrics of 12" in answer.shown


async def test_without_exec_a_crash_loop_is_still_found(house: House) -> None:
    house.cluster.inject("exec-forbidden")
    house.cluster.inject("agent-crash-loop", "node-7")
    answer = await house.ask("status node-7")
    assert answer.findings == {"agent-crash-loop": "node-7"}
    await house.thread_of(answer, "permission denied")


async def test_without_exec_and_metrics_nothing_is_called_healthy(house: House) -> None:
    house.cluster.inject("exec-forbidden")
    house.cluster.inject("metrics-off")
    for command in ("status", "status node-7"):
        answer = await house.ask(command)
        assert answer.report.verdict is Verdict.UNKNOWN
        assert "nothing wrong" not in answer.shown


@pytest.mark.parametrize("nodes", [12, 120])
async def test_without_metrics_it_looks_inside_all(tmp_path: Path, nodes: int) -> None:
    async with (
        SimulatedCluster(nodes, agent_metrics=False, time_scale=100) as cluster,
        house_on(cluster, tmp_path) as house,
    ):
        answer = await house.ask("status --deadline 30s")
    assert (answer.report.verdict, answer.findings, answer.gaps) == (Verdict.OK, {}, ())
    assert f"looked inside {nodes}" in answer.shown
    assert cluster.requests["get", "", "pods", "proxy"] == 0


async def test_token_without_any_right_is_one_sentence(tmp_path: Path) -> None:
    async with SimulatedCluster(3) as cluster:
        nobody = cluster.add_user("nobody")
        async with house_on(cluster, tmp_path, token=nobody.token) as house:
            answer = await house.ask("status")
    assert answer.shown.startswith("❔ UNKNOWN")
    assert "Forbidden" in answer.shown
    assert 'User "nobody" cannot' in answer.shown
