"""``release``: what is found when one thing is not as it should be, and how it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.authoring import Gap, Severity, Verdict
from bot.clients.helm.names import ReleaseName
from runbooks.release.installed.evidence import Seen
from runbooks.release.installed.judge import judge
from runbooks.release.installed.present import present
from runbooks.release.record import Recorded
from tests.clients.helm.revisions import revision
from tests.runbooks.release import cluster as c

FLUX = {"helm.toolkit.fluxcd.io/name": "cilium", "helm.toolkit.fluxcd.io/namespace": "flux-system"}
ARGO = {"argocd.argoproj.io/tracking-id": "net:apps/DaemonSet:kube-system/cilium"}


def seen(**changes: Any) -> Seen:
    """A cluster in order, less what is changed."""
    usual: dict[str, Any] = {
        "record": c.record(),
        "daemonsets": {"cilium": c.daemonset()},
        "deployments": {"cilium-operator": c.operator()},
        "config": c.config(),
        "agents": (c.pod("node-1"), c.pod("node-2")),
    }
    return Seen(c.NOW, c.SYSTEM, **(usual | changes))


TABLE: list[tuple[str, dict[str, Any], dict[str, Severity], str]] = [
    ("in order", {}, {}, ""),
    (
        "a key of cilium-config",
        {"config": c.config({"debug": "true"}, managers=("helm", "kubectl-edit"))},
        {"config-drift": Severity.WARNING},
        "debug: false -> true",
    ),
    (
        "a key that the release does not have",
        {"config": c.config({"enable-foo": "true"})},
        {"config-drift": Severity.WARNING},
        "enable-foo: not set -> true",
    ),
    (
        "the agents' image",
        {"daemonsets": {"cilium": c.daemonset(image="quay.io/cilium/cilium:v1.18.7")}},
        {"release-drift": Severity.WARNING},
        "DaemonSet cilium image of cilium-agent",
    ),
    (
        "the update strategy",
        {"daemonsets": {"cilium": c.daemonset(strategy="OnDelete")}},
        {"release-drift": Severity.WARNING},
        "updateStrategy: RollingUpdate -> OnDelete",
    ),
    (
        "the operator is gone",
        {"deployments": {}},
        {"release-drift": Severity.WARNING},
        "Deployment cilium-operator: in the release -> not set",
    ),
    (
        "the operator was scaled",
        {"deployments": {"cilium-operator": c.operator(replicas=0)}},
        {"release-drift": Severity.WARNING},
        "replicas: 2 -> 0",
    ),
    (
        "what could not be read is not called missing",
        {"deployments": None, "daemonsets": None, "gaps": [Gap("Deployments", "silence")]},
        {},
        "",
    ),
    (
        "agents that are older than the configuration",
        {"config": c.config(changed=c.NOW - timedelta(hours=2))},
        {"config-not-rolled-out": Severity.WARNING},
        "node-1, node-2",
    ),
    (
        "pending",
        {"record": c.record(*c.history(), revision(4, "pending-upgrade", updated=c.NOW))},
        {"release-pending": Severity.WARNING},
        "the last deployed revision is 3",
    ),
    (
        "failed",
        {"record": c.record(*c.history(), revision(4, "failed", description="no such field"))},
        {"release-failed": Severity.WARNING},
        "no such field",
    ),
    (
        "several releases of the chart",
        {"record": replace(c.record(), others=(ReleaseName(c.SYSTEM, "cilium-two"),))},
        {"several-releases": Severity.WARNING},
        "beside cilium: cilium-two",
    ),
    (
        "no release at all",
        {"record": Recorded(history=())},
        {"release-not-found": Severity.INFO},
        "",
    ),
    (
        "Argo CD keeps none",
        {"record": Recorded(history=()),
         "daemonsets": {"cilium": c.daemonset(annotations=ARGO, managers=("argocd-controller",))}},
        {"release-not-found": Severity.INFO, "gitops-owned": Severity.INFO},
        "annotation argocd.argoproj.io/tracking-id",
    ),
    (
        "Flux owns it",
        {"daemonsets": {"cilium": c.daemonset(labels=FLUX, managers=("helm-controller",))}},
        {"gitops-owned": Severity.INFO},
        "label helm.toolkit.fluxcd.io/name: cilium",
    ),
    (
        "somebody else owns fields",
        {"daemonsets": {"cilium": c.daemonset(managers=("helm", "kubectl-patch"))}},
        {"foreign-field-manager": Severity.WARNING},
        "helm, kubectl-patch",
    ),
    (
        "a rollout restart is harmless",
        {"daemonsets": {"cilium": c.daemonset(managers=("helm", "kubectl-rollout"))}},
        {},
        "",
    ),
    (
        "a release that could not be read",
        {"record": Recorded(), "gaps": [Gap("the Helm release", "Forbidden.")]},
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
    report = present(evidence, findings, cluster="lab", whole_history=False)
    worst = Severity.WARNING in found.values()
    assert report.verdict is (Verdict.DEGRADED if worst else Verdict.OK)
    assert report.summary.endswith(".")


def test_the_history_says_what_each_revision_changed() -> None:
    evidence = seen()
    report = present(evidence, (), cluster="lab", whole_history=True)
    (table,) = report.tables
    assert table.title == "History"
    assert [row[0] for row in table.rows] == ["3", "2", "1"]
    assert [row[4] for row in table.rows] == ["1 value", "chart from 1.18.5", "-"]


def test_the_history_is_short_unless_it_is_asked_for() -> None:
    many = tuple(revision(number) for number in range(4, 30))
    evidence = seen(record=c.record(*many, revision(30, "deployed")))
    short = present(evidence, (), cluster="lab", whole_history=False).tables[0]
    assert (len(short.rows), short.note) == (5, "22 older revisions: `release history`.")
    assert len(present(evidence, (), cluster="lab", whole_history=True).tables[0].rows) == 27
    assert short.rows[-1][4] == "nothing"


def test_secrets_in_values_never_reach_the_report() -> None:
    values = {"tls": {"ca": {"key": "hunter2"}}, "many": {str(n): n for n in range(60)}}
    evidence = seen(record=c.record(revision(1, "deployed", values=values)))
    report = present(evidence, judge(evidence), cluster="lab", whole_history=False)
    assert "hunter2" not in str(report)
    assert "(hidden, " in str(report.attachments)
    (table,) = [table for table in report.tables if table.title == "Values that are set"]
    assert table.note == "21 more are in the attached file."


def test_who_made_it_and_what_is_fresh() -> None:
    ours = revision(
        4, "deployed", description="cilium-oncall: c-abc apply-values",
        updated=c.NOW - timedelta(minutes=12),
    )  # fmt: skip
    report = present(
        seen(record=c.record(*c.history(), ours)), (), cluster="x", whole_history=False
    )
    assert dict(report.facts)["Made by"] == "this bot (c-abc apply-values)"
    assert report.recent_change.startswith("The release changed 12m ago (revision 4, deployed")
    flux = seen(daemonsets={"cilium": c.daemonset(labels=FLUX)})
    facts = dict(present(flux, (), cluster="x", whole_history=False).facts)
    assert facts["Made by"] == facts["Owner"] == "Flux HelmRelease flux-system/cilium"
