"""A wrong approvals file and the exact lines a person is told; a right one and its rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.model.approval import ApprovalRule, ApprovalRules, Approvers
from bot.model.plan import Risk
from bot.settings import InvalidSettings, Settings, check, load
from bot.settings.approvals_schema import ApprovalEntry, ApproversEntry

ROOT = Path(__file__).parents[2]
BOT = "clusters: {prod: {context: p}}\nchannels: {C0123456789: prod}\napprovals: approvals.yaml\n"
REMEDIES = ["restart-agent", "cordon"]
RULE = """\
rules:
  - name: guarded
    risks: [guarded]
    remedies: [restart-agent]
    clusters: [prod]
    namespaces: [kube-system]
    channels: [configured, C0123456789]
    approvers: {users: [U0123456789, U0123456788], groups: [S0123456789]}
"""
PEOPLE = RULE.replace(", groups: [S0123456789]", "")


def told(tmp_path: Path, approvals: str, bot: str = BOT) -> list[str]:
    (tmp_path / "bot.yaml").write_text(bot)
    (tmp_path / "approvals.yaml").write_text(approvals)
    problems = check(tmp_path / "bot.yaml", None, REMEDIES)
    return [str(problem).removeprefix(f"{tmp_path}/") for problem in problems]


def test_a_right_file_becomes_rules_with_their_lines(tmp_path: Path) -> None:
    text = RULE + "    second: {users: [U0000000001]}\n    needed: 2\n    solo_after: 10m\n"
    text += "    safe_when_broken: true\n"
    assert told(tmp_path, text) == []
    assert load(tmp_path / "bot.yaml", {}, None, REMEDIES).approval_rules == ApprovalRules(
        rules=(
            ApprovalRule(
                name="guarded",
                place="approvals.yaml:2",
                risks=frozenset([Risk.GUARDED]),
                remedies=frozenset(["restart-agent"]),
                clusters=frozenset(["prod"]),
                namespaces=frozenset(["kube-system"]),
                channels=frozenset(["configured", "C0123456789"]),
                approvers=Approvers(
                    users=frozenset(["U0123456789", "U0123456788"]),
                    groups=frozenset(["S0123456789"]),
                ),
                second=Approvers(users=frozenset(["U0000000001"])),
                needed=2,
                safe_when_broken=True,
                solo_after=600.0,
            ),
        ),
        channels=frozenset(["C0123456789"]),
    )


def test_what_is_left_out_is_off(tmp_path: Path) -> None:
    assert told(tmp_path, RULE) == []
    rules = load(tmp_path / "bot.yaml", {}).approval_rules
    assert rules is not None
    (rule,) = rules.rules
    assert (rule.second, rule.needed) == (Approvers(), 1)
    assert (rule.safe_when_broken, rule.solo_after) == (False, None)


def test_without_a_file_there_are_no_rules(tmp_path: Path) -> None:
    (tmp_path / "bot.yaml").write_text("clusters: {prod: {context: p}}\n")
    assert load(tmp_path / "bot.yaml", {}).approval_rules is None
    assert Settings().approval_rules is None


@pytest.mark.parametrize(
    "field", ["name", "risks", "remedies", "clusters", "namespaces", "channels", "approvers"]
)
def test_no_line_that_says_what_a_rule_is_about_may_be_forgotten(
    tmp_path: Path, field: str
) -> None:
    said = yaml.safe_load(RULE)
    del said["rules"][0][field]
    (line,) = told(tmp_path, yaml.safe_dump(said))
    missing = "nobody could approve" if field == "approvers" else f"{field} is missing"
    assert line.startswith(f"approvals.yaml:2: rules.0: {missing}")


@pytest.mark.parametrize(
    ("approvals", "lines"),
    [
        pytest.param(
            RULE.replace("  - name: guarded\n", "  - nam: guarded\n    name: g\n"),
            ["approvals.yaml:2: rules.0.nam: unknown field; did you mean name?"],
            id="unknown-field",
        ),
        pytest.param(
            "rules:\n  - name: a\n    risks: [high]\n    remedies: [restart-agnet]\n"
            "    clusters: [prdo]\n    namespaces: [Kube]\n    channels: [C0123456788]\n"
            "    approvers: {users: ['*'], groups: [U0123]}\n    needed: 0\n    solo_after: 10\n",
            [
                "approvals.yaml:3: rules.0.risks.0: found high; allowed: safe, guarded, breakglass",
                "approvals.yaml:4: rules.0.remedies.0: no such remedy, found restart-agnet; "
                "did you mean restart-agent?",
                "approvals.yaml:5: rules.0.clusters.0: no such cluster, found prdo; "
                "did you mean prod?",
                "approvals.yaml:6: rules.0.namespaces.0: found Kube; "
                "allowed: the name of a Kubernetes namespace, or '*'",
                "approvals.yaml:7: rules.0.channels.0: no such channel, found C0123456788; "
                "did you mean C0123456789?",
                "approvals.yaml:8: rules.0.approvers.users.0: found *; allowed: a member's id "
                "(U... or W...; in Slack: profile, More, Copy member ID)",
                "approvals.yaml:8: rules.0.approvers.groups.0: found U0123; "
                "allowed: a user group's id (S...), as its page in Slack shows it",
                "approvals.yaml:9: rules.0.needed: found the number 0; "
                "allowed: a whole number from 1 to 10",
                "approvals.yaml:10: rules.0.solo_after: found the number 10; "
                "allowed: a duration from 1m to 24h, such as 10m; without the line never",
            ],
            id="all-at-once",
        ),
        pytest.param(
            RULE.replace("[guarded]", "[guarded, breakglass]") + "    needed: 1\n",
            [
                "approvals.yaml:9: rules.0.needed: breakglass needs two approvers, found 1; "
                "allowed: 2 or more; or leave it out"
            ],
            id="breakglass-needs-two",
        ),
        pytest.param(
            RULE.replace("[guarded]", "[breakglass]") + "    solo_after: 10m\n",
            [
                "approvals.yaml:9: rules.0.solo_after: nobody goes on alone with breakglass; "
                "allowed: a rule of its own for the other risks"
            ],
            id="breakglass-is-never-solo",
        ),
        pytest.param(
            RULE.replace("[guarded]", "[guarded, safe]") + "    safe_when_broken: true\n",
            [
                "approvals.yaml:9: rules.0.safe_when_broken: only a guarded change can be safe "
                "when its target is broken; allowed: risks: [guarded] alone in this rule"
            ],
            id="only-guarded-becomes-safe",
        ),
        pytest.param(
            RULE.replace("{users: [U0123456789, U0123456788], groups: [S0123456789]}", "{}"),
            [
                "approvals.yaml:8: rules.0.approvers: nobody could approve by this rule; "
                "allowed: users, groups or both, such as {users: [U0123456789]}"
            ],
            id="no-approvers",
        ),
        pytest.param(
            RULE + "    second: {users: []}\n",
            [
                "approvals.yaml:9: rules.0.second: it names nobody; "
                "allowed: users, groups or both; or leave it out"
            ],
            id="no-second",
        ),
        pytest.param(
            PEOPLE + "    needed: 3\n",
            [
                "approvals.yaml:8: rules.0.approvers: 3 approvers are needed and 2 named; "
                "allowed: more people, or a group"
            ],
            id="too-few-named",
        ),
        pytest.param(
            PEOPLE.replace("[guarded]", "[breakglass]").replace(", U0123456788", ""),
            [
                "approvals.yaml:8: rules.0.approvers: 2 approvers are needed and 1 named; "
                "allowed: more people, or a group"
            ],
            id="too-few-for-breakglass",
        ),
        pytest.param(
            RULE + RULE.removeprefix("rules:\n"),
            ["approvals.yaml:9: rules.1.name: rule 1 has this name already, found guarded"],
            id="name-twice",
        ),
        pytest.param(
            "rules:\n  # - name: a\n",
            [
                "approvals.yaml:1: rules: no rule; allowed: at least one; without rules nobody "
                "may approve anything"
            ],
            id="no-rule",
        ),
        pytest.param(
            "rules: {a: b}\n",
            ["approvals.yaml:1: rules: found a mapping; allowed: a list of rules"],
            id="not-a-list",
        ),
        pytest.param(
            RULE.replace("[U0123456789, U0123456788]", "U0123456789"),
            [
                "approvals.yaml:8: rules.0.approvers.users: found U0123456789; "
                "allowed: a list of member ids"
            ],
            id="not-a-list-of-people",
        ),
    ],
)
def test_each_mistake_is_told_with_its_line(
    tmp_path: Path, approvals: str, lines: list[str]
) -> None:
    assert told(tmp_path, approvals) == lines


def test_people_named_twice_count_once(tmp_path: Path) -> None:
    twice = PEOPLE + "    second: {users: [U0123456789]}\n    needed: 3\n"
    assert len(told(tmp_path, twice)) == 1
    assert told(tmp_path, twice.replace("second: {users: [U0", "second: {users: [U1")) == []


SHAPES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from([*ApprovalEntry.model_fields, *ApproversEntry.model_fields]),
            inner,
            max_size=6,
        ),
    ),
    max_leaves=12,
)


@given(SHAPES)
def test_no_shape_crashes(tmp_path_factory: pytest.TempPathFactory, shape: object) -> None:
    folder = tmp_path_factory.mktemp("shape")
    lines = told(folder, yaml.safe_dump({"rules": [shape]}, allow_unicode=True))
    assert lines
    assert all(line.isprintable() for line in lines)
    for child in folder.iterdir():
        child.unlink()
    folder.rmdir()


def test_all_files_are_told_together_and_a_missing_one_is(tmp_path: Path) -> None:
    (tmp_path / "access.yaml").write_text("rules: 1\n")
    lines = told(tmp_path, "rules: 1\n", BOT + "access: access.yaml\nhtp: {}\n")
    assert [line.split(":")[0] for line in lines] == ["bot.yaml", "access.yaml", "approvals.yaml"]
    (tmp_path / "bot.yaml").write_text(BOT)
    (tmp_path / "approvals.yaml").unlink()
    with pytest.raises(InvalidSettings, match="no such file"):
        load(tmp_path / "bot.yaml", {})


def test_the_example_is_valid_and_every_field_is_documented(tmp_path: Path) -> None:
    text = (ROOT / "config" / "approvals.yaml").read_text()
    assert told(tmp_path, text) == []
    uncommented = text.replace("  # - name", "  - name").replace("  #   ", "    ")
    uncommented = re.sub(r"^    # (\w+: ?[^B])", r"    \1", uncommented, flags=re.MULTILINE)
    uncommented = uncommented.replace("    #   users", "      users")
    assert told(tmp_path, uncommented) == []
    page = (ROOT / "docs" / "approvals.md").read_text()
    for field in (*ApprovalEntry.model_fields, *ApproversEntry.model_fields):
        assert f"`{field}`" in page, field
        assert re.search(rf"^ +(?:- )?{field}: ", uncommented, re.MULTILINE), field
