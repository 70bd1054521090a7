"""Values: wrong ones are refused with the field's name, right ones make a valid bot.yaml."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import check, load
from bot.settings.schema import BotFile
from tests.helm.chart import CHART, Refused, render

TOKEN = "xoxb-1234-hush"


def checked(tmp_path: Path, bot_yaml: str) -> list[str]:
    file = tmp_path / "bot.yaml"
    file.write_text(bot_yaml)
    return [str(problem) for problem in check(file)]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"cilium": {"cluster": "prod-eu", "namespace": "cilium"}},
        {
            "config": {
                "clusters": {
                    "other": {
                        "context": "other",
                        "kubeconfig": "/etc/cilium-oncall/kubeconfig/other",
                        "cilium_namespace": "cilium",
                    }
                },
                "channels": {"C0123456789": "other", "G0123456789": "main"},
                "slack": {"api_url": "https://slack-gov.com/api/"},
                "http": {"host": "::", "port": 8080},
                "logs": {"format": "text", "level": "debug"},
                "limits": {"deadline": "1m30s", "deep_deadline": "2m", "execs_in_flight": 9},
            },
            "kubeconfig": {"existingSecret": "clusters"},
        },
    ],
    ids=["default", "named", "everything"],
)
def test_the_rendered_settings_are_valid_and_say_the_values(
    tmp_path: Path, values: dict[str, Any]
) -> None:
    rendered = render(values)
    assert checked(tmp_path, rendered.bot_yaml) == []
    settings = load(tmp_path / "bot.yaml", {})
    here = values.get("cilium", {"cluster": "main", "namespace": "kube-system"})
    assert settings.clusters[here["cluster"]].in_cluster
    assert settings.clusters[here["cluster"]].cilium_namespace == here["namespace"]
    said = yaml.safe_load(rendered.bot_yaml)
    for section, wanted in values.get("config", {}).items():
        assert said[section].items() >= wanted.items()


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"slack": {"botToken": TOKEN}}, "'/slack': additional properties 'botToken' not allowed"),
        ({"config": {"slack": {"bot_token": TOKEN}}}, "additional properties 'bot_token'"),
        ({"slack": {"keys": {"botToken": TOKEN}}}, "a token stands where the name of a key"),
        ({"slack": {"existingSecret": ""}}, "'/slack/existingSecret'"),
        ({"rbac": {"exec": {"enabeld": False}}}, "'/rbac/exec': additional properties 'enabeld'"),
        ({"rbac": {"exec": {"enabled": "no"}}}, "'/rbac/exec/enabled': got string, want boolean"),
        ({"replicas": 2}, "additional properties 'replicas' not allowed"),
        ({"config": {"http": {"port": "http"}}}, "'/config/http/port': got string, want integer"),
        ({"config": {"http": {"port": 80}}}, "'/config/http/port': minimum: got 80, want 1,024"),
        ({"config": {"limits": {"deadline": 10}}}, "'/config/limits/deadline': got number"),
        ({"config": {"limits": {"deadline": ""}}}, "'/config/limits/deadline': minLength"),
        ({"config": {"slack": {"api_url": "https://evil.example/"}}}, "'/config/slack/api_url'"),
        ({"config": {"channels": {"#oncall": "main"}}}, "invalid propertyName '#oncall'"),
        (
            {"config": {"channels": {"C0123456789": "mian"}}},
            "config.channels.C0123456789: no cluster mian; there is main",
        ),
        ({"config": {"clusters": {"a": {"in_cluster": True}}}}, "'in_cluster' not allowed"),
        (
            {"config": {"clusters": {"main": {"context": "a"}}}},
            "config.clusters.main: this name is taken",
        ),
        ({"cilium": {"cluster": "Prod"}}, "'/cilium/cluster': 'Prod' does not match pattern"),
        ({"image": {"digest": "sha256:abc"}}, "'/image/digest'"),
        ({"serviceAccount": {"create": False}}, "serviceAccount.name is needed"),
    ],
    ids=str,
)
def test_wrong_values_are_refused_by_name(values: dict[str, Any], complaint: str) -> None:
    with pytest.raises(Refused) as caught:
        render(values)
    assert complaint in str(caught.value)
    assert "hush" not in str(caught.value)


def test_the_schema_knows_every_setting_of_the_file_and_no_other() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    config = schema["properties"]["config"]["properties"]
    assert set(config) == set(BotFile.model_fields)
    for section in ("changes", "slack", "http", "limits", "store", "logs"):
        model = BotFile.model_fields[section].annotation
        assert model is not None
        assert set(config[section]["properties"]) == set(model.model_fields)


def test_every_object_of_values_is_closed_or_meant_for_kubernetes() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    assert set(schema["properties"]) - {"global"} == set(render_defaults())
    opened = [
        name
        for name, value in schema["properties"].items()
        if value.get("type") == "object" and value.get("additionalProperties") is not False
    ]
    assert opened == ["global", "resources", "affinity"]


def render_defaults() -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
    return values


def test_helm_lint_finds_nothing() -> None:
    import helm_python

    report = helm_python.lint(CHART, namespace="oncall", strict=True)
    assert [found for found in report["messages"] if found["severity"] > 1] == []
    assert report["errors"] == []


def test_an_old_kubernetes_is_told_what_to_switch_off(capfd: pytest.CaptureFixture[str]) -> None:
    import helm_python

    helm_python.lint(CHART, namespace="oncall", kube_version="v1.29.0")
    assert "Kubernetes v1.29.0 has no ValidatingAdmissionPolicy v1" in capfd.readouterr().err
    off = {"rbac": {"exec": {"admissionPolicy": {"enabled": False}}}}
    helm_python.lint(CHART, off, namespace="oncall", kube_version="v1.29.0")
    assert "ValidatingAdmissionPolicy" not in capfd.readouterr().err


def test_the_notes_lead_on() -> None:
    notes = render({"cilium": {"cluster": "prod"}}).notes
    assert '"prod"' in notes
    assert "kubectl -n oncall create secret generic cilium-oncall-slack" in notes
    assert "No channel is bound" in notes
    bound = {"config": {"channels": {"C0123456789": "main"}}}
    assert "No channel is bound" not in render(bound).notes
