"""A wrong alerts file and the exact lines a person is told; a right one, and the one we ship."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.payload import read
from bot.alerts.routing import route
from bot.cli.configuration import runbook_parameters
from bot.model.alert_matcher import Comparison, Matcher
from bot.model.alert_route import AlertSeverity
from bot.model.alert_rules import AlertReceiver, AlertRule, AlertRules
from bot.settings import Settings, check, load
from bot.settings.alerts_schema import AlertsFile, ReceiverEntry, RuleEntry
from runbooks import catalogue
from tests.alerts.posts import alert, body

NOW = datetime(2026, 11, 28, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
BOT = "clusters: {prod: {context: p}}\nalerts: alerts.yaml\n"
RUNBOOKS = {"status": {"node": False, "deep": False}, "flows": {"pod": True}}
HEAD = """\
receivers:
  prod: {clusters: [prod], channel: C0123456789}
default: {runbook: status}
rules:
"""
RULE = """\
  - name: agents
    match: ['alertname="CiliumAgentDown"', 'node=~"n.*"']
    runbook: status
    parameters: {node: "{node|instance}"}
    channel: C9876543210
    severity: page
    cooldown: 1h
"""

BUILT = {
    **dict.fromkeys(["CiliumAgentDown", "CiliumAgentPodNotReady", "CiliumAgentUnavailable",
                     "CiliumAgentCrashLooping", "CiliumAgentCpuHigh", "CiliumAgentStarting",
                     "CiliumNodeTainted", "CiliumControllersFailing"], ("status", "node-7")),
    **dict.fromkeys(["CiliumAgentMissing", "CiliumDaemonSetMissing", "CiliumDaemonSetNotObserved",
                     "CiliumRolloutUnfinished", "CiliumEnvoyUnavailable", "CiliumOperatorDown",
                     "CiliumOperatorLeaseStale"], ("status",)),
    "CiliumVersionSkew": ("versions",),
}  # fmt: skip
"""Alerts that a runbook we have is about."""

WAITING = {
    "CiliumBgpSessionDown", "CiliumNodeIsolated", "CiliumRoutingDropSpike",
    "CiliumAgentOOMKilled", "CiliumAgentMemoryHigh",
    "CiliumEndpointsNotReady", "CiliumEndpointInvalid", "CiliumEndpointRegenerationFailing",
    "CiliumEndpointCreateRateLimited", "CiliumIpamNearlyFull", "CiliumIpamFull",
    "CiliumConntrackMapPressure", "CiliumConntrackMapFull", "CiliumPolicyMapPressure",
    "CiliumOtherMapPressure", "CiliumBpfMapOpFailures", "CiliumConntrackInsertFailed",
    "CiliumNatExhausted", "CiliumPolicyDropSpike", "CiliumFragmentationNeeded",
    "CiliumOtherDropSpike", "CiliumIpsecXfrmErrors", "CiliumK8sClientErrors",
    "CiliumK8sRateLimited",
}  # fmt: skip
"""Alerts of one node whose own runbook is not there yet: the node's status meanwhile."""

WAITING_EVERYWHERE = {
    "CiliumIpamOperatorDeficit", "CiliumUnmanagedPods", "CiliumLbIpamUnsatisfied",
    "CiliumNodesUnreachable", "CiliumNodesUnreachableMany", "CiliumMajorityUnreachable",
    "CiliumHealthEndpointsUnreachable", "CiliumClusterMeshNotReady", "CiliumIdentityHigh",
    "CiliumIdentityExhausted", "CiliumIpsecKeysDiffer", "CiliumK8sApiErrorsWide",
    "HubbleLostEvents", "HubbleRelayDown", "CiliumDnsErrors", "CoreDnsUnavailable",
}  # fmt: skip
"""Alerts of the whole cluster whose own runbook is not there yet: the cluster's status."""


def told(tmp_path: Path, alerts: str) -> list[str]:
    (tmp_path / "bot.yaml").write_text(BOT)
    (tmp_path / "alerts.yaml").write_text(alerts)
    problems = check(tmp_path / "bot.yaml", None, ["restart-agent"], RUNBOOKS)
    return [str(problem).removeprefix(f"{tmp_path}/") for problem in problems]


def test_a_right_file_becomes_a_table_with_its_lines(tmp_path: Path) -> None:
    assert told(tmp_path, HEAD + RULE) == []
    table = load(tmp_path / "bot.yaml", {}, None, ["restart-agent"], RUNBOOKS).alert_rules
    assert table == AlertRules(
        receivers={"prod": AlertReceiver(name="prod", clusters=("prod",), channel="C0123456789")},
        rules=(
            AlertRule(
                name="agents",
                place="alerts.yaml:5",
                matchers=(
                    Matcher("alertname", Comparison.IS, "CiliumAgentDown"),
                    Matcher("node", Comparison.MATCHES, "n.*"),
                ),
                runbook="status",
                parameters={"node": "{node|instance}"},
                channel="C9876543210",
                severity=AlertSeverity.PAGE,
                cooldown=3600.0,
            ),
        ),
        default=AlertRule(name="default", place="alerts.yaml:3", runbook="status"),
    )


def test_without_a_file_there_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "bot.yaml").write_text("clusters: {prod: {context: p}}\n")
    assert load(tmp_path / "bot.yaml", {}).alert_rules is None
    assert Settings().alert_rules is None


@pytest.mark.parametrize(("before", "after", "said"), [
    ("runbook: status\n", "runbook: stauts\n", "alerts.yaml:7: rules.0.runbook: no such runbook, "
     "found stauts; did you mean status?"),
    ("runbook: status\n", "runbook: restart-agent\n", "alerts.yaml:7: rules.0.runbook: it changes "
     "the cluster, and an alert may only have something looked at, found restart-agent"),
    ("    runbook: status\n", "", "alerts.yaml:5: rules.0: neither runbook nor nothing"),
    ("runbook: status\n", "runbook: status\n    nothing: told\n", "rules.0: runbook and nothing"),
    ("runbook: status\n", "nothing: told\n", "rules.0.parameters: parameters of nothing"),
    ("{node: ", "{nod: ", "alerts.yaml:8: rules.0.parameters.nod: status has no such parameter, "
     "found nod; did you mean node?"),
    ("{node|instance}", "{no-de}", "alerts.yaml:8: rules.0.parameters.node: found {no-de}"),
    ("{node|instance}", "x{node}", "alerts.yaml:8: rules.0.parameters.node: found x{node}"),
    ('alertname="', 'alert-name="', "alerts.yaml:6: rules.0.match.0: not a matcher"),
    ('"n.*"', '"(n+)+"', "alerts.yaml:6: rules.0.match.1: a repeated group can take for ever"),
    ("match: ['alertname=\"CiliumAgentDown\"', 'node=~\"n.*\"']\n", "match: []\n",
     "rules.0: match is missing"),
    ("name: agents\n", "name: ''\n", "alerts.yaml:5: rules.0: name is missing"),
    ("severity: page", "severity: loud", "severity: found loud; allowed: page, warn, info"),
    ("cooldown: 1h", "cooldown: 2d", "cooldown: found 2d; allowed: a duration up to 1d"),
    ("C9876543210", "oncall", "rules.0.channel: found oncall; allowed: a channel's id"),
    ("channel: C9876543210", "chanel: C9876543210", "unknown field; did you mean channel?"),
    ("clusters: [prod]", "clusters: [prdo]", "alerts.yaml:2: receivers.prod.clusters.0: no such "
     "cluster, found prdo; did you mean prod?"),
    ("clusters: [prod], ", "", "alerts.yaml:2: receivers.prod: clusters is missing"),
    (", channel: C0123456789", "", "alerts.yaml:2: receivers.prod: channel is missing"),
    ("  prod: {clusters: [prod], channel: C0123456789}\n", "", "receivers: no receiver"),
    ("default: {runbook: status}\n", "", "default: the default is missing"),
    ("default: {runbook: status}", "default: {runbook: flows}",
     "alerts.yaml:3: default.runbook: flows needs pod, which not every alert has"),
    ("default: {runbook: status}", "default: {match: []}", "default.match: unknown field"),
    ("channel: C0123456789}", "channel: C0123456789, token: abc}", "a secret does not belong"),
])  # fmt: skip
def test_a_mistake_is_told_by_line(tmp_path: Path, before: str, after: str, said: str) -> None:
    text = HEAD + RULE
    assert before in text
    found = told(tmp_path, text.replace(before, after, 1))
    assert any(said in each for each in found), found


def test_two_rules_of_one_name_are_told(tmp_path: Path) -> None:
    assert told(tmp_path, HEAD + RULE + RULE) == [
        "alerts.yaml:12: rules.1.name: rule 1 has this name already, found agents"
    ]


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    text = (HEAD + RULE).replace("prod]", "prdo]").replace("status", "stauts")
    lines = [each.split(":")[1] for each in told(tmp_path, text)]
    assert lines == ["2", "3", "7"]


SHAPES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from([*RuleEntry.model_fields, *ReceiverEntry.model_fields]),
            inner,
            max_size=6,
        ),
    ),
    max_leaves=12,
)


@given(st.sampled_from(["receivers", "rules", "default"]), SHAPES)
def test_no_shape_crashes(
    tmp_path_factory: pytest.TempPathFactory, section: str, shape: object
) -> None:
    folder = tmp_path_factory.mktemp("shape")
    for value in (shape, [shape], {"prod": shape}):
        lines = told(folder, yaml.safe_dump({section: value}, allow_unicode=True))
        assert lines
        assert all(line.isprintable() for line in lines)
    for child in folder.iterdir():
        child.unlink()
    folder.rmdir()


def test_every_field_is_documented() -> None:
    page = (ROOT / "docs" / "alerts.md").read_text()
    for field in (*RuleEntry.model_fields, *ReceiverEntry.model_fields, *AlertsFile.model_fields):
        assert f"`{field}`" in page or f"\n{field}:" in page, field


class TestShipped:
    """``config/alerts.yaml`` answers every alert of the chart's rules."""

    @pytest.fixture
    def table(self, tmp_path: Path) -> AlertRules:
        shutil.copy(ROOT / "config" / "alerts.yaml", tmp_path)
        (tmp_path / "bot.yaml").write_text(BOT)
        found = load(tmp_path / "bot.yaml", {}, None, None, runbook_parameters()).alert_rules
        assert found is not None
        return found

    def test_each_alert_has_a_rule_of_its_own_and_its_command(self, table: AlertRules) -> None:
        expected = {
            **BUILT,
            **dict.fromkeys(WAITING, ("status", "node-7")),
            **dict.fromkeys(WAITING_EVERYWHERE, ("status",)),
        }
        assert len(expected) == 56
        for name, command in expected.items():
            about = [rule for rule in table.rules if rule.is_about({"alertname": name})]
            assert len(about) == 1, f"{name}: {[rule.name for rule in about]}"
            posted = read(body(alert(name, node="node-7")), table.receivers["prod"], NOW)
            found = route(posted.delivery, table, catalogue.registry())
            assert (found.runbook, *found.words) == command, name
            assert found.why == ""

    def test_no_rule_is_about_no_alert(self, table: AlertRules) -> None:
        names = [*BUILT, *WAITING, *WAITING_EVERYWHERE]
        for rule in table.rules:
            assert any(rule.is_about({"alertname": name}) for name in names), rule.name
