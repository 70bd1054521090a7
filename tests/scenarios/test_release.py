"""What is asked about the release, on a simulated cluster and as the bot's own account may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from bot.clients.cluster import Cluster
from bot.clients.helm.source import ChartSource
from bot.clients.kubernetes.connection import ClusterAddress
from bot.clients.kubernetes.permissions import HELM, PERMISSIONS, Permission
from bot.model.report import Report, Verdict
from bot.playground.cluster import SimulatedCluster
from bot.playground.helm.repository import ChartRepository
from tests.clients.kubernetes.test_permissions import report_of, rule

READING = (*PERMISSIONS, *HELM)


@pytest.fixture
async def simulated() -> AsyncIterator[SimulatedCluster]:
    async with SimulatedCluster(3, time_scale=100) as cluster:
        yield cluster


async def asked(
    simulated: SimulatedCluster,
    folder: Path,
    *texts: str,
    rows: tuple[Permission, ...] = READING,
    repository: str = "http://127.0.0.1:9",
) -> list[Report]:
    user = simulated.add_user("bot", [rule(row) for row in rows])
    address = ClusterAddress(simulated.write_kubeconfig(folder / "bot", token=user.token))
    cluster = Cluster.at("lab", address, charts=ChartSource(repository))
    try:
        return [await report_of(cluster, text) for text in texts]
    finally:
        await cluster.close()


async def test_a_healthy_cluster(simulated: SimulatedCluster, tmp_path: Path) -> None:
    reports = await asked(
        simulated, tmp_path, "release", "release history", "versions", "config", "config node-2"
    )
    for report in reports:
        assert (report.verdict, report.findings, report.gaps) == (Verdict.OK, (), ()), report.title
    facts = dict(reports[0].facts)
    assert facts["Chart"] == "cilium 1.18.6"
    assert facts["Configuration read by"] == "3 of 3 agents"
    assert facts["Revisions kept"] == "3 (1 to 3)"


async def test_a_key_that_somebody_edited(simulated: SimulatedCluster, tmp_path: Path) -> None:
    simulated.inject("config-not-rolled-out", key="debug", value="true")
    release, config = await asked(simulated, tmp_path, "release", "config node-2")
    assert {one.id for one in release.findings} == {"config-drift", "config-not-rolled-out"}
    assert {one.id for one in config.findings} == {"config-drift", "config-not-running"}
    assert "written by kubectl-edit" in release.findings[0].proof
    simulated.objects.delete(
        "pods",
        next(
            pod.name
            for pod in simulated.objects.all("pods", "kube-system")
            if pod.object["spec"].get("nodeName") == "node-2"
            and pod.object["metadata"]["labels"].get("k8s-app") == "cilium"
        ),
        "kube-system",
    )
    await simulated.settle()
    (config,) = await asked(simulated, tmp_path, "config node-2")
    assert {one.id for one in config.findings} == {"config-drift"}


async def test_without_the_right_to_read_secrets_the_gap_says_which(
    simulated: SimulatedCluster, tmp_path: Path
) -> None:
    for report in await asked(
        simulated, tmp_path, "release", "versions", "config", rows=PERMISSIONS
    ):
        (gap,) = report.gaps
        assert gap.subject == "the Helm release"
        assert "helm.enabled: true" in gap.hint
    assert (
        "could not be read"
        in (await asked(simulated, tmp_path, "release", rows=PERMISSIONS))[0].summary
    )


async def test_what_the_repository_offers_and_one_that_is_away(
    simulated: SimulatedCluster, tmp_path: Path
) -> None:
    async with ChartRepository(("1.18.6", "1.18.9", "1.19.1")) as repository:
        (report,) = await asked(
            simulated, tmp_path, "versions --available", repository=repository.url
        )
    assert [one.id for one in report.findings] == ["newer-patch"]
    assert "1.18.9 is out" in report.summary
    (report,) = await asked(simulated, tmp_path, "versions --available")
    (gap,) = report.gaps
    assert (report.verdict, gap.subject) == (Verdict.OK, "what the chart repository offers")
    (report,) = await asked(
        simulated, tmp_path, "versions --available", repository="oci://charts.example/cilium"
    )
    assert "cannot be listed" in report.gaps[0].reason


async def test_flux_is_named(simulated: SimulatedCluster, tmp_path: Path) -> None:
    daemonset = simulated.objects.get("daemonsets", "cilium", "kube-system")
    daemonset["metadata"]["labels"] |= {
        "helm.toolkit.fluxcd.io/name": "cilium",
        "helm.toolkit.fluxcd.io/namespace": "flux-system",
    }
    simulated.objects.put("daemonsets", daemonset)
    for report in await asked(simulated, tmp_path, "release", "config"):
        assert "gitops-owned" in {one.id for one in report.findings}


async def test_no_release_and_records_that_cannot_be_read(
    simulated: SimulatedCluster, tmp_path: Path
) -> None:
    secret = simulated.objects.get("secrets", "sh.helm.release.v1.cilium.v2", "kube-system")
    secret["data"]["release"] = "bm9uc2Vuc2U="
    simulated.objects.put("secrets", secret)
    (report,) = await asked(simulated, tmp_path, "release")
    (gap,) = report.gaps
    assert "sh.helm.release.v1.cilium.v2" in gap.reason
    for number in (1, 2, 3):
        simulated.objects.delete("secrets", f"sh.helm.release.v1.cilium.v{number}", "kube-system")
    (report,) = await asked(simulated, tmp_path, "release")
    assert [one.id for one in report.findings] == ["release-not-found"]


async def test_an_agent_that_is_silent_is_a_gap(
    simulated: SimulatedCluster, tmp_path: Path
) -> None:
    simulated.inject("agent-silent", "node-2")
    (report,) = await asked(simulated, tmp_path, "config --deadline 2s")
    assert [gap.subject for gap in report.gaps] == ["inside the agent on node-2"]
    assert "2 running agents" in report.summary


async def test_secrets_of_values_are_hidden(simulated: SimulatedCluster, tmp_path: Path) -> None:
    from bot.playground.helm.charts import chart
    from bot.playground.helm.records import Record, manifest_of

    made, values = chart("1.18.6"), {"tls": {"ca": {"key": "aHVudGVyMg=="}}}
    record = Record(
        number=4, status="deployed", chart=made, values=values,
        first_deployed="2026-01-01T00:00:00Z", last_deployed="2026-11-01T00:00:00Z",
        description="Upgrade complete", manifest=manifest_of(made, values, "kube-system"),
    )  # fmt: skip
    simulated.objects.put("secrets", record.secret())
    for report in await asked(simulated, tmp_path, "release", "config"):
        assert b"aHVudGVyMg==" not in msgspec.json.encode(report)
