"""Who reaches whom."""

from __future__ import annotations

import pytest

from bot.model.report import Verdict
from tests.scenarios.house import House


async def test_broken_link_is_seen_from_both_ends_and_from_nowhere_else(house: House) -> None:
    house.cluster.inject("link-down", "node-7 node-3")
    answer = await house.ask("status")
    assert answer.report.verdict is Verdict.DEGRADED
    about = {finding.subject.name: finding.cause for finding in answer.report.findings}
    assert about.keys() == {"node-3", "node-7"}
    assert about["node-3"].startswith("node-7 cannot reach it, others can")
    assert (await house.ask("status node-2")).report.verdict is Verdict.OK


@pytest.mark.parametrize(("node", "other"), [("node-7", "node-3"), ("node-3", "node-7")])
async def test_broken_link_is_told_on_either_node(house: House, node: str, other: str) -> None:
    house.cluster.inject("link-down", "node-7 node-3")
    answer = await house.ask(f"status {node}")
    assert answer.report.verdict is Verdict.DEGRADED
    assert "link-broken" in answer.findings
    assert other in answer.shown


async def test_node_that_is_gone_is_missed_by_its_peers(house: House) -> None:
    house.cluster.inject("node-unreachable", "node-7")
    await house.cluster.settle()
    answer = await house.ask("status node-7")
    assert "Kubelet stopped posting node status" in answer.shown.splitlines()[1]
    assert "does not answer ping" in answer.shown
