"""The command itself: what it costs to ask for help, and how it fails."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from bot.model.document import schema

COMMAND = str(Path(sys.executable).with_name("cilium-oncall"))
HEAVY = ["kubernetes", "aiohttp", "slack_bolt", "slack_sdk", "pydantic", "rich", "httpx", "yaml"]
HELP_WITHIN = 1.0
"""Seconds on a busy CI machine; the promise is 0.3 on an idle one."""


def cilium_oncall(
    folder: Path, *words: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the real command with nothing of the caller's environment but the path."""
    return subprocess.run(
        [COMMAND, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **environment},
    )


@pytest.mark.parametrize("words", [
    ["--help"], ["status", "--help"], ["-h"], ["demo", "-h"], ["apply", "--help"],
    ["approvals", "approve", "-h"], ["changes", "say", "-h"], ["audit", "verify", "-h"],
    ["alerts", "route", "-h"],
])  # fmt: skip
def test_help_imports_nothing_heavy(tmp_path: Path, words: list[str]) -> None:
    ended = cilium_oncall(tmp_path, *words, PYTHONPROFILEIMPORTTIME="1")
    assert ended.returncode == 0
    lines = [line for line in ended.stderr.splitlines() if line.startswith("import time:")]
    imported = {line.rpartition("|")[2].strip().split(".")[0] for line in lines}
    assert "click" in imported, "the list of imports is there at all"
    assert imported & set(HEAVY) == set()


def test_help_answers_at_once(tmp_path: Path) -> None:
    taken = []
    for _ in range(5):
        began = time.monotonic()
        assert cilium_oncall(tmp_path, "--help").returncode == 0
        taken.append(time.monotonic() - began)
    sys.stdout.write(f"--help: median {statistics.median(taken):.2f} s of {len(taken)}\n")
    assert statistics.median(taken) < HELP_WITHIN


def test_help_lists_runbooks_with_their_grammar(tmp_path: Path) -> None:
    assert "status" in cilium_oncall(tmp_path, "--help").stdout
    detail = cilium_oncall(tmp_path, "status", "--help").stdout
    assert "[NODE] [--deep]" in detail
    assert "NODE is a node's name or the unique beginning of one." in detail


def test_schema_is_the_schema_of_the_document(tmp_path: Path) -> None:
    ended = cilium_oncall(tmp_path, "schema")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert msgspec.json.decode(ended.stdout) == msgspec.json.decode(msgspec.json.encode(schema()))


def test_config_check_reports_every_problem_and_ends_with_2(tmp_path: Path) -> None:
    (tmp_path / "bot.yaml").write_text(
        "clusters:\n  prod:\n    contxt: prod-eu\nhttp:\n  port: 70000\n  port: 3000\nlimit: {}\n"
    )
    ended = cilium_oncall(tmp_path, "config", "check", "bot.yaml")
    assert ended.returncode == 2
    lines = ended.stdout.splitlines()
    assert all(line.startswith("bot.yaml:") for line in lines), lines
    for place, words in (
        ("bot.yaml:3: clusters.prod.contxt", "did you mean context?"),
        ("bot.yaml:6: http.port", "twice"),
        ("bot.yaml:7: limit", "did you mean limits?"),
    ):
        assert any(line.startswith(place) and words in line for line in lines), lines
    assert ended.stderr == f"{len(lines)} problems in bot.yaml.\n"


def test_config_check_of_our_own_example_is_in_order(tmp_path: Path) -> None:
    example = Path(__file__).parents[1] / "config" / "bot.yaml"
    ended = cilium_oncall(tmp_path, "config", "check", str(example))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "is in order" in ended.stdout


def test_serve_without_secrets_names_each(tmp_path: Path) -> None:
    (tmp_path / "bot.yaml").write_text("clusters:\n  prod:\n    context: prod\n")
    ended = cilium_oncall(tmp_path, "serve", "--config", "bot.yaml")
    assert ended.returncode == 2
    assert "Missing in the environment: SLACK_BOT_TOKEN, SLACK_SIGNING_SECRET." in ended.stderr
    assert "Traceback" not in ended.stderr


def test_serve_refuses_an_address_that_is_not_slack(tmp_path: Path) -> None:
    (tmp_path / "bot.yaml").write_text("slack:\n  api_url: https://slack.example.com/api/\n")
    ended = cilium_oncall(
        tmp_path, "serve", "--config", "bot.yaml",
        SLACK_BOT_TOKEN="xoxb-1-2-abc", SLACK_SIGNING_SECRET="0123456789abcdef0123456789abcdef",
    )  # fmt: skip
    assert ended.returncode == 2
    assert "bot.yaml:2: slack.api_url" in ended.stderr
    assert "https://slack.com/api/" in ended.stderr
    assert "xoxb" not in ended.stderr


def test_serve_without_its_file_is_one_sentence(tmp_path: Path) -> None:
    ended = cilium_oncall(tmp_path, "serve")
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert "config/bot.yaml: no such file" in ended.stderr


def test_bug_is_one_sentence_unless_its_traceback_is_asked_for(tmp_path: Path) -> None:
    script = (
        "import sys, bot.model.document as d, bot.cli\n"
        "def broken(): raise RuntimeError('no such thing')\n"
        "d.schema = broken\n"
        "sys.argv = ['cilium-oncall', 'schema']\n"
        "bot.cli.main()\n"
    )

    def run(**environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=False,
            timeout=30, env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **environment},
        )  # fmt: skip

    quiet = run()
    assert quiet.returncode == 3
    assert quiet.stderr.startswith("Error: this is a fault of cilium-oncall (RuntimeError).")
    assert "Traceback" not in quiet.stderr
    assert "RuntimeError: no such thing" in run(CILIUM_ONCALL_TRACEBACK="1").stderr
