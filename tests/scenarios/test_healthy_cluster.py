"""A healthy cluster has no finding at all, whatever its size and version."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.model.report import Verdict
from bot.playground.cluster import SimulatedCluster
from runbooks.agent.status import thresholds
from tests.scenarios.house import House, house_on

VERSIONS = ["1.14.4", "1.15.8", "1.16.6", "1.17.4", "1.18.6", "1.19.1", "1.20.0"]


async def test_status_says_ok_first_and_names_the_cluster(house: House) -> None:
    answer = await house.ask("status")
    assert answer.ack.status == 200
    assert answer.shown.startswith("✅ OK")
    assert "playground" in answer.shown.splitlines()[0]
    assert "12 of 12 agents are ready, and nothing wrong was found." in answer.shown
    assert "took" in answer.shown
    assert "asked by @ana" in answer.shown


@pytest.mark.parametrize("nodes", [1, 3, 12])
@pytest.mark.parametrize("command", ["status", "status node-1", "status --deep"])
async def test_no_size_invents_a_finding_or_a_gap(tmp_path: Path, nodes: int, command: str) -> None:
    async with (
        SimulatedCluster(nodes, time_scale=100) as cluster,
        house_on(cluster, tmp_path) as house,
    ):
        answer = await house.ask(command)
    assert (answer.report.verdict, answer.findings, answer.gaps) == (Verdict.OK, {}, ())
    assert cluster.ledger == []


@pytest.mark.parametrize("version", VERSIONS)
async def test_no_version_invents_a_finding_or_a_gap(tmp_path: Path, version: str) -> None:
    async with (
        SimulatedCluster(3, cilium=version, time_scale=100) as cluster,
        house_on(cluster, tmp_path) as house,
    ):
        for command in ("status", "status node-2"):
            answer = await house.ask(command)
            assert (answer.report.verdict, answer.findings, answer.gaps) == (Verdict.OK, {}, ())
            assert ("Cilium", version) in answer.report.facts


async def test_above_a_hundred_nodes_it_looks_inside_a_sample_and_where_it_is_wrong(
    tmp_path: Path,
) -> None:
    async with (
        SimulatedCluster(120, time_scale=100) as cluster,
        house_on(cluster, tmp_path) as house,
    ):
        healthy = await house.ask("status")
        sampled = house.execs
        assert (healthy.report.verdict, healthy.findings, healthy.gaps) == (Verdict.OK, {}, ())
        assert 0 < sampled <= thresholds.SAMPLE + 2 * thresholds.OBSERVERS
        assert "looked inside 10" in healthy.shown

        cluster.inject("agent-failing", "node-77")
        broken = await house.ask("status")
        assert broken.findings["agent-api-unreachable"] == "node-77"
        assert house.execs - sampled <= sampled + 3

        before = house.execs
        deep = await house.ask("status --deep")
        assert "looked inside 120" in deep.shown
        assert 120 <= house.execs - before <= 120 + 2 * thresholds.OBSERVERS
        assert cluster.execs_in_flight_peak <= 64
        assert cluster.ledger == []
