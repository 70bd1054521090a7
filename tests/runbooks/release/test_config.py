"""``config``: where a setting was lost on its way from values to the running agent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.authoring import Confidence, RemedyOffer, Severity, Verdict
from bot.clients.kubernetes.objects import CiliumNodeConfig
from runbooks.release.config.evidence import Seen
from runbooks.release.config.judge import judge
from runbooks.release.config.present import present
from runbooks.release.record import Recorded
from tests.runbooks.release import cluster as c

RUNNING: dict[str, Any] = {"Debug": False, "EnableIPv4": True, "PolicyMapEntries": 16384}
LATELY = c.NOW - timedelta(hours=1)


def override(name: str, data: dict[str, str], **selector: Any) -> CiliumNodeConfig:
    made: CiliumNodeConfig = c.decoded(
        CiliumNodeConfig,
        {"metadata": {"name": name}, "spec": {"nodeSelector": selector, "defaults": data}},
    )
    return made


def seen(**changes: Any) -> Seen:
    usual: dict[str, Any] = {
        "record": c.record(),
        "daemonset": c.daemonset(),
        "config": c.config(),
        "nodes": {"node-1": c.node("node-1", gpu="yes"), "node-2": c.node("node-2")},
        "overrides": (),
        "agents": {"node-1": c.pod("node-1"), "node-2": c.pod("node-2")},
        "running": {"node-1": RUNNING, "node-2": RUNNING},
    }
    return Seen(c.NOW, c.SYSTEM, **(usual | changes))


GPU = {"matchLabels": {"gpu": "yes"}}
DEBUG = RUNNING | {"Debug": True}
TABLE: list[tuple[str, dict[str, Any], dict[str, Severity], str]] = [
    ("in order", {}, {}, ""),
    (
        "changed beside Helm and rolled out",
        {"config": c.config({"debug": "true"}), "running": {"node-1": DEBUG}},
        {"config-drift": Severity.WARNING},
        "debug: false -> true",
    ),
    (
        "changed beside Helm and not rolled out",
        {"config": c.config({"debug": "true"}, changed=LATELY)},
        {"config-drift": Severity.WARNING, "config-not-running": Severity.WARNING},
        "after these agents' pods were made",
    ),
    (
        "an agent made it otherwise by itself",
        {"running": {"node-1": RUNNING, "node-2": RUNNING | {"EnableIPv4": False}}},
        {"config-not-running": Severity.INFO},
        "enable-ipv4: configured true, running false",
    ),
    (
        "a CiliumNodeConfig explains it",
        {"overrides": (override("gpu", {"debug": "true"}, **GPU),),
         "running": {"node-1": DEBUG, "node-2": RUNNING}},
        {"node-config": Severity.INFO},
        "debug: true",
    ),
    (
        "a CiliumNodeConfig that the agent has not read",
        {"overrides": (override("gpu", {"debug": "true"}, **GPU),)},
        {"node-config": Severity.INFO, "config-not-running": Severity.INFO},
        "debug: configured true, running false",
    ),
    (
        "a selector that is not read here is said to be",
        {"overrides": (override("odd", {"debug": "true"}, matchExpressions=[{"key": "gpu"}]),),
         "running": {"node-1": DEBUG}},
        {"config-not-running": Severity.INFO},
        "not known whether they count here: odd",
    ),
    ("no cilium-config", {"config": None, "absent": True}, {"config-missing": Severity.CRITICAL},
     ""),
    ("nothing to compare with", {"record": Recorded(), "running": {}}, {}, ""),
    (
        "what the agent does not show is not compared",
        {"running": {"node-1": {"RunDir": "/var/run/cilium", "EnableIPv4": {"odd": 1}}}},
        {},
        "",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("what", "changes", "found", "proof"), TABLE, ids=[t[0] for t in TABLE])
def test_what_is_found(
    what: str, changes: dict[str, Any], found: dict[str, Severity], proof: str
) -> None:
    evidence = seen(**changes)
    findings = judge(evidence)
    assert {one.id: one.severity for one in findings} == found
    if proof:
        assert any(proof in line for one in findings for line in one.proof)
    assert present(evidence, findings, cluster="lab").summary.endswith(".")


def test_a_difference_that_may_be_the_agent_s_own_is_no_verdict() -> None:
    evidence = seen(running={"node-1": RUNNING | {"EnableIPv4": False}})
    (finding,) = judge(evidence)
    assert finding.confidence is Confidence.POSSIBLE
    assert present(evidence, (finding,), cluster="lab").verdict is Verdict.OK


def test_alike_on_many_nodes_is_told_once() -> None:
    names = [f"node-{number}" for number in range(1, 31)]
    evidence = seen(
        config=c.config({"debug": "true"}, changed=LATELY),
        agents={name: c.pod(name) for name in names},
        running=dict.fromkeys(names, RUNNING),
    )
    findings = [one for one in judge(evidence) if one.id == "config-not-running"]
    assert len(findings) == 1
    assert "node-1, node-2" in findings[0].cause
    assert "24 more" in findings[0].cause
    assert findings[0].remedies == (RemedyOffer("rollout-restart"),)
    report = present(evidence, tuple(findings), cluster="lab")
    (table,) = [table for table in report.tables if table.title.startswith("Running agents")]
    assert table.rows == (("debug", "true", "false", "node-1, node-2, node-3 and 27 more"),)


def test_on_one_node_its_agent_is_offered_and_nothing_that_the_agent_did_itself() -> None:
    evidence = seen(config=c.config({"debug": "true"}, changed=LATELY))
    (finding,) = [one for one in judge(evidence) if one.id == "config-not-running"]
    wanted = [RemedyOffer("restart-agent", {"node": node}) for node in sorted(evidence.running)]
    assert list(finding.remedies) == wanted
    (own,) = judge(seen(running={"node-1": RUNNING | {"EnableIPv4": False}}))
    assert own.remedies == ()
