"""A wrong access file and the exact lines a person is told; a right one and its rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.model.access import REQUESTS, Action, Effect
from bot.settings import InvalidSettings, check, load

ROOT = Path(__file__).parents[2]
BOT = "clusters: {prod: {context: p}}\nchannels: {C0123456789: prod}\naccess: access.yaml\n"
COMMANDS = ["status", "drops", *REQUESTS]
GOOD = """\
ask: the leads
rules:
  - name: nobody drops
    deny: [run]
    users: ['*']
    commands: [drops]
    clusters: [prod]
    channels: ['*']
  - name: on call
    allow: [run]
    users: [U0123456789]
    groups: [S0123456789]
    commands: ['*']
    clusters: ['*']
    channels: [configured, C0123456789]
"""
REST = "    commands: ['*']\n    clusters: ['*']\n    channels: ['*']\n"


def told(tmp_path: Path, access: str, bot: str = BOT) -> list[str]:
    (tmp_path / "bot.yaml").write_text(bot)
    (tmp_path / "access.yaml").write_text(access)
    problems = check(tmp_path / "bot.yaml", COMMANDS)
    return [str(problem).removeprefix(f"{tmp_path}/") for problem in problems]


def test_a_right_file_becomes_rules_with_their_lines(tmp_path: Path) -> None:
    assert told(tmp_path, GOOD) == []
    rules = load(tmp_path / "bot.yaml", {}, COMMANDS).rules
    assert rules.ask == "the leads"
    assert rules.channels == {"C0123456789"}
    assert rules.groups == {"S0123456789"}
    first, second = rules.rules
    assert (first.effect, first.place, first.actions) == (
        Effect.DENY,
        "access.yaml:3",
        {Action.RUN},
    )
    assert (second.effect, second.place) == (Effect.ALLOW, "access.yaml:9")
    assert second.channels == {"configured", "C0123456789"}


def test_without_a_file_the_default_holds_for_the_channels(tmp_path: Path) -> None:
    assert told(tmp_path, "", "clusters: {a: {context: a}}\nchannels: {C0123456789: a}\n") == []
    rules = load(tmp_path / "bot.yaml", {}).rules
    assert rules.channels == {"C0123456789"}
    assert {rule.place for rule in rules.rules} == {"the default without an access file"}


@pytest.mark.parametrize(
    ("access", "lines"),
    [
        pytest.param(
            "rules:\n  - name: a\n    alow: [run]\n    users: ['*']\n" + REST,
            [
                "access.yaml:2: rules.0: it neither allows nor denies; "
                "allowed: one of them, such as allow: [run]",
                "access.yaml:3: rules.0.alow: unknown field; did you mean allow?",
            ],
            id="unknown-field",
        ),
        pytest.param(
            "rules:\n  - name: a\n    allow: [run]\n    deny: [run]\n    users: ['*']\n" + REST,
            [
                "access.yaml:2: rules.0: both allow and deny are given; "
                "allowed: one of them, such as allow: [run]"
            ],
            id="both-effects",
        ),
        pytest.param(
            "rules:\n  - name: a\n    allow: [reboot]\n    users: [bob]\n    groups: [U0123]\n"
            "    commands: [statsu]\n    clusters: [prdo]\n    channels: [C0123456788]\n",
            [
                "access.yaml:3: rules.0.allow.0: found reboot; allowed: run, share, request",
                "access.yaml:4: rules.0.users.0: found bob; allowed: a member's id (U... or "
                "W...; in Slack: profile, More, Copy member ID), or '*'",
                "access.yaml:5: rules.0.groups.0: found U0123; "
                "allowed: a user group's id (S...), as its page in Slack shows it",
                "access.yaml:6: rules.0.commands.0: no such command, found statsu; "
                "did you mean status?",
                "access.yaml:7: rules.0.clusters.0: no such cluster, found prdo; "
                "did you mean prod?",
                "access.yaml:8: rules.0.channels.0: no such channel, found C0123456788; "
                "did you mean C0123456789?",
            ],
            id="all-at-once",
        ),
        pytest.param(
            "rules:\n  - name: a\n    allow: [run]\n    commands: ['*']\n    clusters: ['*']\n",
            [
                "access.yaml:2: rules.0: whom it is about is missing; "
                "allowed: users, groups or both; users: ['*'] is every member",
                "access.yaml:2: rules.0: channels is missing; allowed: names, or ['*'] for all",
            ],
            id="nothing-has-a-default",
        ),
        pytest.param(
            "rules:\n  - name: a\n    allow: [run]\n    users: [*]\n",
            ["access.yaml:4: not valid YAML: a * without quotes means an alias; write '*'"],
            id="bare-star",
        ),
        pytest.param(
            GOOD.replace("name: on call", "name: nobody drops"),
            ["access.yaml:9: rules.1.name: rule 1 has this name already, found nobody drops"],
            id="name-twice",
        ),
        pytest.param(
            "rules:\n  # - name: a\n",
            [
                "access.yaml:1: rules: no rule; allowed: at least one; without rules nobody may "
                "run anything"
            ],
            id="no-rule",
        ),
        pytest.param(
            "rules: {a: b}\n",
            ["access.yaml:1: rules: found a mapping; allowed: a list of rules"],
            id="not-a-list",
        ),
    ],
)
def test_each_mistake_is_told_with_its_line(tmp_path: Path, access: str, lines: list[str]) -> None:
    assert told(tmp_path, access) == lines


def test_both_files_are_told_together_and_a_missing_one_is(tmp_path: Path) -> None:
    wrong = BOT + "htp: {}\n"
    assert [line.split(":")[0] for line in told(tmp_path, "rules: 1\n", wrong)] == [
        "bot.yaml",
        "access.yaml",
    ]
    (tmp_path / "access.yaml").unlink()
    assert [str(p) for p in check(tmp_path / "bot.yaml")] != []
    with pytest.raises(InvalidSettings, match="no such file"):
        load(tmp_path / "bot.yaml", {})


def test_a_secret_in_it_is_the_only_thing_told_of_its_line(tmp_path: Path) -> None:
    (line,) = told(tmp_path, GOOD.replace("the leads", "xoxb-1-hush"))
    assert "a secret does not belong in this file" in line
    assert "hush" not in line


def test_the_example_is_valid_and_every_field_is_documented(tmp_path: Path) -> None:
    text = (ROOT / "config" / "access.yaml").read_text()
    assert told(tmp_path, text) == []
    page = (ROOT / "docs" / "access.md").read_text()
    uncommented = text.replace("  # -", "  -").replace("  #  ", "   ")
    names = BOT.replace("C0123456789: prod", "C0123456789: prod")
    assert told(tmp_path, uncommented, names) == []
    for word in (*Action, *REQUESTS):
        assert f"`{word}`" in page, word
    for field in ("name", "allow", "deny", "users", "groups", "commands", "clusters", "channels"):
        assert f"`{field}`" in page
