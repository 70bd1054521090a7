"""A terminal, the whole bot and Slack: asked for at one, seen in the other, decided at either."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.model.access import ANY
from bot.model.approval import ApprovalRule, ApprovalRules, Approvers
from bot.model.plan import Risk
from bot.playground.slack import Workspace
from bot.settings import Changes
from bot.terminal.api.wire import AUDIENCE
from tests.running_bot import Running, running_bot
from tests.terminal.shell import Ended, Shell
from tests.terminal.team import install

ANYTHING = frozenset([ANY])


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A remedy of the team's own, found by this process and by commands."""
    (tmp_path / "team").mkdir()
    environment = install(tmp_path / "team")
    monkeypatch.syspath_prepend(tmp_path / "team")
    monkeypatch.delitem(sys.modules, "team_remedies", raising=False)
    return environment


@asynccontextmanager
async def bot_of_a_team(folder: Path) -> AsyncIterator[Running]:
    """Its approver is ben; ana and ben are known at the terminal."""
    async with Workspace() as named:
        users = named.users
    rule = ApprovalRule(
        name="leads",
        place="approvals.yaml:1",
        risks=frozenset(Risk),
        remedies=ANYTHING,
        clusters=ANYTHING,
        namespaces=ANYTHING,
        channels=ANYTHING,
        approvers=Approvers(users=frozenset([users["ben"]])),
    )
    async with running_bot(
        folder,
        approval_rules=ApprovalRules(rules=(rule,)),
        changes=Changes(people={"ana@corp": users["ana"], "ben@corp": users["ben"]}),
    ) as running:
        yield running


async def run(running: Running, team: dict[str, str], folder: Path, who: str, *words: str) -> Ended:
    """A command of somebody at a terminal."""
    token = running.cluster.issue_token(running.cluster.add_user(who), AUDIENCE)
    shell = Shell(running.cluster, folder)
    known = {"CILIUM_ONCALL_BOT": f"http://127.0.0.1:{running.bot.port}"}
    return await shell.run(*words, **known, CILIUM_ONCALL_TOKEN=token, **team)


async def test_from_one_terminal_to_another_and_seen_in_slack(
    tmp_path: Path, team: dict[str, str]
) -> None:
    async with bot_of_a_team(tmp_path) as running:
        wanted = ("apply", "label-node", "node-1", "--reason", "ours now")
        applying = asyncio.create_task(run(running, team, tmp_path, "ana@corp", *wanted))
        changes = running.bot.executor.changes
        assert changes is not None
        async with asyncio.timeout(20):
            while not (waiting := [c for c in await changes.open_changes() if c.ask]):
                await asyncio.sleep(0.05)
        (change,) = waiting
        refused = await run(
            running, team, tmp_path, "ana@corp", "approvals", "approve", change.ask, "--yes"
        )
        assert (refused.code, "somebody else" in refused.err) == (1, True), refused
        approved = await run(
            running, team, tmp_path, "ben@corp", "approvals", "approve", change.ask, "--yes"
        )
        assert approved.code == 0, approved
        ended = await applying
        assert ended.code == 0, ended
        assert "DONE" in ended.out
        node = running.cluster.objects.get("nodes", "node-1")
        assert node["metadata"]["labels"]["team"] == "ours"
        channel = running.workspace.channels["cilium-oncall"]
        await running.workspace.wait_for(
            lambda seen: any(m.channel == channel and "Label node-1" in m.text for m in seen)
        )


async def test_without_people_nothing_is_mounted(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        assert (await running.get("/api/v1/changes"))[0] == 404


async def test_strangers_are_told_in_json(tmp_path: Path, team: dict[str, str]) -> None:
    async with bot_of_a_team(tmp_path) as running:
        status, body = await running.get("/api/v1/changes")
        assert status == 401
        assert '"code":"unauthenticated"' in body
        assert await running.figure("cilium_oncall_ack_seconds_count") == 0
