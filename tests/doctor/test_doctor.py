"""What the doctor finds in a cluster, in Slack and in files, and what silence becomes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from bot.cli.consultation import consult
from bot.clients.cluster import Cluster
from bot.clients.kubernetes.connection import ClusterAddress
from bot.clients.kubernetes.permissions import HELM, PERMISSIONS
from bot.doctor.cluster import ClusterPart
from bot.doctor.examine import examine
from bot.doctor.sheet import Sheet
from bot.doctor.workspace import Workspace as SlackPart
from bot.model.errors import ClientError, Unreachable
from bot.model.report import Report, Verdict
from bot.playground.cluster import SimulatedCluster
from bot.slack import surface
from bot.slack.reading import ChannelSeen, Identity
from bot.slack.webapi import Declined

SECRET = "0123456789abcdef" * 2


def ids(report: Report) -> list[str]:
    return [finding.id for finding in report.findings]


async def of(part: object, within: float = 8.0) -> Report:
    return await examine([part], title="t", within=within)  # type: ignore[list-item]


@pytest.fixture
async def simulated() -> AsyncIterator[SimulatedCluster]:
    async with SimulatedCluster(3) as cluster:
        yield cluster


def rules(*, without: str = "") -> list[dict[str, object]]:
    """The rows of PERMISSIONS as a role, but one resource."""
    return [
        {
            "apiGroups": [row.group],
            "resources": [row.resource],
            "verbs": list(row.verbs),
            **({"resourceNames": list(row.names)} if row.names else {}),
            "namespace": None if row.role.is_cluster_wide else "kube-system",
        }
        for row in PERMISSIONS
        if row.resource != without
    ]


async def looked_at(
    simulated: SimulatedCluster,
    tmp_path: Path,
    *,
    without: str = "",
    namespace: str = "kube-system",
) -> Report:
    user = simulated.add_user("bot", rules(without=without))
    config = simulated.write_kubeconfig(tmp_path / "k", token=user.token, context="lab")
    cluster = Cluster.at("lab", ClusterAddress(config, "lab"), namespace=namespace)
    try:
        return await of(ClusterPart(cluster))
    finally:
        await cluster.close()


async def test_a_cluster_in_order_with_exactly_the_rights_of_the_chart(simulated, tmp_path) -> None:
    report = await looked_at(simulated, tmp_path)
    assert (report.verdict, report.findings, report.gaps) == (Verdict.OK, (), ())
    checks = {check: result for _, check, result in report.tables[0].rows}
    assert sum(check.startswith("right to") for check in checks) == len(PERMISSIONS) + len(HELM)
    assert "helm.enabled: true" in checks["right to list secrets"]
    assert checks["exec in an agent"] == checks["metrics of an agent"] == "in order"
    assert "all in order" in report.summary
    assert dict(report.facts)["Cilium of lab"] == "1.18.6"


@pytest.mark.parametrize("row", PERMISSIONS, ids=lambda row: row.resource)
async def test_each_missing_right_is_named_with_its_grant(simulated, tmp_path, row) -> None:
    report = await looked_at(simulated, tmp_path, without=row.resource)
    missing = [f for f in report.findings if f.id == "permission-missing"]
    (finding,) = missing
    assert row.resource in finding.cause
    assert row.why in finding.cause
    assert str(row.role) in finding.next_steps[0]


async def test_exec_that_a_policy_refuses_is_told(simulated, tmp_path) -> None:
    report = await looked_at(simulated, tmp_path, without="pods/exec")
    assert sorted(ids(report)) == ["exec-refused", "permission-missing"]


async def test_a_wrong_namespace_is_told_with_the_setting(simulated, tmp_path) -> None:
    report = await looked_at(simulated, tmp_path, namespace="cilium")
    assert "permission-missing" in ids(report)
    admin = simulated.write_kubeconfig(tmp_path / "admin", context="lab")
    cluster = Cluster.at("lab", ClusterAddress(admin, "lab"), namespace="cilium")
    report = await of(ClusterPart(cluster))
    await cluster.close()
    assert ids(report) == ["cilium-not-found"]
    assert "clusters.lab.cilium_namespace" in report.findings[0].next_steps[0]


async def test_a_cluster_that_is_away_is_a_finding_and_not_a_traceback(tmp_path) -> None:
    async with SimulatedCluster(1) as gone:
        config = gone.write_kubeconfig(tmp_path / "k", context="lab")
    for address, expected in [
        (ClusterAddress(config, "lab"), "cluster-unreachable"),
        (ClusterAddress(config, "lba"), "cluster-configuration"),
    ]:
        cluster = Cluster.at("lab", address)
        report = await of(ClusterPart(cluster))
        await cluster.close()
        assert ids(report) == [expected]
        assert report.verdict is Verdict.FAILED


class Slack:
    """A workspace that answers as told."""

    def __init__(self) -> None:
        self.own: Identity | ClientError = Identity(
            team_id="T1", team="Ours", user_id="U1", user="cilium", scopes=surface.SCOPES
        )
        self.seen: ChannelSeen | ClientError = ChannelSeen(
            name="oncall", is_member=True, is_archived=False
        )
        self.group: frozenset[str] | ClientError = frozenset(["U1"])

    async def identity(self) -> Identity:
        return answered(self.own)

    async def channel(self, channel_id: str) -> ChannelSeen:
        return answered(self.seen)

    async def members(self, group_id: str) -> frozenset[str]:
        return answered(self.group)


def answered(answer):
    if isinstance(answer, ClientError):
        raise answer
    return answer


async def slack_report(slack: Slack, secret: str = SECRET) -> Report:
    return await of(SlackPart(slack, secret, frozenset(["C1"]), frozenset(["S1"])))  # type: ignore[arg-type]


async def test_slack_in_order() -> None:
    report = await slack_report(Slack())
    assert (report.verdict, report.gaps) == (Verdict.OK, ())


@pytest.mark.parametrize(
    ("change", "finding", "step"),
    [
        ({"own": Declined("auth.test", "invalid_auth")}, "slack-token-refused", "SLACK_BOT_TOKEN"),
        ({"own": Unreachable("No way to Slack.")}, "slack-unreachable", "DNS"),
        ({"seen": Declined("c", "channel_not_found")}, "slack-channel-unknown", "bot.yaml"),
        (
            {"seen": ChannelSeen(name="x", is_member=False, is_archived=False)},
            "slack-not-in-channel",
            "/invite",
        ),
        (
            {"seen": ChannelSeen(name="x", is_member=True, is_archived=True)},
            "slack-channel-archived",
            "bot.yaml",
        ),
        (
            {"group": Declined("u", "plan_upgrade_required")},
            "access-group-unreadable",
            "people by id",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_each_trouble_with_slack_has_its_fix(change, finding, step) -> None:
    slack = Slack()
    for name, answer in change.items():
        setattr(slack, name, answer)
    report = await slack_report(slack)
    assert ids(report) == [finding]
    assert step in " ".join(report.findings[0].next_steps)


@pytest.mark.parametrize("scope", sorted(surface.SCOPES))
async def test_a_missing_scope_is_named(scope: str) -> None:
    slack = Slack()
    assert isinstance(slack.own, Identity)
    slack.own = msgspec.structs.replace(slack.own, scopes=surface.SCOPES - {scope})
    report = await slack_report(slack)
    if scope in surface.ONLY_FOR_DOCTOR:
        assert report.findings == ()
    else:
        assert ids(report) == ["slack-scope-missing"]
        assert scope in report.findings[0].cause


async def test_a_signing_secret_of_the_wrong_shape_is_told_and_not_shown() -> None:
    report = await slack_report(Slack(), secret="hush-hush")
    assert ids(report) == ["slack-signing-secret-shape"]
    assert "hush" not in str(msgspec.to_builtins(report))


async def test_what_cannot_be_asked_is_a_gap() -> None:
    slack = Slack()
    slack.seen = Declined("conversations.info", "missing_scope")
    assert isinstance(slack.own, Identity)
    slack.own = msgspec.structs.replace(slack.own, scopes=None)
    report = await slack_report(slack)
    assert report.findings == ()
    assert {gap.subject for gap in report.gaps} == {"slack: scopes", "slack: channels"}


class Slow:
    name = "store"

    async def examine(self, within: float) -> Sheet:
        await asyncio.sleep(60)
        raise AssertionError


class Failing:
    name = "another"

    async def examine(self, within: float) -> Sheet:
        raise Unreachable("It is away.")


async def test_a_part_that_is_silent_or_fails_is_a_gap_within_the_deadline() -> None:
    began = asyncio.get_running_loop().time()
    report = await examine([Slow(), Failing()], title="t", within=0.6)
    assert asyncio.get_running_loop().time() - began < 2
    assert {(gap.subject, gap.reason) for gap in report.gaps} == {
        ("store", "No answer in time."),
        ("another", "It is away."),
    }
    assert report.verdict is Verdict.UNKNOWN


async def test_a_wrong_file_is_all_that_is_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "bot.yaml"
    file.write_text("clusters: {a: {contxt: b}}\n")
    record = await consult(file, None, {"SLACK_BOT_TOKEN": "nonsense"}, [], 5.0)
    assert record.report is not None
    assert ids(record.report) == ["configuration-wrong"] * 3
    assert "nonsense" not in str(msgspec.to_builtins(record.report))


async def test_everything_together_from_a_terminal(simulated, tmp_path) -> None:
    kubeconfig = simulated.write_kubeconfig(tmp_path / "kube", context="lab")
    file = tmp_path / "bot.yaml"
    file.write_text(f"clusters: {{lab: {{context: lab, kubeconfig: {kubeconfig}}}}}\n")
    record = await consult(file, None, {}, [], 8.0)
    report = record.report
    assert report is not None
    assert report.findings == ()
    gaps = [gap.subject for gap in report.gaps]
    assert gaps == ["slack: token and channels", "store: reachable"]
    assert {part for part, _, _ in report.tables[0].rows} == {
        "configuration",
        "slack",
        "store",
        "changes",
        "cluster lab",
    }
