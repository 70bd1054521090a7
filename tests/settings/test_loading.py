"""The file and the environment together; defaults; settings built in code."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError

from bot.settings import Changes, Cluster, InvalidSettings, Limits, Settings, Slack, check, load
from bot.settings.credentials import SECRETS
from bot.settings.schema import BotFile

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config" / "bot.yaml"


def test_the_example_is_valid_and_says_the_defaults() -> None:
    assert check(EXAMPLE) == []
    settings = load(EXAMPLE, {})
    assert settings.clusters == {"prod": Cluster(context="prod")}
    assert settings.model_copy(update={"clusters": {}}) == Settings()


def test_without_a_file_everything_has_its_default() -> None:
    assert load(None, {}) == Settings()
    assert Settings().clusters == {}
    assert Settings().slack.is_genuine


def test_the_file_and_the_environment_are_told_together(tmp_path: Path) -> None:
    file = tmp_path / "bot.yaml"
    file.write_text("http: {prt: 1}\n")
    with pytest.raises(InvalidSettings) as caught:
        load(file, {"SLACK_BOT_TOKEN": "nonsense"})
    assert [problem.field for problem in caught.value.problems] == [
        "clusters",
        "http.prt",
        "SLACK_BOT_TOKEN",
    ]
    assert str(caught.value).count("\n") == 2


def test_a_path_is_relative_to_the_file_that_says_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/oncall")
    file = tmp_path / "bot.yaml"
    file.write_text(
        "clusters:\n"
        "  here: {context: a, kubeconfig: kube/config}\n"
        "  home: {context: a, kubeconfig: ~/.kube/config}\n"
        "  root: {context: a, kubeconfig: /etc/kube/config}\n"
    )
    clusters = load(file, {}).clusters
    assert {name: cluster.kubeconfig for name, cluster in clusters.items()} == {
        "here": tmp_path / "kube" / "config",
        "home": Path("/home/oncall/.kube/config"),
        "root": Path("/etc/kube/config"),
    }


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().limits.execs_in_flight = 1


def test_the_demo_may_name_its_own_slack_and_a_file_may_not(tmp_path: Path) -> None:
    local = Slack(api_url="http://127.0.0.1:9/api/")
    assert not local.is_genuine
    file = tmp_path / "bot.yaml"
    file.write_text(f"clusters: {{a: {{context: a}}}}\nslack: {{api_url: '{local.api_url}'}}\n")
    assert [problem.field for problem in check(file)] == ["slack.api_url"]


def test_code_gives_durations_in_seconds_and_settings_must_agree() -> None:
    assert Limits.model_validate({"deadline": 0.5}).deadline == 0.5
    with pytest.raises(ValidationError, match="no such cluster"):
        Settings(channels={"C0123456789": "prod"})


def test_the_only_cluster_says_who_somebody_is_unless_another_is_named() -> None:
    eu, us = Cluster(context="eu"), Cluster(context="us")
    assert Settings().identity_cluster is None
    assert Settings(clusters={"eu": eu}).identity_cluster == "eu"
    assert Settings(clusters={"eu": eu, "us": us}).identity_cluster is None
    named = Settings(clusters={"eu": eu, "us": us}, changes=Changes(identity_cluster="us"))
    assert named.identity_cluster == "us"


def settings_of(model: type[BaseModel], above: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of the schema with its default: ``clusters.NAME.context``, ``http.port`` ..."""
    for name, field in model.model_fields.items():
        inner = next(
            (
                arm
                for arm in [field.annotation, *get_args(field.annotation)]
                if isinstance(arm, type) and issubclass(arm, BaseModel)
            ),
            None,
        )
        if inner is None:
            yield f"{above}{name}", field.default
        else:
            is_map = inner is not field.annotation
            yield from settings_of(inner, f"{above}{name}.{'NAME.' if is_map else ''}")


def test_every_setting_is_documented_and_nothing_else() -> None:
    documented = set(
        re.findall(r"^### `([^`]+)`$", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE)
    )
    variables = {secret.variable for secret in SECRETS}
    assert documented == {name for name, _ in settings_of(BotFile)} | variables


def test_every_setting_stands_in_the_example() -> None:
    text = EXAMPLE.read_text()
    for name, _ in settings_of(BotFile):
        assert re.search(rf"^[ #]*{name.rsplit('.', 1)[-1]}:", text, re.MULTILINE), name


def test_settings_import_nothing_of_the_bot_but_the_model() -> None:
    program = "import sys, bot.settings; print(*[m for m in sys.modules if m.startswith('bot.')])"
    command = [sys.executable, "-c", program]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    rooms = {name.split(".")[1] for name in loaded.split()}
    assert rooms == {"settings", "model"}
