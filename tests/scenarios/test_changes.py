"""What changed: rollouts, versions side by side, configuration nobody has read yet."""

from __future__ import annotations

from bot.model.report import Verdict
from tests.scenarios.house import House

CHANGED = "A change of the agents finished 12m ago (revision 2 of DaemonSet cilium, 12 pods)."


async def test_recent_change_stands_before_every_finding(house: House) -> None:
    house.cluster.inject("recent-change")
    house.cluster.inject("agent-crash-loop", "node-7")
    for command in ("status", "status node-7"):
        answer = await house.ask(command)
        assert answer.report.recent_change == CHANGED
        lines = answer.shown.splitlines()
        change = next(number for number, line in enumerate(lines) if CHANGED in line)
        finding = next(number for number, line in enumerate(lines) if "last end: Error" in line)
        assert change <= 2 < finding


async def test_change_of_last_week_is_no_news(house: House) -> None:
    house.cluster.inject("recent-change", minutes=7 * 24 * 60)
    answer = await house.ask("status")
    assert answer.report.recent_change == ""
    assert "finished" not in answer.shown


async def test_agent_left_behind_is_told_with_both_versions(house: House) -> None:
    house.cluster.inject("version-skew", "node-7", version="1.17.4")
    for command in ("status", "status node-7"):
        answer = await house.ask(command)
        assert answer.findings["version-skew"] == "node-7"
        assert "The agent runs 1.17.4 while most run 1.18.6" in answer.shown
        assert "OnDelete" in answer.shown
    other = await house.ask("status node-2")
    assert "version-skew" not in other.findings
    assert other.report.verdict is Verdict.OK


async def test_configuration_nobody_read_names_when_it_changed(house: House) -> None:
    house.cluster.inject("config-not-rolled-out")
    answer = await house.ask("status")
    assert answer.findings == {"config-not-rolled-out": "cilium-config"}
    assert "The last change of the configuration has not reached 12 agents" in answer.shown
    assert "rolling restart" in answer.shown
