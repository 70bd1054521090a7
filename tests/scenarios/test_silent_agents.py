"""Agents that crash, say nothing, or say what cannot be read."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.model.report import Verdict
from bot.playground.cluster import SimulatedCluster
from tests.machine import others
from tests.scenarios.house import House, house_on


@pytest.fixture
async def slow_house(tmp_path: Path) -> AsyncIterator[House]:
    """Time passes as outside, so that a hanging agent's pod stays ready for ninety seconds."""
    async with SimulatedCluster(12) as cluster, house_on(cluster, tmp_path) as there:
        yield there


async def test_crash_loop_is_told_as_verdict_cause_proof_and_log(house: House) -> None:
    house.cluster.inject("agent-crash-loop", "node-7")
    answer = await house.ask("status node-7")
    lines = answer.shown.splitlines()
    assert lines[0].startswith("⛔ FAILED")
    assert lines[1] == "The agent crashes again and again (Error, exit code 1)."
    assert "last end: Error, exit code 1" in answer.shown
    assert "logs cilium-" in answer.shown
    assert "--previous" in answer.shown
    await house.thread_of(answer, "cilium_ipcache_v2: permission denied")


async def test_agent_out_of_memory_is_told_as_such(house: House) -> None:
    house.cluster.inject("agent-crash-loop", "node-7", oom=True)
    answer = await house.ask("status node-7")
    assert "crashes again and again (out of memory)" in answer.shown


async def test_mended_agent_is_healthy_again(house: House) -> None:
    fault = house.cluster.inject("agent-failing", "node-7")
    assert (await house.ask("status")).report.verdict is Verdict.DEGRADED
    house.cluster.clear(fault.id)
    await house.cluster.settle()
    assert (await house.ask("status")).findings == {}


async def test_silent_agent_is_a_gap_and_holds_nothing_up(slow_house: House) -> None:
    slow_house.cluster.inject("agent-silent", "node-7")
    began = time.monotonic()
    with others() as elsewhere:
        answer = await slow_house.ask("status --deadline 2s")
    assert elsewhere.ours(time.monotonic() - began) < 3.5
    assert answer.report.verdict is Verdict.DEGRADED
    assert answer.findings == {"agent-unreachable": "node-7"}
    assert [gap.subject for gap in answer.gaps] == ["the agent on node-7"]
    assert answer.gaps[0].blinding
    assert "looked inside 11" in answer.shown


async def test_silent_agent_asked_alone_is_found_by_its_peers(slow_house: House) -> None:
    slow_house.cluster.inject("agent-silent", "node-7")
    answer = await slow_house.ask("status node-7 --deadline 2s")
    assert answer.report.verdict is Verdict.FAILED
    assert answer.findings == {"agent-unreachable": "node-7"}
    assert "the agent on node-7" in answer.shown


async def test_when_no_agent_answers_the_verdict_is_unknown(slow_house: House) -> None:
    for number in range(1, 13):
        slow_house.cluster.inject("agent-silent", f"node-{number}")
    for command in ("status --deadline 2s", "status node-7 --deadline 2s"):
        answer = await slow_house.ask(command)
        assert answer.report.verdict is Verdict.UNKNOWN
        assert answer.findings == {}
        assert "nothing wrong" not in answer.shown


async def test_output_cut_off_in_the_middle_is_a_gap(house: House) -> None:
    house.cluster.inject("agent-garbage", "node-7")
    for command in ("status", "status node-7"):
        answer = await house.ask(command)
        assert answer.report.verdict is Verdict.UNKNOWN
        assert answer.findings == {}
        reasons = {gap.subject.rpartition(" ")[2]: gap.reason for gap in answer.gaps}
        assert "is not JSON" in reasons["node-7"]
        assert "Not seen" in answer.shown


async def test_unreadable_output_without_metrics_is_unknown(house: House) -> None:
    house.cluster.inject("metrics-off")
    house.cluster.inject("agent-garbage", "node-7")
    for command in ("status", "status node-7"):
        assert (await house.ask(command)).report.verdict is Verdict.UNKNOWN
