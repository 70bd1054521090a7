"""``versions``: components beside each other, the release, and what is to be had."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.authoring import Gap, Severity
from bot.clients.helm.names import ChartVersion
from bot.clients.helm.repository import Offered
from bot.clients.kubernetes.objects import Pod
from runbooks.release.record import Recorded
from runbooks.release.versions.evidence import Seen
from runbooks.release.versions.judge import judge
from runbooks.release.versions.present import present
from tests.clients.helm.revisions import revision
from tests.runbooks.release import cluster as c


def agents(*versions: str) -> tuple[Pod, ...]:
    return tuple(
        c.pod(f"node-{number}", f"quay.io/cilium/cilium:v{version}")
        for number, version in enumerate(versions, start=1)
    )


def operators(*versions: str) -> tuple[Pod, ...]:
    return tuple(
        c.pod(f"node-{number}", f"quay.io/cilium/operator-aws:v{version}", "cilium-operator")
        for number, version in enumerate(versions, start=1)
    )


def offers(*versions: str) -> tuple[Offered, ...]:
    read = [ChartVersion.of(version) for version in versions]
    return tuple(
        Offered(version, c.NOW - timedelta(days=3)) for version in sorted(read, reverse=True)
    )


def seen(**changes: Any) -> Seen:
    pods = {
        "agent": agents("1.18.6", "1.18.6", "1.18.6"),
        "operator": operators("1.18.6"),
        "relay": (c.pod("node-1", "quay.io/cilium/hubble-relay:v1.18.6", "hubble-relay"),),
        "clustermesh": (),
        "envoy": (c.pod("node-1", "quay.io/cilium/cilium-envoy:v1.34.12-17", "cilium-envoy"),),
    }
    usual: dict[str, Any] = {
        "pods": pods | changes.pop("pods", {}),
        "record": Recorded(history=(revision(1, "deployed"),)),
    }
    return Seen(c.NOW, c.SYSTEM, **(usual | changes))


MINORS = ("1.17.18", "1.18.6", "1.18.14", "1.19.8", "1.20.2", "1.21.0-pre.2")
TABLE: list[tuple[str, dict[str, Any], dict[str, Severity], str]] = [
    ("all alike", {}, {}, "3 of 3 agents run 1.18.6, and so does everything else."),
    (
        "an agent left behind",
        {"pods": {"agent": agents("1.18.6", "1.18.5", "1.18.6")}},
        {"version-skew": Severity.WARNING},
        "2 of 3 agents run 1.18.6. 1 agent of 3 runs 1.18.5",
    ),
    (
        "an operator of another version, whatever its cloud",
        {"pods": {"operator": operators("1.18.6", "1.18.7")}},
        {"version-skew": Severity.WARNING},
        "The operator runs 1.18.7",
    ),
    (
        "two minors apart",
        {"pods": {"agent": agents("1.18.6", "1.18.6", "1.16.3")}},
        {"version-skew": Severity.WARNING, "minors-apart": Severity.CRITICAL},
        "1.16.3 and 1.18.6",
    ),
    (
        "the release says another",
        {"record": Recorded(history=(revision(1, "deployed", "1.18.7"),))},
        {"release-not-running": Severity.WARNING},
        "The release's chart is 1.18.7",
    ),
    ("no agents", {"pods": {"agent": ()}}, {}, "There are no agents in kube-system."),
    (
        "a tag that is no version",
        {"pods": {"agent": (c.pod("node-1", "mirror/cilium:latest"),), "operator": (),
                  "relay": ()}},
        {},
        "1 of 1 agents run mirror/cilium:latest",
    ),
    (
        "newer than the bot knows",
        {"pods": {"agent": agents("1.21.0"), "operator": (), "relay": ()},
         "record": Recorded(history=())},
        {"version-unknown": Severity.INFO},
        "1.21.0",
    ),
    (
        "a newer patch is out",
        {"offered": offers(*MINORS)},
        {"newer-patch": Severity.INFO},
        "1.18.14 is out",
    ),
    (
        "the newest patch",
        {"offered": offers("1.18.6", "1.17.1", "1.19.0-rc.1")},
        {},
        "the newest patch of its minor",
    ),
    (
        "a minor that is not maintained",
        {"pods": {"agent": agents("1.17.18"), "operator": (), "relay": ()},
         "record": Recorded(history=()), "offered": offers(*MINORS)},
        {"minor-not-maintained": Severity.WARNING},
        "the maintained minors are 1.20, 1.19, 1.18",
    ),
    (
        "a repository that is away is no good news",
        {"asked_repository": True, "gaps": [Gap("what the chart repository offers", "silence")]},
        {},
        "and so does everything else.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("what", "changes", "found", "told"), TABLE, ids=[t[0] for t in TABLE])
def test_what_is_found(
    what: str, changes: dict[str, Any], found: dict[str, Severity], told: str
) -> None:
    evidence = seen(**changes)
    findings = judge(evidence)
    assert {one.id: one.severity for one in findings} == found
    assert told in present(evidence, findings, cluster="lab").summary


def test_the_tables() -> None:
    evidence = seen(pods={"agent": agents("1.18.6", "1.18.5", "1.18.6")}, offered=offers(*MINORS))
    del evidence.pods["relay"]
    running, offered = present(evidence, judge(evidence), cluster="lab").tables
    assert running.rows == (
        ("agent", "1.18.6 (2), 1.18.5 (1)", "3"),
        ("operator", "1.18.6", "1"),
        ("relay", "could not be read", "-"),
        ("envoy", "1.34.12-17", "1"),
    )
    assert offered.rows == (
        ("1.20", "1.20.2", "3d ago"),
        ("1.19", "1.19.8", "3d ago"),
        ("1.18", "1.18.14", "3d ago"),
        ("1.17", "1.17.18", "3d ago"),
    )
