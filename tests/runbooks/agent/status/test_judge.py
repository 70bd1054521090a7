"""One thing spoiled at a time in a healthy cluster, and what is found."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.clients.cilium.endpoints import Endpoint
from bot.clients.cilium.health import Path
from bot.clients.cilium.status import Controller, Part
from bot.clients.kubernetes.objects import ConfigMap
from bot.model.report import Confidence, Finding, Severity
from runbooks.agent.status.evidence import Seen
from runbooks.agent.status.judge import judge
from runbooks.agent.status.judging.change import recent_change

from .healthy import (
    CRASHED,
    NODES,
    NOW,
    a_cilium_node,
    a_daemonset,
    a_deployment,
    a_lease,
    a_node,
    a_pod,
    a_revision,
    a_status,
    ago,
    an_agent,
    as_object,
    healthy,
    sees,
    some_metrics,
)

BAD = (Path.UNREACHABLE, Path.UNREACHABLE, Path.UNREACHABLE)
HANGS = (Path.REACHABLE, Path.UNREACHABLE, Path.UNREACHABLE)
OVERLAY = (Path.REACHABLE, Path.REACHABLE, Path.UNREACHABLE)
OOM = {"reason": "OOMKilled", "exitCode": 137, "finishedAt": ago(minutes=20)}
BACK_OFF = {"waiting": {"reason": "CrashLoopBackOff"}}


def findings(spoil: Callable[[Seen], Any], node: str | None = None) -> list[Finding]:
    seen = healthy(node=node)
    spoil(seen)
    return list(judge(seen))


def told(found: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.id, finding.subject.name) for finding in found]


@pytest.mark.parametrize("node", [None, "node-7"])
def test_a_healthy_cluster_has_no_findings(node: str | None) -> None:
    assert findings(lambda seen: None, node) == []


def agent(node: str, **changes: Any) -> Callable[[Seen], Any]:
    return lambda seen: seen.agents.update({node: an_agent(node, **changes)})


def status_of(node: str, **changes: Any) -> Callable[[Seen], Any]:
    return lambda seen: seen.statuses.update({node: a_status(**changes)})


def metrics_of(node: str, **changes: Any) -> Callable[[Seen], Any]:
    return lambda seen: seen.metrics.update({node: some_metrics(**changes)})


def without_status(node: str, **changes: Any) -> Callable[[Seen], Any]:
    def spoil(seen: Seen) -> None:
        del seen.statuses[node]
        seen.metrics[node] = some_metrics(**changes)

    return spoil


def views(**unreachable: tuple[Path, Path, Path]) -> Callable[[Seen], Any]:
    return lambda seen: seen.health.update({o: sees(o, **unreachable) for o in seen.health})


def having(**fields: Any) -> Callable[[Seen], Any]:
    return lambda seen: [setattr(seen, name, value) for name, value in fields.items()]


def deployment(name: str, replicas: int, available: int) -> Callable[[Seen], Any]:
    return lambda seen: seen.deployments.update({name: a_deployment(name, replicas, available)})


def changed_config(when: str) -> Callable[[Seen], Any]:
    managed = [
        {"manager": "helm", "operation": "Update", "time": when},
        {"manager": "x", "operation": "Update", "subresource": "status", "time": ago(minutes=1)},
    ]
    metadata = {"name": "cilium-config", "managedFields": managed}
    return having(config=as_object(ConfigMap, metadata=metadata, data={"ipam": "cluster-pool"}))


CASES: list[tuple[str, Callable[[Seen], Any], list[tuple[str, str]]]] = [
    ("crash loop", agent("node-7", ready=False, restarts=9, state=BACK_OFF, last=CRASHED),
     [("agent-crash-loop", "node-7")]),
    ("alive between two crashes", agent("node-7", ready=False, restarts=5, last=CRASHED),
     [("agent-crash-loop", "node-7")]),
    ("not ready", agent("node-7", ready=False), [("agent-not-ready", "node-7")]),
    ("not ready after a single restart", agent("node-7", ready=False, restarts=1, last=CRASHED),
     [("agent-not-ready", "node-7")]),
    ("evicted pod that was replaced",
     agent("node-7", ready=False, phase="Failed", reason="Evicted"), []),
    ("restarted lately", agent("node-7", restarts=1, last=CRASHED),
     [("agent-restarted", "node-7")]),
    ("out of memory lately", agent("node-7", restarts=1, last=OOM),
     [("agent-oom-killed", "node-7")]),
    ("restarted long ago",
     agent("node-7", restarts=4, last={**CRASHED, "finishedAt": ago(hours=5)}), []),
    ("no agent on a node", lambda seen: seen.agents.pop("node-7"), [("agent-missing", "node-7")]),
    ("no agent wanted on a node",
     lambda seen: (seen.agents.pop("node-7"),
                   seen.daemonsets.update(cilium=a_daemonset("cilium", desired=11, updated=11))),
     []),
    ("no Cilium at all",
     having(agents={}, daemonsets={}, statuses={}, metrics={}, health={}, cilium_nodes={},
            deployments={}),
     [("cilium-not-found", "kube-system")]),
    ("agent reports failure", status_of("node-7", parts=(Part("cilium", "Failure", "boom"),)),
     [("agent-failing", "node-7")]),
    ("agent cannot reach the API",
     status_of("node-7", parts=(Part("cilium", "Failure", ""),
                                Part("kubernetes", "Failure", "EOF"))),
     [("agent-api-unreachable", "node-7")]),
    ("another subsystem", status_of("node-7", parts=(Part("cni-file", "Warning", "no file"),)),
     [("agent-subsystem", "node-7")]),
    ("controllers that keep failing",
     status_of("node-7", failing_controllers=(Controller("write-cni-file", 8, "denied"),)),
     [("controllers-failing", "node-7")]),
    ("a controller that failed once",
     status_of("node-7", failing_controllers=(Controller("write-cni-file", 1, "denied"),)), []),
    ("controllers by metrics only", without_status("node-7", controllers_failing=2),
     [("controllers-failing", "node-7")]),
    ("a probe that hangs", status_of("node-7", stale=(("kvstore", NOW - timedelta(minutes=9)),)),
     [("status-probe-stale", "node-7")]),
    ("a probe that hangs for seconds",
     status_of("node-7", stale=(("kvstore", NOW - timedelta(seconds=20)),)), []),
    ("addresses run out", status_of("node-7", allocated=230), [("ipam-nearly-full", "node-7")]),
    ("addresses are out", status_of("node-7", allocated=253), [("ipam-full", "node-7")]),
    ("addresses by metrics", without_status("node-7", addresses=254), [("ipam-full", "node-7")]),
    ("no capacity known", without_status("node-7", capacity=0), []),
    ("endpoints not ready", metrics_of("node-7", endpoint_states={"ready": 9, "not-ready": 1}),
     [("endpoints-not-ready", "node-7")]),
    ("pods that just start",
     metrics_of("node-7", endpoint_states={"ready": 9, "waiting-for-identity": 2,
                                           "regenerating": 4}), []),
    ("a node nobody reaches", views(node_7=BAD), [("node-unreachable", "node-7")]),
    ("an agent that answers nobody", views(node_7=HANGS), [("agent-unreachable", "node-7")]),
    ("a node reached but for its pods", views(node_7=OVERLAY), [("pods-unreachable", "node-7")]),
    ("an agent that is down explains that peers miss it",
     lambda seen: (agent("node-7", ready=False)(seen), views(node_7=HANGS)(seen)),
     [("agent-not-ready", "node-7")]),
    ("a node that is gone explains its agent, and that peers miss it proves it",
     lambda seen: (agent("node-7", ready=False)(seen), views(node_7=BAD)(seen),
                   seen.nodes.update({"node-7": a_node("node-7", ready="Unknown")})),
     [("node-not-ready", "node-7"), ("node-unreachable", "node-7")]),
    ("a node that reaches nobody",
     lambda seen: seen.health.update({"node-1": sees("node-1", **dict.fromkeys(
         (name.replace("-", "_") for name in NODES if name != "node-1"), BAD))}),
     [("node-isolated", "node-1")]),
    ("unreachable peers that nobody names", metrics_of("node-7", unreachable_nodes=1),
     [("peers-unreachable", "cluster")]),
    ("unreachable peers that are known to be down",
     lambda seen: (agent("node-7", ready=False)(seen),
                   metrics_of("node-3", unreachable_nodes=1)(seen)),
     [("agent-not-ready", "node-7")]),
    ("node not ready",
     lambda seen: seen.nodes.update({"node-7": a_node("node-7", ready="Unknown")}),
     [("node-not-ready", "node-7")]),
    ("node tainted by Cilium",
     lambda seen: seen.nodes.update({"node-7": a_node(
         "node-7", taints=[{"key": "node.cilium.io/agent-not-ready", "effect": "NoSchedule"}])}),
     [("node-tainted", "node-7")]),
    ("no network by the cloud's word",
     lambda seen: seen.nodes.update({"node-7": a_node("node-7", status="True")}),
     [("node-network-unavailable", "node-7")]),
    ("no block of addresses",
     lambda seen: seen.cilium_nodes.update({"node-7": a_cilium_node("node-7", [])}),
     [("pod-cidr-missing", "node-7")]),
    ("the operator's error",
     lambda seen: seen.cilium_nodes.update({"node-7": a_cilium_node("node-7", error="full")}),
     [("ipam-operator-error", "node-7")]),
    ("operator down",
     deployment("cilium-operator", 2, 0),
     [("operator-down", "cilium-operator")]),
    ("operator degraded",
     deployment("cilium-operator", 2, 1),
     [("operator-degraded", "cilium-operator")]),
    ("operator gone", lambda seen: seen.deployments.pop("cilium-operator"),
     [("operator-missing", "cilium-operator")]),
    ("nobody leads", having(lease=a_lease(ago(minutes=10))),
     [("operator-lease-stale", "cilium-operator")]),
    ("relay down",
     deployment("hubble-relay", 1, 0),
     [("relay-down", "hubble-relay")]),
    ("relay never wanted",
     deployment("hubble-relay", 0, 0), []),
    ("envoy not ready",
     lambda seen: seen.envoys.update({"node-7": a_pod("cilium-envoy", "node-7", ready=False)}),
     [("envoy-not-ready", "node-7")]),
    ("rollout under way",
     lambda seen: seen.daemonsets.update(cilium=a_daemonset("cilium", updated=5)),
     [("rollout-unfinished", "cilium")]),
    ("one agent of another version", agent("node-7", image="quay.io/cilium/cilium:v1.18.5"),
     [("version-skew", "node-7")]),
    ("an operator of another version",
     having(operators=(a_pod("cilium-operator", "node-1",
                             image="quay.io/cilium/operator-generic:v1.17.9"),)),
     [("version-skew", "cilium-operator")]),
    ("a version from the future",
     lambda seen: (
         seen.agents.update({n: an_agent(n, image="quay.io/cilium/cilium:v1.21.0") for n in NODES}),
         having(operators=())(seen)),
     [("version-unknown", "cilium")]),
    ("configuration nobody has read", changed_config(ago(hours=2)),
     [("config-not-rolled-out", "cilium-config")]),
    ("configuration everybody has read", changed_config(ago(days=8)), []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("spoil", "expected"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_what_is_found(spoil: Callable[[Seen], Any], expected: list[tuple[str, str]]) -> None:
    assert told(findings(spoil)) == expected


def test_one_broken_agent_degrades_the_cluster_and_fails_its_node() -> None:
    spoil = agent("node-7", ready=False, restarts=9, state=BACK_OFF, last=CRASHED)
    [of_cluster], [of_node] = findings(spoil), findings(spoil, node="node-7")
    assert of_cluster.severity is Severity.WARNING
    assert of_node.severity is Severity.CRITICAL
    assert of_node.confidence is Confidence.CERTAIN
    assert "exit code 1" in of_node.cause
    assert any("2m ago" in line for line in of_node.proof)
    assert of_node.remedies[0].parameters == {"node": "node-7"}


def test_another_nodes_trouble_is_not_this_nodes() -> None:
    assert findings(agent("node-3", ready=False), node="node-7") == []


def test_many_alike_are_told_as_one_and_are_the_clusters_trouble() -> None:
    def spoil(seen: Seen) -> None:
        for name in NODES[:8]:
            agent(name, ready=False)(seen)

    [finding] = findings(spoil)
    assert finding.severity is Severity.CRITICAL
    assert str(finding.subject) == "8 nodes"
    assert "node-8" in finding.proof[0]


def test_a_few_alike_are_told_one_by_one() -> None:
    def spoil(seen: Seen) -> None:
        for name in NODES[:3]:
            agent(name, ready=False)(seen)

    assert [finding.severity for finding in findings(spoil)] == [Severity.WARNING] * 3


def test_a_few_alike_are_all_the_clusters_trouble_when_they_are_many_of_it() -> None:
    def spoil(seen: Seen) -> None:
        for name in NODES[:4]:
            agent(name, ready=False)(seen)

    assert [finding.severity for finding in findings(spoil)] == [Severity.CRITICAL] * 4


def test_anothers_trouble_that_a_node_sees_is_no_failure_of_that_node() -> None:
    def spoil(seen: Seen) -> None:
        seen.health = {"node-7": sees("node-7", node_3=BAD), "node-1": sees("node-1")}

    [finding] = findings(spoil, node="node-7")
    assert finding.subject.name == "node-3"
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("strategy", "began", "severity"),
    [
        ("OnDelete", ago(hours=3), Severity.WARNING),
        ("OnDelete", ago(minutes=3), Severity.INFO),
        ("RollingUpdate", ago(hours=3), Severity.INFO),
    ],
)
def test_an_agent_left_behind_by_on_delete_is_no_rollout_under_way(
    strategy: str, began: str, severity: Severity
) -> None:
    def spoil(seen: Seen) -> None:
        agent("node-7", image="quay.io/cilium/cilium:v1.18.5")(seen)
        seen.revisions = (a_revision(3, "new", began),)
        changed = a_daemonset("cilium", updated=11, updateStrategy={"type": strategy})
        seen.daemonsets = {"cilium": changed}

    [skew] = [finding for finding in findings(spoil) if finding.id == "version-skew"]
    assert skew.severity is severity


def test_what_was_not_read_is_never_judged() -> None:
    assert findings(
        having(agents=None, nodes=None, daemonsets=None, deployments=None, envoys=None, config=None,
               lease=None, revisions=None, cilium_nodes=None, metrics={}, statuses={}, health={})
    ) == []  # fmt: skip


def test_the_words_for_an_overlay_that_is_cut() -> None:
    [finding] = findings(views(node_7=OVERLAY))
    assert "although node and agent answer" in finding.cause
    assert finding.confidence is Confidence.CERTAIN


def test_on_one_node_the_stuck_endpoints_are_named() -> None:
    endpoints = (
        Endpoint(1, "ready", "a/b", ""),
        Endpoint(2, "not-ready", "checkout/cart-1", "policy map is full"),
    )
    [finding] = findings(having(endpoints=endpoints), node="node-7")
    assert finding.proof[1] == "checkout/cart-1 is not-ready: policy map is full"


CHANGES: list[tuple[str, dict[str, str], list[tuple[int, str, str]], str]] = [
    ("long ago", {}, [(2, "new", ago(days=8))], ""),
    ("just now", dict.fromkeys(NODES, ago(minutes=12)), [(2, "new", ago(minutes=15))], "12m ago"),
    ("a slow rollout that ended just now",
     {name: ago(minutes=180 - 15 * i) for i, name in enumerate(NODES)},
     [(2, "new", ago(minutes=181))], "15m ago"),
    ("one agent restarted by hand", {"node-7": ago(minutes=5)}, [(2, "new", ago(days=8))], ""),
    ("a rollback: the revision is old, its pods are young",
     dict.fromkeys(NODES, ago(minutes=7)), [(3, "new", ago(days=90))], "7m ago"),
    ("freshly installed", dict.fromkeys(NODES, ago(minutes=7)), [(1, "new", ago(minutes=8))],
     "installation of the agents finished 7m ago"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("created", "revisions", "said"), [case[1:] for case in CHANGES], ids=[c[0] for c in CHANGES]
)
def test_a_change_that_finished_within_the_hour(
    created: dict[str, str], revisions: list[tuple[int, str, str]], said: str
) -> None:
    seen = healthy()
    assert seen.agents is not None
    seen.agents.update({name: an_agent(name, created=when) for name, when in created.items()})
    seen.revisions = tuple(a_revision(*revision) for revision in revisions)
    line = recent_change(seen)
    assert (said in line) if said else (line == "")


def test_a_change_under_way_is_no_finished_change() -> None:
    seen = healthy()
    assert seen.daemonsets is not None
    seen.agents = {name: an_agent(name, created=ago(minutes=2)) for name in NODES}
    seen.daemonsets["cilium"] = a_daemonset("cilium", updated=6)
    assert recent_change(seen) == ""


def changed_ago(seen: Seen, minutes: float, revision: int = 2) -> None:
    """A rollout of all agents that finished then."""
    when = ago(minutes=minutes)
    seen.agents = {name: an_agent(name, created=when) for name in NODES}
    seen.revisions = (
        a_revision(revision, "new", when),
        a_revision(revision - 1, "old", ago(days=90)),
    )


@pytest.mark.parametrize(
    ("minutes", "revision", "broken", "offered"),
    [
        (12, 2, ("node-1", "node-2"), True),
        (12, 2, ("node-1",), False),
        (12, 2, (), False),
        (70, 2, ("node-1", "node-2"), False),
        (12, 1, ("node-1", "node-2"), False),
    ],
    ids=["two-nodes", "one-node", "all-well", "long-ago", "the-installation"],
)
def test_a_way_back_is_offered_when_agents_fail_after_a_change(
    minutes: float, revision: int, broken: tuple[str, ...], offered: bool
) -> None:
    seen = healthy()
    changed_ago(seen, minutes, revision)
    assert seen.agents is not None
    for node in broken:
        seen.agents[node] = an_agent(
            node, created=ago(minutes=minutes), ready=False, state=BACK_OFF
        )
    found = [one for one in judge(seen) if one.id == "trouble-after-change"]
    assert bool(found) is offered, judge(seen)
    if offered:
        (finding,) = found
        assert [one.remedy for one in finding.remedies] == ["rollback"]
        assert "finished 12m ago" in finding.proof[0]
        assert finding.proof[1] == "node-1, node-2"
