"""``apply`` without a bot: a plan and nothing else, or a person at a terminal."""

from __future__ import annotations

import json
import re

import pytest

from tests.terminal.pseudo_terminal import at_a_terminal
from tests.terminal.shell import Shell
from tests.terminal.team import install

GIVEN = ("--breakglass", "--incident", "INC-7", "--reason", "Slack is gone")


@pytest.fixture
def team(shell: Shell) -> dict[str, str]:
    return install(shell.home)


def labelled(shell: Shell) -> bool:
    node = shell.cluster.objects.get("nodes", "node-1")
    return node["metadata"]["labels"].get("team") == "ours"


async def test_the_plan_is_printed_in_full_and_nothing_is_done(
    shell: Shell, team: dict[str, str]
) -> None:
    ended = await shell.run("apply", "label-node", "node-1", **team)
    assert ended.code == 1
    for line in (
        "PLAN  Label node-1  [guarded]",
        "label-node node=node-1 on lab, target node/node-1",
        "       + team: ours ␛[2J",
        "    1 node: node-1",
        "    Take the label away.",
        "    the label is there",
        "    the node changes meanwhile",
        "    at most 1 node, 1 unavailable at a time",
        "    It was not tried.",
    ):
        assert line in ended.out.splitlines(), ended.out
    assert "\x1b" not in ended.out
    assert re.search(r"^digest [0-9a-f]{64}$", ended.out, re.MULTILINE)
    assert "Nothing was done" in ended.err
    assert "in Slack: /cilium label-node node-1 --cluster lab" in ended.err
    assert "CILIUM_ONCALL_BOT" in ended.err
    assert shell.cluster.ledger == []


async def test_the_plan_as_json(shell: Shell, team: dict[str, str]) -> None:
    ended = await shell.run("apply", "label-node", "node-1", "-o", "json", **team)
    document = json.loads(ended.out)
    assert (document["state"], document["plan"]["title"]) == ("planning", "Label node-1")
    assert document["schema_version"] == 1


@pytest.mark.parametrize(("words", "said", "code"), [
    (("apply", "label-nod", "node-1"), "label-node", 2),
    (("apply", "label-node"), "needs NODE", 2),
    (("apply", "status"), "status only reads", 2),
    (("apply", "label-node", "node-99"), "There is no node node-99. Look: status", 3),
    (("label-node", "node-1"), "apply label-node", 2),
    (("apply", "label-node", "node-1", "--breakglass"), "--incident and --reason", 2),
    (("apply", "label-node", "node-1", *GIVEN), "a person at a terminal", 2),
    (("apply", "label-node", "node-1", *GIVEN, "-o", "json"), "conversation", 2),
])  # fmt: skip
async def test_what_is_refused(
    shell: Shell, team: dict[str, str], words: tuple[str, ...], said: str, code: int
) -> None:
    ended = await shell.run(*words, **team)
    assert ended.code == code, ended
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert shell.cluster.ledger == []


async def test_breakglass_at_a_terminal(shell: Shell, team: dict[str, str]) -> None:
    code, written = await at_a_terminal(
        shell, team, "apply", "label-node", "node-1", *GIVEN,
        answers=[("Type the cluster's name", "lab"), ("Next step: label the node", "y")],
    )  # fmt: skip
    assert code == 0, written
    assert labelled(shell)
    assert "by kubernetes-admin; incident INC-7" in " ".join(written.split())
    assert "[breakglass]" in written
    events = [event.copy() for event in shell.cluster.objects.all("events", "kube-system")]
    reasons = [one["reason"] for one in events if one["reason"].startswith("Breakglass")]
    assert reasons == ["BreakglassBegan", "BreakglassStep", "BreakglassStep", "BreakglassEnded"]


@pytest.mark.parametrize(("answers", "code"), [
    ([("Type the cluster's name", "prod")], 1),
    ([("Type the cluster's name", "^C")], 1),
    ([("Type the cluster's name", "lab"), ("Next step", "n")], 1),
    ([("Type the cluster's name", "lab"), ("Next step", "^C")], 1),
])  # fmt: skip
async def test_breakglass_that_is_not_wanted_any_more(
    shell: Shell, team: dict[str, str], answers: list[tuple[str, str]], code: int
) -> None:
    found, written = await at_a_terminal(
        shell, team, "apply", "label-node", "node-1", *GIVEN, answers=answers
    )
    assert found == code, written
    assert not labelled(shell)
    assert "Traceback" not in written
    leases = [lease.copy() for lease in shell.cluster.objects.all("leases", "kube-system")]
    mine = [one for one in leases if one["metadata"]["name"] == "cilium-oncall-change"]
    assert all(not one["spec"].get("holderIdentity") for one in mine)
