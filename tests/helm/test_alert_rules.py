"""The chart's PrometheusRule: the plain file with its defaults, and what its values make of it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.helm.chart import ROOT, Refused, render
from tests.rules.shipped import SOURCE, alerts, plain, rendered

PAGE = (ROOT / "docs" / "alert-rules.md").read_text()


def test_no_rules_unless_asked_for() -> None:
    assert render().all("PrometheusRule") == []


def test_the_plain_file_is_what_the_chart_renders() -> None:
    assert plain() == rendered(), "make rules"


def test_nothing_is_left_to_fill_in() -> None:
    text = yaml.safe_dump(rendered())
    for place in ("$namespace", "$job", "$threshold", "$for", "<nil>", "<no value>"):
        assert place not in text


def test_every_alert_says_how_bad_what_and_why() -> None:
    for name, rule in alerts(rendered()).items():
        assert rule["labels"].keys() == {"severity", "component"}, name
        assert rule["labels"]["severity"] in {"page", "warn", "info"}, name
        assert rule["annotations"].keys() == {"summary", "description"}, name


def test_agents_of_another_job_in_another_namespace() -> None:
    values = {"cilium": {"namespace": "cilium"}, "alertRules": {"enabled": True, "job": "pods"}}
    found = alerts(render(values).one("PrometheusRule")["spec"])
    assert found["CiliumAgentDown"]["expr"] == 'up{job="pods"} == 0'
    elsewhere = {name for name, rule in found.items() if "kube-system" in rule["expr"]}
    assert elsewhere == {"CoreDnsUnavailable"}
    assert 'job="cilium-agent"' not in yaml.safe_dump(found)


def test_an_alert_is_tuned_alone() -> None:
    before = alerts(rendered())
    after = alerts(
        rendered(
            rules={
                "CiliumIdentityHigh": {"threshold": 1000000, "for": "1h", "severity": "critical"},
                "CiliumOperatorDown": {"threshold": 2},
                "HubbleRelayDown": {"enabled": False},
            }
        )
    )
    changed = {name for name in before if before[name] != after.get(name)}
    assert changed == {"CiliumIdentityHigh", "CiliumOperatorDown", "HubbleRelayDown"}
    assert "HubbleRelayDown" not in after
    high = after["CiliumIdentityHigh"]
    assert (high["for"], high["labels"]["severity"]) == ("1h", "critical")
    assert high["expr"].endswith(" > 1e+06")
    assert " < 2 " in after["CiliumOperatorDown"]["expr"]


def test_a_threshold_of_nothing_is_a_threshold() -> None:
    (rule,) = [
        rule
        for name, rule in alerts(rendered(rules={"CiliumDnsErrors": {"threshold": 0}})).items()
        if name == "CiliumDnsErrors"
    ]
    assert rule["expr"].endswith(" > 0")


def test_a_group_without_alerts_is_left_out() -> None:
    group = plain()["groups"][1]
    off = {rule["alert"]: {"enabled": False} for rule in group["rules"]}
    assert group["name"] not in {each["name"] for each in rendered(rules=off)["groups"]}


def test_labels_that_an_alertmanager_routes_by() -> None:
    values = {
        "enabled": True,
        "labels": {"release": "prometheus"},
        "severities": {"page": "critical"},
        "alertLabels": {"team": "network", "component": "never mind"},
    }
    found = render({"alertRules": values}).one("PrometheusRule")
    assert found["metadata"]["labels"]["release"] == "prometheus"
    down = alerts(found["spec"])["CiliumAgentDown"]["labels"]
    assert down == {"severity": "critical", "component": "agent", "team": "network"}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"rules": {"CiliumAgentDwon": {"enabled": False}}}, "CiliumAgentDwon: there is no such"),
        ({"rules": {"CiliumAgentDown": {"threshold": 1}}}, "CiliumAgentDown.threshold"),
        ({"rules": {"CiliumAgentDown": {"for": "soon"}}}, "for"),
        ({"rules": {"CiliumAgentDown": {"treshold": 1}}}, "treshold"),
        ({"job": 'x"} or vector(1) #'}, "job"),
    ],
)
def test_what_cannot_be_meant_is_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        rendered(**settings)


def test_the_page_lists_every_alert_with_its_defaults() -> None:
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in PAGE.splitlines()
        if line.startswith(("| Cilium", "| Hubble", "| CoreDns"))
    ]
    assert all(row[4] for row in rows)
    assert [row[:4] for row in rows] == [
        [
            name,
            rule["labels"]["severity"],
            str(rule.get("for", "–")),
            str(rule.get("threshold", "–")),
        ]
        for name, rule in alerts(yaml.safe_load(SOURCE.read_text())).items()
    ]


def test_the_values_shown_on_the_page_are_accepted() -> None:
    shown = yaml.safe_load(PAGE.partition("```yaml\n")[2].partition("```")[0])
    assert "HubbleRelayDown" not in alerts(render(shown).one("PrometheusRule")["spec"])
