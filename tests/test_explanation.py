"""``cilium-oncall access explain`` and ``config check``, as a person calls them."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import cli
from bot.model.errors import ConfigurationError, UsageError

BOT = "clusters: {prod: {context: p}, lab: {context: l}}\nchannels: {C0123456789: prod}\n"
ACCESS = """\
rules:
  - name: the lead
    allow: [run]
    users: [U0LEAD0001]
    groups: [S0ONCALL01]
    commands: ['*']
    clusters: [prod]
    channels: [configured]
"""


def explained(tmp_path: Path, *options: str, access: str = ACCESS) -> tuple[int, str]:
    (tmp_path / "access.yaml").write_text(access)
    (tmp_path / "bot.yaml").write_text(BOT + "access: access.yaml\n")
    command = ["access", "explain", "--config", str(tmp_path / "bot.yaml"), *options]
    result = CliRunner(env={"SLACK_BOT_TOKEN": None}).invoke(cli, command)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


ASK = ("--command", "status node-7", "--channel", "C0123456789")


def test_the_deciding_rule_is_shown_with_its_line(tmp_path: Path) -> None:
    code, text = explained(tmp_path, "--user", "U0LEAD0001", *ASK)
    assert code == 0
    assert text.startswith("ALLOWED  U0LEAD0001 run status on prod in C0123456789\n")
    assert "rule:    the lead, access.yaml:2" in text


@pytest.mark.parametrize(
    "options",
    [
        ("--user", "U0OTHER001", *ASK),
        ("--user", "U0LEAD0001", *ASK, "--cluster", "lab"),
        ("--user", "U0LEAD0001", "--command", "status --cluster prod"),
    ],
    ids=["another-person", "another-cluster", "a-direct-message"],
)
def test_a_refusal_says_that_no_rule_decides(tmp_path: Path, options: tuple[str, ...]) -> None:
    code, text = explained(tmp_path, *options)
    assert code == 1
    assert text.startswith("REFUSED")
    assert "none decides, so nobody may" in text


def test_a_group_counts_when_it_is_named(tmp_path: Path) -> None:
    code, text = explained(tmp_path, "--user", "U0OTHER001", *ASK, "--group", "S0ONCALL01")
    assert code == 0
    assert "groups: S0ONCALL01 (assumed; --ask-slack looks it up)" in text


def test_sharing_is_explained_apart_from_running(tmp_path: Path) -> None:
    code, text = explained(tmp_path, "--user", "U0LEAD0001", *ASK, "--action", "share")
    assert code == 1
    assert text.startswith("REFUSED  U0LEAD0001 share status on prod in C0123456789\n")
    may = ACCESS.replace("[run]", "[run, share]")
    code, _ = explained(tmp_path, "--user", "U0LEAD0001", *ASK, "--action", "share", access=may)
    assert code == 0


def test_what_cannot_be_understood_is_no_refusal(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no command 'statsu'"):
        explained(tmp_path, "--user", "U0LEAD0001", "--command", "statsu")
    with pytest.raises(UsageError, match="Which cluster"):
        explained(tmp_path, "--user", "U0LEAD0001", "--command", "status")
    with pytest.raises(UsageError, match="no command 'frob'") as told:
        explained(tmp_path, "--user", "U0LEAD0001", "--command", "frob")
    assert told.value.hint == "Commands: status, doctor."


@pytest.mark.parametrize(
    "options",
    [
        ("--user", "ana", "--command", "status"),
        ("--user", "U0LEAD0001", "--command", "status", "--channel", "general"),
        ("--user", "U0LEAD0001", *ASK, "--group", "oncall"),
    ],
    ids=["a-person-s-name", "a-channel-s-name", "a-group-s-handle"],
)
def test_names_are_refused_where_rules_are_about_ids(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    with pytest.raises(UsageError, match="is not an id"):
        explained(tmp_path, *options)


def test_a_wrong_file_is_told_and_so_is_a_missing_token(tmp_path: Path) -> None:
    wrong = ACCESS.replace("commands: ['*']", "commands: [statsu]")
    with pytest.raises(ConfigurationError, match=r"access\.yaml:6: .*did you mean status"):
        explained(tmp_path, "--user", "U0LEAD0001", *ASK, access=wrong)
    with pytest.raises(ConfigurationError, match="SLACK_BOT_TOKEN"):
        explained(tmp_path, "--user", "U0LEAD0001", *ASK, "--ask-slack")


def test_config_check_reads_the_access_file_too(tmp_path: Path) -> None:
    (tmp_path / "bot.yaml").write_text(BOT + "access: access.yaml\n")
    (tmp_path / "access.yaml").write_text(ACCESS.replace("prod", "prd"))
    result = CliRunner().invoke(cli, ["config", "check", str(tmp_path / "bot.yaml")])
    assert result.exit_code == 2
    assert "access.yaml:7: rules.0.clusters.0: no such cluster" in result.output
