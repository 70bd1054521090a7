"""Every fault of the simulator yields the finding or the gap it should, from both sides."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.model.report import Verdict
from bot.playground.cluster.faults import CATALOGUE
from tests.scenarios.house import Answer, House

OK, DEGRADED, FAILED = Verdict.OK, Verdict.DEGRADED, Verdict.FAILED


@dataclass(frozen=True)
class Expected:
    """``findings`` by id and subject; ``gap`` is part of the reason of one gap, if there is one.

    ``lasting`` come beside them once the trouble is a minute old: the cluster lives a hundred times
    faster than we do, and a busy machine lets a minute of it pass before we ask.
    """

    verdict: Verdict
    findings: dict[str, str] = field(default_factory=dict)
    gap: str = ""
    lasting: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Story:
    fault: str
    cluster_wide: Expected
    on_node: Expected
    target: str | None = "node-7"


def both(verdict: Verdict, findings: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """The same seen from the cluster and from the node."""
    expected = Expected(verdict, findings or {}, **more)
    return {"cluster_wide": expected, "on_node": expected}


NODE, CONFIG = "node-7", "cilium-config"
CRASH, API = {"agent-crash-loop": NODE}, {"agent-api-unreachable": NODE}
GONE = {"node-not-ready": NODE, "node-unreachable": NODE}
OPERATOR = {"operator-down": "cilium-operator"}
RELAY = {"relay-down": "hubble-relay"}
FULL, ENDPOINTS = {"ipam-full": NODE}, {"endpoints-not-ready": NODE}
CONTROLLERS = {"controllers-failing": NODE}

STORIES = [
    Story("agent-crash-loop", Expected(DEGRADED, CRASH), Expected(FAILED, CRASH)),
    Story(
        "agent-failing",
        Expected(DEGRADED, API, lasting=CONTROLLERS),
        Expected(FAILED, API, lasting=CONTROLLERS),
    ),
    Story(
        "node-unreachable",
        Expected(DEGRADED, GONE, "no route to host"),
        Expected(FAILED, GONE, "no route to host"),
    ),
    Story("ipam-full", **both(DEGRADED, FULL)),
    Story("endpoints-not-ready", **both(DEGRADED, ENDPOINTS, lasting=CONTROLLERS)),
    Story("operator-down", **both(FAILED, OPERATOR), target=None),
    Story("relay-down", **both(DEGRADED, RELAY), target=None),
    Story("config-not-rolled-out", **both(DEGRADED, {"config-not-rolled-out": CONFIG}),
          target=None),
    Story("recent-change", **both(OK), target=None),
    Story("metrics-off", **both(OK), target=None),
    Story("exec-forbidden", **both(OK, gap="Exec into the pod is forbidden"), target=None),
    Story("api-reply-lost", **both(OK), target=None),
    # Only a change meets these.
    Story("agent-never-ready", **both(OK)),
    Story("api-dies-after", **both(OK), target=None),
    Story("write-conflict", **both(OK), target=None),
    Story("watch-slow", **both(OK), target=None),
    Story("watch-expired", **both(OK), target=None),
]  # fmt: skip

ELSEWHERE = {
    "agent-silent": "test_silent_agents.py",
    "agent-garbage": "test_silent_agents.py",
    "link-down": "test_peers.py",
    "version-skew": "test_changes.py",
    "pod-recreated": "tests/playground/cluster/test_write_faults.py",
    "api-slow": "test_troubled_api_server.py",
    "api-throttle": "test_troubled_api_server.py",
    "api-down": "test_troubled_api_server.py",
}
"""Faults whose story does not fit into a row."""


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.fault)
async def test_fault_is_found_cluster_wide_and_on_its_node(house: House, story: Story) -> None:
    house.cluster.inject(story.fault, story.target)
    await house.cluster.settle()
    check(await house.ask("status"), story.cluster_wide)
    check(await house.ask("status node-7"), story.on_node)
    assert house.cluster.ledger == []


AIMED = [story for story in STORIES if story.target is not None]


@pytest.mark.parametrize("story", AIMED, ids=lambda story: story.fault)
async def test_node_that_is_not_concerned_keeps_its_verdict(house: House, story: Story) -> None:
    house.cluster.inject(story.fault, story.target)
    await house.cluster.settle()
    check(await house.ask("status node-2"), Expected(OK))


def test_every_fault_of_the_catalogue_is_told() -> None:
    assert {story.fault for story in STORIES} | ELSEWHERE.keys() == CATALOGUE.keys()


def check(answer: Answer, expected: Expected) -> None:
    report = answer.report
    new = {name: on for name, on in answer.findings.items() if expected.lasting.get(name) != on}
    assert new == expected.findings
    assert report.verdict is expected.verdict
    assert report.verdict.upper() in answer.shown.splitlines()[0]
    reasons = [gap.reason for gap in report.gaps]
    if expected.gap:
        assert any(expected.gap in reason for reason in reasons), reasons
        assert "Not seen" in answer.shown
    else:
        assert reasons == []
    for finding in report.findings:
        assert finding.proof
        assert str(finding.subject) in answer.shown
