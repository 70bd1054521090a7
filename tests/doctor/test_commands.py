"""``/cilium doctor`` and ``cilium-oncall doctor``, as people call them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import cli
from bot.model.errors import UsageError
from tests.running_bot import running_bot
from tests.slack.test_door import private, public, shown


async def test_doctor_in_slack_is_a_run_like_any_other(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        await running.workspace.command("/cilium", "doctor")
        live = await running.workspace.wait_for(
            lambda seen: next((m for m in public(seen) if "took" in shown(m)), None)
        )
        assert "The bot and lab" in shown(live)
        assert "27 checks, all in order" in shown(live)
        assert "OK" in live.text


async def test_doctor_in_slack_asks_the_access_rules(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        await running.workspace.command("/cilium", "doctor", user="gus", channel="general")
        (told,) = await running.workspace.wait_for(private, channel="general")
        assert "Guests of the workspace may not use the bot." in shown(told)
        await running.workspace.command("/cilium", "help doctor", channel="general")
        assert "Whether the bot itself is well" in shown(
            private(running.workspace.messages("general"))[-1]
        )


def test_a_wrong_file_is_a_finding_in_the_document_of_a_run(tmp_path: Path) -> None:
    file = tmp_path / "bot.yaml"
    file.write_text("clusters: {a: {context: b}}\nhtp: {}\n")
    result = CliRunner().invoke(cli, ["doctor", "--config", str(file), "-o", "json"])
    assert result.exit_code == 1
    said = json.loads(result.stdout)
    assert (said["runbook"], said["report"]["verdict"]) == ("doctor", "failed")
    (finding,) = said["report"]["findings"]
    assert "htp: unknown field; did you mean http?" in finding["cause"]
    assert "cilium-oncall config check" in finding["next_steps"][0]


def test_text_names_the_trouble_and_its_fix(tmp_path: Path) -> None:
    file = tmp_path / "bot.yaml"
    kubeconfig = tmp_path / "none"
    file.write_text(f"clusters: {{a: {{context: b, kubeconfig: {kubeconfig}}}}}\n")
    result = CliRunner().invoke(cli, ["doctor", "--config", str(file)])
    assert result.exit_code == 1
    assert "There is no kubeconfig at" in result.stdout
    assert "[cluster-configuration]" in result.stdout
    assert "SLACK_BOT_TOKEN" in result.stdout


def test_a_deadline_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="not a duration"):
        CliRunner().invoke(
            cli, ["doctor", "--deadline", "soon"], standalone_mode=False, catch_exceptions=False
        )
