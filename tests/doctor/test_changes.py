"""What the doctor finds of changes: the key of seals, people at a terminal, rights to change."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.clients.cluster import Cluster
from bot.clients.helm.source import ChartSource
from bot.clients.kubernetes.connection import ClusterAddress
from bot.clients.kubernetes.permissions import (
    ALL,
    CHANGES,
    HELM,
    HELM_CHANGES,
    IDENTITY,
    PERMISSIONS,
    Permission,
)
from bot.doctor.changes import ChangesPart, rights_in
from bot.doctor.cluster import ClusterPart
from bot.doctor.examine import examine
from bot.model.approval import ApprovalRules
from bot.model.report import Report, Verdict
from bot.playground.cluster import SimulatedCluster
from bot.playground.helm.program import write_program
from bot.settings import Changes, Credentials, Settings, Store, seal_key
from bot.settings import Cluster as ClusterSettings

RULES = ApprovalRules()
WITHOUT_HELM = (*PERMISSIONS, *HELM, *CHANGES)
KEY = Credentials(seal_key=SecretStr("0123456789abcdef" * 4))
PEOPLE = Changes(people={"alice@example.com": "U0123456789"}, identity_cluster="eu")
CLUSTERS = {"eu": ClusterSettings(context="eu"), "us": ClusterSettings(context="us")}


async def seen(settings: Settings) -> Report:
    return await examine([ChangesPart(settings)], title="t", within=5)


def results(report: Report) -> dict[str, str]:
    return {check: result for _, check, result in report.tables[0].rows}


async def test_a_bot_that_only_reads_is_in_order() -> None:
    report = await seen(Settings())
    assert report.verdict is Verdict.OK
    assert results(report) == {"approval rules": "none named: the bot only reads"}


async def test_with_everything_given_it_is_in_order() -> None:
    report = await seen(
        Settings(
            clusters=CLUSTERS,
            approval_rules=RULES,
            credentials=KEY,
            changes=PEOPLE.model_copy(update={"audit_channel": "C0123456789"}),
        )
    )
    assert (report.verdict, report.gaps) == (Verdict.OK, ())
    assert results(report) == {
        "approval rules": "0 rules",
        "key of seals": "SEAL_KEY",
        "people at a terminal": "1 named, identified by eu",
        "audit's channel": "C0123456789",
    }


async def test_a_store_of_others_without_a_key_is_told_with_what_to_do() -> None:
    store = Store(url="redis://store:6379/0")
    report = await seen(Settings(approval_rules=RULES, store=store))
    (finding,) = report.findings
    assert finding.id == "seal-key-missing"
    assert "Changes are refused" in finding.cause
    assert "openssl rand -hex 32" in finding.next_steps[0]
    assert "changes.existingSecret" in finding.next_steps[0]


async def test_the_key_beside_the_embedded_store_is_looked_at_and_never_made(
    tmp_path: Path,
) -> None:
    settings = Settings(approval_rules=RULES, store=Store(folder=tmp_path / "store"))
    report = await seen(settings)
    assert [gap.subject for gap in report.gaps] == ["changes: key of seals"]
    assert not (tmp_path / "store").exists()

    key = seal_key(settings)
    assert key is not None
    report = await seen(settings)
    assert results(report)["key of seals"] == "beside the embedded store"
    assert key.decode() not in str(report)

    (tmp_path / "store" / "seal.key").chmod(0o644)
    report = await seen(settings)
    assert [finding.id for finding in report.findings] == ["seal-key-unusable"]
    assert "Delete it" in report.findings[0].next_steps[0]
    assert key.decode() not in str(report)


def test_rights_to_change_are_needed_where_changes_are_and_identity_in_one_cluster() -> None:
    reading = Settings(clusters=CLUSTERS, changes=PEOPLE)
    assert rights_in("eu", reading) == PERMISSIONS
    changing = Settings(clusters=CLUSTERS, changes=PEOPLE, approval_rules=RULES)
    assert set(rights_in("eu", changing)) == {*PERMISSIONS, *CHANGES}
    assert set(rights_in("us", changing)) == {*PERMISSIONS, *CHANGES} - {IDENTITY}
    nobody = Settings(clusters=CLUSTERS, approval_rules=RULES)
    assert IDENTITY not in rights_in("eu", nobody)


@pytest.fixture
async def simulated() -> AsyncIterator[SimulatedCluster]:
    async with SimulatedCluster(3) as cluster:
        yield cluster


async def with_rights(
    simulated: SimulatedCluster,
    tmp_path: Path,
    rows: Iterable[Permission],
    program: str = "/nowhere/helm",
) -> Report:
    rules = [
        {
            "apiGroups": [row.group],
            "resources": [row.resource],
            "verbs": list(row.verbs),
            "resourceNames": list(row.names),
            "namespace": None if row.role.is_cluster_wide else "kube-system",
        }
        for row in rows
    ]
    user = simulated.add_user("bot", rules)
    config = simulated.write_kubeconfig(tmp_path / "k", token=user.token, context="lab")
    charts = ChartSource(program=program)
    cluster = Cluster.at("lab", ClusterAddress(config, "lab"), charts=charts)
    try:
        return await examine([ClusterPart(cluster, WITHOUT_HELM)], title="t", within=8)
    finally:
        await cluster.close()


async def test_with_exactly_the_rights_of_the_chart_a_changing_bot_is_in_order(
    simulated: SimulatedCluster, tmp_path: Path
) -> None:
    report = await with_rights(simulated, tmp_path, WITHOUT_HELM)
    assert (report.verdict, report.findings, report.gaps) == (Verdict.OK, (), ())
    checks = [check for _, check, _ in report.tables[0].rows if check.startswith("right to")]
    assert len(checks) == len(WITHOUT_HELM)
    assert results(report)["rights to change the release"].startswith("not granted, and optional")


async def test_with_the_rights_to_change_the_release_helm_is_looked_at(
    simulated: SimulatedCluster, tmp_path: Path
) -> None:
    report = await with_rights(simulated, tmp_path, ALL, str(write_program(tmp_path)))
    assert (report.verdict, report.findings, report.gaps) == (Verdict.OK, (), ())
    assert results(report)["rights to change the release"] == f"all of {len(HELM_CHANGES)} rights"
    assert results(report)["helm"].startswith("v4.")
    (finding,) = (await with_rights(simulated, tmp_path, ALL)).findings
    assert finding.id == "helm-unusable"
    assert "helm cannot be started" in finding.cause


async def test_a_helm_of_another_major_version_is_named(
    simulated: SimulatedCluster, tmp_path: Path
) -> None:
    other = tmp_path / "helm"
    other.write_text("#!/bin/sh\necho v3.18.4\n")
    other.chmod(0o755)
    (finding,) = (await with_rights(simulated, tmp_path, ALL, str(other))).findings
    assert finding.id == "helm-unusable"
    assert "is v3.18.4; it needs Helm 4." in finding.cause
    assert "helm.program" in finding.next_steps[0]


async def test_some_of_the_rights_to_change_the_release_are_too_few(
    simulated: SimulatedCluster, tmp_path: Path
) -> None:
    rest = [row for row in ALL if row.resource != "daemonsets" or row not in HELM_CHANGES]
    report = await with_rights(simulated, tmp_path, rest, str(write_program(tmp_path)))
    (finding,) = report.findings
    assert finding.id == "permission-missing"
    assert finding.proof == ("not allowed: get, create, patch, delete daemonsets",)
    assert "helm.changes: true" in finding.next_steps[0]


@pytest.mark.parametrize(
    "row", CHANGES, ids=lambda row: f"{row.role}-{row.resource}-{row.verbs[0]}"
)
async def test_each_missing_right_to_change_is_named_with_the_chart_s_value(
    row: Permission, simulated: SimulatedCluster, tmp_path: Path
) -> None:
    rest = [other for other in WITHOUT_HELM if other is not row]
    report = await with_rights(simulated, tmp_path, rest)
    (finding,) = report.findings
    assert finding.id == "permission-missing"
    assert row.why in finding.cause
    assert str(row.role) in finding.next_steps[0]
    assert "changes.enabled: true" in finding.next_steps[0]
