"""``alerts route`` as a person types it: what would be run, and why a body is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from tests.alerts.posts import alert, body
from tests.test_cli import cilium_oncall

CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(CONFIG / "alerts.yaml", tmp_path)
    (tmp_path / "bot.yaml").write_text("clusters: {prod: {context: p}}\nalerts: alerts.yaml\n")
    return tmp_path


def test_the_command_comes_first_and_what_was_not_read_last(folder: Path) -> None:
    labels = {"node": "node-7", "severity": "page", "odd": "\x1b[31mred"}
    (folder / "post.json").write_bytes(body(alert("\x1b]0;CiliumAgentDown"), 3))
    ended = cilium_oncall(folder, "alerts", "route", "--config", "bot.yaml", "--file", "post.json")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "\x1b" not in ended.stdout
    lines = ended.stdout.splitlines()
    assert lines[0] == "→ status"
    assert "rule:    default (alerts.yaml:15)" in lines
    assert lines[-1].startswith("✖ not read: alerts[1]: ")

    (folder / "post.json").write_bytes(body(alert(**labels)))
    ended = cilium_oncall(
        folder, "alerts", "route", "--config", "bot.yaml", "--file", "post.json", "-o", "json"
    )
    document = msgspec.json.decode(ended.stdout)
    assert document["route"]["words"] == ["node-7"]
    assert document["route"]["severity"] == "page"
    assert document["delivery"]["alerts"][0]["labels"]["odd"] == "\x1b[31mred"


@pytest.mark.parametrize(("sent", "words", "said"), [
    (b"{}", [], "The body: Object missing required field `status`."),
    (body(alert()), ["--receiver", "prdo"], "There is no receiver 'prdo'. Did you mean prod?"),
    (body(alert()), ["--file", "none.json"], "Cannot read none.json: No such file"),
    (body(alert()), ["--config", "other.yaml"], "other.yaml names no alerts file."),
])  # fmt: skip
def test_a_refusal_is_one_sentence(folder: Path, sent: bytes, words: list[str], said: str) -> None:
    (folder / "post.json").write_bytes(sent)
    (folder / "other.yaml").write_text("clusters: {prod: {context: p}}\n")
    given = ["--config", "bot.yaml", "--file", "post.json", *words]
    ended = cilium_oncall(folder, "alerts", "route", *given)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"Error: {said}")
    assert ended.stderr.count("\n") == 1


def test_config_check_reads_it_with_the_names_of_the_real_runbooks(folder: Path) -> None:
    text = (folder / "alerts.yaml").read_text()
    (folder / "alerts.yaml").write_text(text.replace("runbook: versions", "runbook: rollback"))
    ended = cilium_oncall(folder, "config", "check", "bot.yaml")
    assert ended.returncode == 2
    assert "it changes the cluster" in ended.stdout
