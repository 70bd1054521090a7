"""The playground's chart: its objects are those that stand in the simulated cluster."""

from __future__ import annotations

from typing import Any

import pytest

from bot.playground.cluster import SimulatedCluster
from bot.playground.helm.charts import VERSIONS, chart, unpacked
from bot.playground.helm.records import manifest_of, objects_in, record_in
from bot.playground.helm.templates import TemplateFailed, render
from bot.playground.helm.values import merged

PLURALS = {"ConfigMap": "configmaps", "DaemonSet": "daemonsets", "Deployment": "deployments"}
SYSTEM = "kube-system"


def without_nothing(value: Any) -> Any:
    """Empty lists and null are the same to the API server."""
    if isinstance(value, dict):
        kept = {key: without_nothing(inner) for key, inner in value.items()}
        return {key: inner for key, inner in kept.items() if inner not in (None, [], {})}
    return [without_nothing(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("version", "nodes", "metrics"),
    [("1.18.6", 3, True), ("1.18.6", 1, True), ("1.18.6", 3, False), ("1.19.1", 3, True)],
)
async def test_the_release_is_what_stands_there(version: str, nodes: int, metrics: bool) -> None:
    async with SimulatedCluster(
        nodes, time_scale=100, cilium=version, agent_metrics=metrics
    ) as cluster:
        records = [record_in(secret.object) for secret in cluster.objects.all("secrets", SYSTEM)]
        assert [(one.number, one.status) for one in records] == [
            (1, "superseded"),
            (2, "superseded"),
            (3, "deployed"),
        ]
        for thing in objects_in(records[-1].manifest):
            live = cluster.objects.get(PLURALS[thing["kind"]], thing["metadata"]["name"], SYSTEM)
            for part in ("data", "spec"):
                assert without_nothing(thing.get(part)) == without_nothing(live.get(part)), thing
            assert live["metadata"]["annotations"]["meta.helm.sh/release-name"] == "cilium"
            owners = {entry["manager"] for entry in live["metadata"]["managedFields"]}
            assert "helm" in owners


async def test_minors_without_a_chart_have_no_release() -> None:
    async with SimulatedCluster(1, time_scale=100, cilium="1.16.5") as cluster:
        assert cluster.objects.all("secrets", SYSTEM) == []
    with pytest.raises(ValueError, match=r"minors are 1\.18, 1\.19"):
        chart("1.16.5")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_chart_is_packed_and_unpacked_alike(version: str) -> None:
    packed = chart(version).package()
    assert unpacked(packed) == chart(version)
    assert packed == chart(version).package()
    with pytest.raises(ValueError, match="no chart archive"):
        unpacked(packed[:100])


def test_the_minors_differ() -> None:
    def ports(version: str) -> set[int]:
        found = objects_in(manifest_of(chart(version), {}, SYSTEM))
        (agent,) = [one for one in found if one["kind"] == "DaemonSet"]
        (container,) = agent["spec"]["template"]["spec"]["containers"]
        return {port["hostPort"] for port in container["ports"]}

    assert ports("1.18.6") == {9962}
    assert ports("1.19.1") == {9962, 9879, 4244}


TEMPLATES = [
    ("{{ .Values.a.b }}", "1"),
    ("{{ .Values.none }}", ""),
    ("{{ .Values.no.such.path }}", ""),
    ("{{ .Values.a.b | quote }}", '"1"'),
    ("{{ .Values.on }} {{ .Values.off | quote }}", 'true "false"'),
    ("x:\n  {{- toYaml .Values.a | nindent 4 }}", "x:\n    b: 1"),
    ("{{- if .Values.on }}yes{{- end }}{{ if .Values.off }}no{{ end }}", "yes"),
    ("{{ range $v := .Values.list }}<{{ $v }}>{{ end }}", "<x><y>"),
    ("{{ range $k, $v := .Values.a }}{{ $k }}={{ $v }}{{ end }}", "b=1"),
    ("{{ range $v := .Values.list }}{{ $.Values.a.b }}{{ end }}", "11"),
]
SCOPE: dict[str, Any] = {
    "Values": {"a": {"b": 1}, "on": True, "off": False, "list": ["x", "y"]},
    "Chart": {"AppVersion": "1"},
}


@pytest.mark.parametrize(("template", "text"), TEMPLATES)
def test_the_part_of_the_language_that_is_understood(template: str, text: str) -> None:
    assert render(template, SCOPE) == text


@pytest.mark.parametrize(
    "template",
    [
        '{{ fail "no" }}',
        "{{ .Values.a | upper }}",
        "{{ if .Values.on }}",
        "{{ range .Values.x }}{{ end }}",
    ],
)
def test_anything_else_is_an_error_and_no_guess(template: str) -> None:
    with pytest.raises(TemplateFailed):
        render(template, SCOPE)


def test_values_are_merged_as_helm_merges_them() -> None:
    under = {"a": {"b": 1, "c": [1, 2]}, "d": 1}
    assert merged(under, {"a": {"c": [3]}, "d": None}) == {"a": {"b": 1, "c": [3]}}
    assert merged({"a": 1}, {"a": {"b": 1}}) == {"a": {"b": 1}}
    assert under == {"a": {"b": 1, "c": [1, 2]}, "d": 1}
