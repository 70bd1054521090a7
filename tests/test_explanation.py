"""``cilium-oncall access explain`` and ``config check``, as a person calls them."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

from bot.authoring import remedy
from bot.cli import cli
from bot.engine.remedy import Acting, Looking, Remedy
from bot.model.change import Check
from bot.model.errors import ConfigurationError, UsageError
from bot.model.names import NodeName
from bot.model.plan import Plan
from runbooks import catalogue

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


def explained(
    tmp_path: Path, *options: str, access: str = ACCESS, more: str = ""
) -> tuple[int, str]:
    (tmp_path / "access.yaml").write_text(access)
    (tmp_path / "bot.yaml").write_text(f"{BOT}access: access.yaml\n{more}")
    command = ["access", "explain", "--config", str(tmp_path / "bot.yaml"), *options]
    result = CliRunner(env={"SLACK_BOT_TOKEN": None}).invoke(cli, command)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


ASK = ("--command", "status node-7", "--channel", "C0123456789")


@remedy("reboot")
class Reboot(Remedy):
    """Turn a node off and on again."""

    node: NodeName

    async def plan(self, look: Looking) -> Plan:
        raise NotImplementedError

    async def apply(self, act: Acting) -> None:
        raise NotImplementedError

    async def verify(self, look: Looking) -> tuple[Check, ...]:
        raise NotImplementedError


@pytest.fixture
def reboot(monkeypatch: pytest.MonkeyPatch) -> None:
    """A remedy of a team's own."""

    class Own:
        name, value = "own", "team.own"

        def load(self) -> ModuleType:
            module = ModuleType(__name__)
            module.reboot = Reboot  # type: ignore[attr-defined]
            return module

    monkeypatch.setattr(catalogue, "entry_points", lambda group: [Own()])


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
    assert told.value.hint.startswith("Commands: status, ")
    assert told.value.hint.endswith("doctor.")


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


MAY_ASK = ACCESS.replace("[run]", "[request]")
APPROVALS = """\
rules:
  - name: the network team
    risks: [guarded]
    remedies: [reboot]
    clusters: [prod]
    namespaces: [kube-system]
    channels: [configured]
    approvers: {users: [U0SECOND01], groups: [S0NETWORK1]}
"""
REBOOT = ("--command", "reboot node-7", "--channel", "C0123456789")


def of_changes(tmp_path: Path, *options: str) -> tuple[int, str]:
    (tmp_path / "approvals.yaml").write_text(APPROVALS)
    return explained(tmp_path, *options, access=MAY_ASK, more="approvals: approvals.yaml\n")


@pytest.mark.usefixtures("reboot")
def test_for_a_remedy_it_says_who_may_request_it_and_which_rule_approves(tmp_path: Path) -> None:
    code, text = of_changes(tmp_path, "--user", "U0LEAD0001", *REBOOT)
    assert code == 0
    assert text.startswith("ALLOWED  U0LEAD0001 request reboot on prod in C0123456789\n")
    rule = "the network team, approvals.yaml:2 (1 approver for a guarded change in kube-system)"
    assert f"approval: {rule}" in text
    code, text = of_changes(tmp_path, "--user", "U0LEAD0001", *REBOOT, "--action", "run")
    assert code == 1
    code, text = of_changes(tmp_path, "--user", "U0SECOND01", *REBOOT)
    assert code == 1
    assert "No rule allows requesting `reboot` on prod in C0123456789" in text


@pytest.mark.usefixtures("reboot")
@pytest.mark.parametrize(
    ("options", "counts", "said"),
    [
        (("--user", "U0SECOND01"), True, "names this person as an approver"),
        (("--user", "U0OTHER001", "--group", "S0NETWORK1"), True, "names a group of this person"),
        (("--user", "U0LEAD0001"), False, "does not name this person"),
        (("--user", "U0SECOND01", "--requested-by", "U0SECOND01"), False, "You asked for this"),
        (("--user", "U0SECOND01", "--risk", "breakglass"), False, "No approval rule"),
        (("--user", "U0SECOND01", "--namespace", "team-a"), False, "No approval rule"),
    ],
    ids=range(6),
)
def test_for_approving_it_says_whether_the_person_counts(
    tmp_path: Path, options: tuple[str, ...], counts: bool, said: str
) -> None:
    code, text = of_changes(tmp_path, "--action", "approve", *REBOOT, *options)
    assert code == (0 if counts else 1)
    assert text.startswith("ALLOWED" if counts else "REFUSED")
    assert said in text
    if "No approval rule" in said:
        assert "so it is refused" in text
    else:
        assert "the network team, approvals.yaml:2 (1 approver" in text


def test_without_approval_rules_it_says_that_nothing_can_be_changed(
    tmp_path: Path, reboot: None
) -> None:
    code, text = explained(tmp_path, "--user", "U0LEAD0001", *REBOOT, access=MAY_ASK)
    assert code == 0
    assert "approval: Nothing can be changed: bot.yaml names no approvals file" in text


def test_freezing_is_requested_like_a_change_and_needs_no_approval(tmp_path: Path) -> None:
    freeze = ("--command", "freeze", "--channel", "C0123456789")
    code, text = explained(tmp_path, "--user", "U0LEAD0001", *freeze, access=MAY_ASK)
    assert code == 0
    assert text.startswith("ALLOWED  U0LEAD0001 request freeze on prod")
    assert "approval:" not in text
    assert explained(tmp_path, "--user", "U0LEAD0001", *freeze)[0] == 1
    for command in ("freeze", "status"):
        with pytest.raises(UsageError, match=r"needs no approval|only reads"):
            explained(
                tmp_path,
                *("--user", "U0LEAD0001", "--command", command),
                *("--cluster", "prod", "--action", "approve"),
            )


@pytest.mark.usefixtures("reboot")
def test_config_check_reads_the_approvals_file_too(tmp_path: Path) -> None:
    (tmp_path / "bot.yaml").write_text(BOT + "approvals: approvals.yaml\n")
    (tmp_path / "approvals.yaml").write_text(APPROVALS.replace("reboot", "rebot"))
    result = CliRunner().invoke(cli, ["config", "check", str(tmp_path / "bot.yaml")])
    assert result.exit_code == 2
    said = "approvals.yaml:4: rules.0.remedies.0: no such remedy, found rebot; did you mean reboot?"
    assert said in result.output
