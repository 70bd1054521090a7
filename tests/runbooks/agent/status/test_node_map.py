"""The map of a cluster: every agent once, in its zone, in its state."""

from __future__ import annotations

import msgspec

from bot.model.pictures import NodeMap, State, Tone
from bot.model.report import Severity
from runbooks.agent.status.evidence import Seen
from runbooks.agent.status.judge import judge, worst_by_node
from runbooks.agent.status.node_map import node_maps_of
from runbooks.agent.status.present import present

from .healthy import CRASHED, NODES, a_node, an_agent, healthy


def maps(seen: Seen) -> tuple[NodeMap, ...]:
    return present(seen, judge(seen), cluster="prod").pictures  # type: ignore[return-value]


def large(count: int) -> Seen:
    seen = healthy()
    names = [f"node-{number}" for number in range(1, count + 1)]
    seen.nodes = {name: a_node(name) for name in names}
    seen.agents = {name: an_agent(name) for name in names}
    return seen


def crash(seen: Seen, *nodes: str) -> None:
    assert seen.agents is not None
    for node in nodes:
        seen.agents[node] = an_agent(node, ready=False, restarts=9, last=CRASHED)


def test_a_healthy_cluster_is_one_state_in_its_zones() -> None:
    [shown] = maps(healthy())
    assert shown.title == "Agents by zone"
    assert [zone.name for zone in shown.zones] == ["zone-a", "zone-b", "zone-c"]
    assert shown.states == (State("ok", Tone.GOOD),)
    assert sorted(shown.nodes_in("ok")) == sorted(NODES)


def test_a_broken_node_is_bad_in_the_map_though_the_cluster_is_only_degraded() -> None:
    seen = healthy()
    crash(seen, "node-7")
    [shown] = maps(seen)
    assert shown.states == (State("agent crash loop", Tone.BAD), State("ok", Tone.GOOD))
    assert shown.nodes_in("agent crash loop") == ["node-7"]


def test_an_agent_that_told_nothing_is_not_seen() -> None:
    seen = healthy()
    seen.unknown = {"node-3"}
    [shown] = maps(seen)
    assert shown.nodes_in("not answering") == ["node-3"]
    assert shown.states[0] == State("not answering", Tone.UNSEEN)


def test_an_agent_that_is_not_ready_is_never_ok() -> None:
    seen = healthy()
    assert seen.agents is not None
    seen.agents["node-3"] = an_agent("node-3", ready=False)
    [shown] = maps(seen)
    assert "node-3" not in shown.nodes_in("ok")


def test_nodes_of_a_finding_told_together_are_all_in_map_and_table() -> None:
    seen = large(200)
    broken = [f"node-{number}" for number in range(10, 30)]
    crash(seen, *broken)
    findings = judge(seen)
    assert any(finding.subject.kind == "nodes" for finding in findings)
    report = present(seen, findings, cluster="prod")
    [shown] = maps(seen)
    assert shown.counts() == {"agent crash loop": 20, "ok": 180}
    assert [row[0] for row in report.tables[0].rows] == broken


def test_without_nodes_there_is_one_zone_without_a_name() -> None:
    seen = healthy()
    seen.nodes = None
    [shown] = maps(seen)
    assert shown.title == "Agents by node"
    assert [zone.name for zone in shown.zones] == [""]


def test_one_node_a_small_cluster_and_unread_pods_have_no_map() -> None:
    assert maps(healthy(node="node-7")) == ()
    assert maps(large(10)) == ()
    unread = healthy()
    unread.agents = None
    assert maps(unread) == ()


def test_one_kind_of_two_severities_is_one_state_as_bad_as_its_worst() -> None:
    seen = large(12)
    crash(seen, "node-3", "node-4")
    worst = worst_by_node(seen)
    worst["node-4"] = msgspec.structs.replace(worst["node-4"], severity=Severity.WARNING)
    [shown] = node_maps_of(seen, worst)
    assert shown.states[0] == State("agent crash loop", Tone.BAD)
    assert shown.counts()["agent crash loop"] == 2
