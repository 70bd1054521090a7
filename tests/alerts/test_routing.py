"""Which command answers which alerts, by table; no label ever chooses a command."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.payload import read
from bot.alerts.routing import route
from bot.authoring import PodName, Report, Run, runbook
from bot.engine.grammar import parse
from bot.engine.registry import Registry, runbook_of
from bot.model.alert_matcher import parse_matcher
from bot.model.alert_route import AlertRoute, AlertSeverity
from bot.model.alert_rules import AlertRule, AlertRules
from runbooks import catalogue
from tests.alerts.posts import PROD, alert, body, resolved

NOW = datetime(2026, 11, 28, tzinfo=UTC)
REGISTRY = catalogue.registry()
DEFAULT = AlertRule(name="default", place="alerts.yaml:9", runbook="versions")


def rule(name: str, match: str, **more: Any) -> AlertRule:
    said = {"runbook": "status", **more} if "nothing" not in more else more
    return AlertRule(name=name, place="alerts.yaml:3", matchers=(parse_matcher(match),), **said)


def routed(alerts: Sequence[dict[str, Any]], *rules: AlertRule) -> AlertRoute:
    table = AlertRules(receivers={"prod": PROD}, rules=rules, default=DEFAULT)
    return route(read(body(*alerts), PROD, NOW).delivery, table, REGISTRY)


def test_the_first_rule_that_is_about_it_decides() -> None:
    down = rule("down", 'alertname="CiliumAgentDown"', parameters={"node": "{node}"})
    found = routed([alert(node="node-7", severity="critical")], down, rule("all", 'node=~".*"'))
    assert found == AlertRoute(
        rule="down",
        place="alerts.yaml:3",
        runbook="status",
        words=("node-7",),
        channel="C0123456789",
        severity=AlertSeverity.PAGE,
    )


def test_the_default_decides_where_no_rule_does() -> None:
    found = routed([alert("Odd")], rule("down", 'alertname="CiliumAgentDown"'))
    assert (found.rule, found.runbook, found.words) == ("default", "versions", ())


def test_the_rule_says_channel_severity_and_cooldown() -> None:
    said = {"channel": "C9876543210", "severity": AlertSeverity.INFO, "cooldown": 60.0}
    found = routed([alert(severity="page")], rule("down", 'alertname=~".*"', **said))
    assert (found.channel, found.severity, found.cooldown) == ("C9876543210", "info", 60.0)


@pytest.mark.parametrize(("labelled", "severity"), [
    ("page", "page"), ("critical", "page"), ("CRITICAL", "page"), ("warn", "warn"),
    ("warning", "warn"), ("info", "info"), ("odd", "warn"), ("", "warn"),
])  # fmt: skip
def test_the_severity_of_the_alert(labelled: str, severity: str) -> None:
    assert routed([alert(severity=labelled)]).severity == severity


@pytest.mark.parametrize(("labels", "words", "why"), [
    ([{"node": "node-7"}], ("node-7",), ""),
    ([{"node": "NODE-7"}], ("node-7",), ""),
    ([{"node": "a"}, {"node": "a"}], ("a",), ""),
    ([{"node": "a"}, {"node": "b"}], (), "node has 2 values in 2 alerts"),
    ([{"node": "a"}, {}], (), "node has 2 values"),
    ([{}], (), "no label node, no label instance"),
    ([{"instance": "node-7:9962"}], ("node-7",), ""),
    ([{"instance": "node-7"}], ("node-7",), ""),
    ([{"instance": "10.0.0.7:9962"}], (), "instance is the address '10.0.0.7'"),
    ([{"instance": "[fd00::7]:9962"}], (), "instance is the address 'fd00::7'"),
    ([{"node": "--deep"}], (), "node is '--deep', not a node name"),
    ([{"node": "a b"}], (), "not a node name"),
    ([{"node": "$(reboot)"}], (), "not a node name"),
    ([{"node": "a\n--deep"}], (), "node is 'a?--deep'"),
    ([{"node": "x" * 5000}], (), "not a node name"),
    ([{"node": "; rm", "instance": "node-9:1"}], ("node-9",), ""),
])  # fmt: skip
def test_a_label_is_a_word_only_as_the_grammar_takes_it(
    labels: list[dict[str, str]], words: tuple[str, ...], why: str
) -> None:
    table = rule("down", 'alertname=~".*"', parameters={"node": "{node|instance}"})
    found = routed([alert(**each) for each in labels], table)
    assert (found.runbook, found.words) == ("status", words)
    assert why in found.why
    assert bool(why) == bool(found.why)
    assert found.why.isprintable()


def test_flags_stand_as_they_are_in_the_rule() -> None:
    told = {"deep": "true", "node": "{node}"}
    found = routed([alert(node="n-1")], rule("down", 'node="n-1"', parameters=told))
    assert found.words == ("n-1", "--deep=true")
    assert parse(REGISTRY, ["status", *found.words]).parameters == {"node": "n-1", "deep": "true"}


def test_the_labels_runbook_and_command_choose_nothing() -> None:
    evil = alert(runbook="restart-agent", command="restart-agent node-1", cluster="other")
    assert routed([evil], rule("down", 'alertname="CiliumAgentDown"')).runbook == "status"


class TestNeeded:
    """A runbook that needs what the labels do not give."""

    @pytest.mark.parametrize(("pod", "command", "why"), [
        ("web/cart-1", ("needy", "web/cart-1"), ""),
        ("../..", ("versions",), "pod: pod is '../..', not a pod name"),
        ("", ("versions",), "needy needs POD. The default's command instead."),
    ])  # fmt: skip
    def test_the_defaults_command_answers_instead(
        self, pod: str, command: tuple[str, ...], why: str
    ) -> None:
        @runbook("needy")
        async def needy(run: Run, pod: PodName) -> Report:
            """Look at one pod."""
            raise NotImplementedError

        registry = Registry([*REGISTRY.runbooks, runbook_of(needy)])
        about = rule("pods", 'alertname=~".*"', runbook="needy", parameters={"pod": "{pod}"})
        table = AlertRules(receivers={"prod": PROD}, rules=(about,), default=DEFAULT)
        posted = read(body(alert(pod=pod)), PROD, NOW).delivery
        found = route(posted, table, registry)
        assert (found.runbook, *found.words) == command
        assert why in found.why
        assert found.rule == "pods"


class TestGroups:
    """Several alerts, several rules, one route."""

    LOUD = rule("loud", 'alertname="Loud"', parameters={"node": "{node}"})
    QUIET = rule("quiet", 'alertname="Quiet"', nothing="told elsewhere")

    def test_nothing_is_never_in_the_way_of_a_neighbour(self) -> None:
        found = routed([alert("Quiet"), alert("Loud", node="n-1")], self.QUIET, self.LOUD)
        assert (found.rule, found.words) == ("loud", ("n-1",))
        assert found.why == "1 other alert of the group: quiet."

    def test_nothing_where_it_is_about_all(self) -> None:
        found = routed([alert("Quiet", severity="page"), alert("Quiet")], self.QUIET, self.LOUD)
        assert (found.rule, found.runbook, found.words) == ("quiet", "", ())
        assert found.why == "Nothing is run: told elsewhere."

    def test_what_has_ended_decides_nothing_while_something_fires(self) -> None:
        alerts = [resolved("Loud", node="n-1", severity="page"), alert("Odd", severity="info")]
        assert routed(alerts, self.LOUD).rule == "default"
        assert routed(alerts, self.LOUD).severity == "info"
        assert routed(alerts[:1], self.LOUD).words == ("n-1",)

    def test_the_loudest_counts_and_the_words_are_of_the_deciding_rules_alerts(self) -> None:
        alerts = [alert("Odd", severity="page", node="n-2"), alert("Loud", node="n-1")]
        found = routed(alerts, self.LOUD)
        assert (found.severity, found.words) == ("page", ("n-1",))


LABELS = st.dictionaries(
    st.sampled_from(["alertname", "node", "instance", "runbook", "severity", "cluster"]),
    st.text(max_size=30) | st.sampled_from(["--cluster=other", "--deep", "help", "node-1:99"]),
)


@given(st.lists(LABELS, min_size=1, max_size=4))
def test_whatever_labels_say_the_command_is_the_tables(labels: list[dict[str, str]]) -> None:
    alerts = [{**alert(), "labels": each} for each in labels]
    table = rule("r", 'alertname!="x"', parameters={"node": "{node|instance|alertname}"})
    found = routed(alerts, table)
    assert found.runbook in ("status", "versions")
    command = parse(REGISTRY, [found.runbook, *found.words])
    assert command.parameters.keys() <= {"node"}
    assert (command.cluster, command.deadline) == (None, None)
