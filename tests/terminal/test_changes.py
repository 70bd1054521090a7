"""``apply``, ``approvals`` and ``changes`` as real commands, through the API of a bot."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from bot.cli.changes import WORDS
from bot.model.change import ChangeState, Word
from bot.model.change_document import ChangeDocument
from bot.model.errors import StoreUnavailable
from bot.model.plan import Risk
from bot.terminal.api.wire import ON_A_CHANGE
from tests.terminal.api.conftest import Served, served
from tests.terminal.pseudo_terminal import at_a_terminal
from tests.terminal.shell import Ended, Shell


@dataclass
class Desk:
    """Somebody's shell, and the bot it speaks to."""

    api: Served
    shell: Shell

    async def run(self, *words: str, who: str = "ana", **environment: str) -> Ended:
        return await self.shell.run(*words, **{**self.environment(who), **environment})

    def environment(self, who: str = "ana") -> dict[str, str]:
        return {"CILIUM_ONCALL_BOT": self.api.url, "CILIUM_ONCALL_TOKEN": self.api.tokens[who]}

    async def only_change(self) -> str:
        """The id of the change that is there, once it is."""
        while not self.api.engine.kept:
            await asyncio.sleep(0.02)
        (change_id,) = self.api.engine.kept
        return change_id


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with served(tmp_path, api_server_tokens=True) as api:
        yield Desk(api, Shell(api.simulated, tmp_path))


async def test_apply_follows_a_change_to_its_end(desk: Desk) -> None:
    running = asyncio.create_task(
        desk.run("apply", "restart-agent", "node-1", "--reason", "it hangs", "--incident", "INC-7")
    )
    change_id = await desk.only_change()
    await asyncio.sleep(1.2)
    desk.api.engine.move(change_id, ChangeState.EXECUTING)
    await asyncio.sleep(1.2)
    desk.api.engine.finish(change_id)
    ended = await running
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0].startswith("PLAN  Restart the agent on node-1  [guarded]")
    assert "    1. delete Pod kube-system/cilium-abcde  uid 1-2-3" in lines
    places = [ended.out.index(word) for word in ("waits for approval", "executing", "DONE")]
    assert places == sorted(places)
    assert "✔ delete-pod" in ended.out
    request, once = desk.api.engine.requests[0]
    assert (request.reason, request.incident) == ("it hangs", "INC-7")
    assert len(once) > 30


@pytest.mark.parametrize(("state", "code"), [
    (ChangeState.UNVERIFIED, 4), (ChangeState.FAILED, 4), (ChangeState.CANCELLED, 4),
    (ChangeState.REJECTED, 1), (ChangeState.EXPIRED, 1), (ChangeState.REFUSED, 1),
])  # fmt: skip
async def test_the_exit_code_says_whether_the_cluster_was_touched(
    desk: Desk, state: ChangeState, code: int
) -> None:
    running = asyncio.create_task(desk.run("apply", "restart-agent", "node-1", "-o", "json"))
    change_id = await desk.only_change()
    desk.api.engine.finish(change_id, state)
    ended = await running
    assert ended.code == code
    assert msgspec.json.decode(ended.out, type=ChangeDocument).state is state


async def test_ctrl_c_ends_the_watching_only(desk: Desk) -> None:
    async with desk.shell.begun(
        "apply", "restart-agent", "node-1", **desk.environment()
    ) as process:
        change_id = await desk.only_change()
        await asyncio.sleep(1.5)
        process.send_signal(signal.SIGINT)
        out, err = await process.communicate()
    assert process.returncode == 130
    assert f"{change_id} goes on without this command" in err.decode()
    assert f"cilium-oncall changes say {change_id} cancel" in err.decode()
    assert "Traceback" not in err.decode()
    assert b"PLAN" in out
    assert desk.api.engine.words == []


async def test_without_waiting_it_is_only_asked_for(desk: Desk) -> None:
    ended = await desk.run("apply", "restart-agent", "node-1", "--no-wait")
    assert ended.code == 0
    assert "WAITING" in ended.out
    assert "cilium-oncall approvals approve a-" in ended.out


async def test_approving_shows_the_plan_and_wants_a_word(desk: Desk) -> None:
    change = await desk.api.asked("ana")
    listed = await desk.run("approvals", "list", who="bo")
    assert change["ask"] in listed.out
    assert "asked by ana (U0ANA): it hangs" in listed.out
    ended = await desk.run("approvals", "approve", change["ask"], who="bo")
    assert ended.code == 2
    assert "--yes" in ended.err
    assert desk.api.engine.words == []
    ended = await desk.run("approvals", "approve", change["ask"], "--yes", who="bo")
    assert ended.code == 0
    assert ended.out.index("PLAN") < ended.out.index("APPROVED")


async def test_a_breakglass_approval_is_not_for_scripts(desk: Desk) -> None:
    desk.api.engine.risk = Risk.BREAKGLASS
    change = await desk.api.asked("ana")
    ended = await desk.run("approvals", "approve", change["ask"], "--yes", who="bo")
    assert ended.code == 2
    assert "a person at a terminal" in ended.err
    assert desk.api.engine.words == []


async def test_the_requester_is_told_and_nothing_was_done(desk: Desk) -> None:
    change = await desk.api.asked("ana")
    ended = await desk.run("approvals", "approve", change["ask"], "--yes", who="ana")
    assert (ended.code, ended.err) == (1, "Error: You asked for it: somebody else must approve.\n")
    ended = await desk.run("approvals", "reject", change["ask"], "--reason", "no", who="bo")
    assert ended.code == 0
    assert desk.api.engine.words[-1][1] is Word.REJECT
    ended = await desk.run("approvals", "approve", change["ask"], "--yes", who="bo")
    assert ended.code == 1
    assert "Nothing waits for approval by this id" in ended.err


async def test_changes_are_listed_shown_and_spoken_to(desk: Desk) -> None:
    change = await desk.api.asked("ana")
    ended = await desk.run("changes", "list")
    assert f"· {change['change']}  waiting  restart-agent node-1 on lab" in ended.out
    ended = await desk.run("changes", "show", change["change"])
    assert ended.code == 0
    assert "Policy changes wait on this node." in ended.out
    ended = await desk.run("changes", "show", change["change"], "-o", "json")
    assert json.loads(ended.out)["change"] == change["change"]
    ended = await desk.run("changes", "say", change["change"], "withdraw", "--reason", "healed")
    assert ended.code == 0
    assert desk.api.engine.words[-1][1:5:3] == (Word.WITHDRAW, "healed")
    ended = await desk.run("changes", "show", "c-zzzzzzzzzz")
    assert ended.code == 1
    assert "no such change" in ended.err


async def test_the_kubeconfig_signs_in_where_nothing_else_does(desk: Desk) -> None:
    token = desk.api.tokens["ana at the API server"]
    desk.api.simulated.write_kubeconfig(desk.shell.kubeconfig, token=token)
    known = {"CILIUM_ONCALL_BOT": desk.api.url}
    assert (await desk.shell.run("changes", "list", **known)).code == 0
    (desk.shell.home / "token").write_text(desk.api.tokens["cy"] + "\n")
    named = ("--token-file", str(desk.shell.home / "token"))
    ended = await desk.shell.run("changes", "list", *named, **known)
    assert (ended.code, ended.out) == (0, "There are no changes that you may see.\n")


@pytest.mark.parametrize(("environment", "words", "code"), [
    ({"CILIUM_ONCALL_BOT": ""}, "Which bot?", 2),
    ({"CILIUM_ONCALL_BOT": "http://bot.example.com"}, "not encrypted", 2),
    ({"CILIUM_ONCALL_BOT": "ftp://bot"}, "no address of a bot", 2),
    ({"CILIUM_ONCALL_BOT": "https://u:p@bot"}, "no address of a bot", 2),
    ({"CILIUM_ONCALL_BOT": "http://127.0.0.1:1"}, "cannot be reached", 3),
    ({"CILIUM_ONCALL_TOKEN": "never-issued-token"}, "The token is not accepted.", 3),
    ({"CILIUM_ONCALL_TOKEN": "two words"}, "is no token", 2),
    ({"CILIUM_ONCALL_TOKEN_FILE": "/nowhere"}, "Cannot read the token", 2),
    ({"CILIUM_ONCALL_TOKEN": ""}, "There is no kubeconfig", 2),
])  # fmt: skip
async def test_what_cannot_work_is_one_sentence(
    desk: Desk, environment: dict[str, str], words: str, code: int
) -> None:
    ended = await desk.run("changes", "list", **environment)
    assert ended.code == code
    assert words in ended.said_in_one_sentence()
    assert desk.api.tokens["ana"] not in ended.err


async def test_a_store_that_is_away_is_told(desk: Desk) -> None:
    desk.api.engine.trouble = StoreUnavailable("The store is away.", hint="Changes wait for it.")
    ended = await desk.run("apply", "restart-agent", "node-1")
    assert ended.code == 3
    assert ended.said_in_one_sentence() == "Error: The store is away. Changes wait for it."


async def test_what_a_bot_says_cannot_rewrite_the_terminal(desk: Desk) -> None:
    change = await desk.api.asked("ana")
    desk.api.engine.finish(change["change"], ChangeState.FAILED)
    desk.api.engine.move(
        change["change"], ChangeState.FAILED, outcome="\x1b[2Jgone [bold]x[/bold] \u202efine"
    )
    ended = await desk.run("changes", "show", change["change"])
    assert "\x1b" not in ended.out
    assert "\u202e" not in ended.out
    assert "[bold]x[/bold]" in ended.out


async def test_at_a_terminal_it_is_shown_how_far_it_is(desk: Desk) -> None:
    running = asyncio.create_task(
        at_a_terminal(
            desk.shell, desk.environment(), "apply", "restart-agent", "node-1", answers=[]
        )
    )
    change_id = await desk.only_change()
    await asyncio.sleep(2.2)
    desk.api.engine.finish(change_id)
    code, written = await running
    assert code == 0
    assert re.search(r"waiting for approval, 1[45]m( \d+s)? left", written)
    for line in ("PLAN  Restart the agent on node-1", "✔ delete-pod", "✔ DONE"):
        assert re.search(rf"(^|\r|\n){re.escape(line)}", written), written


async def test_a_breakglass_approval_by_a_person(desk: Desk) -> None:
    desk.api.engine.risk = Risk.BREAKGLASS
    change = await desk.api.asked("ana")
    words = ("approvals", "approve", change["ask"])
    for typed, code in (("no", 2), ("lab", 0)):
        found, written = await at_a_terminal(
            *(desk.shell, desk.environment("bo"), *words),
            answers=[("Type the cluster's name", typed)],
        )
        assert found == code, written
    assert [word[5] for word in desk.api.engine.words] == ["lab"]


def test_every_word_for_a_change_can_be_said() -> None:
    assert set(WORDS) == {str(word) for word in ON_A_CHANGE}
