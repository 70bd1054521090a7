"""What a person or a pipe gets of an answer, and the exit code that goes with it."""

from __future__ import annotations

import asyncio
import re
import time

import msgspec

from bot.model.document import SCHEMA_VERSION, RunDocument
from bot.model.report import Verdict
from bot.model.run import RunState
from tests.terminal.shell import COMMAND, Shell

HOSTILE = "\x1b[2J\x1b]0;owned\x07 all is well \u202e!dab si sihT"


async def test_healthy_cluster_ends_with_0_and_plain_text(shell: Shell) -> None:
    ended = await shell.run("status")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[0] == "✔ OK  Cilium on lab"
    assert "8 of 8 agents are ready, and nothing wrong was found." in ended.out
    assert "\x1b" not in ended.out
    assert shell.cluster.ledger == []


async def test_findings_end_with_1_and_lines_are_not_folded(shell: Shell) -> None:
    shell.cluster.inject("agent-crash-loop", "node-7")
    ended = await shell.run("status", "node-7", COLUMNS="40")
    assert ended.code == 1
    lines = ended.out.splitlines()
    assert lines[0].startswith("✖ FAILED")
    assert lines[1] == "The agent crashes again and again (Error, exit code 1)."
    assert any("[agent-crash-loop]" in line for line in lines)
    assert any(len(line) > 150 for line in lines), "log lines stay whole"
    assert "permission denied" in ended.out


async def test_piped_table_keeps_a_row_on_a_line(shell: Shell) -> None:
    ended = await shell.run("status", COLUMNS="40")
    row = re.compile(r"node-8 +ok +\d+/\d+ +\d+/254")
    assert [line for line in ended.out.splitlines() if row.fullmatch(line)]


async def test_alike_gaps_are_named_once(shell: Shell) -> None:
    shell.cluster.inject("exec-forbidden")
    ended = await shell.run("status")
    assert "8: inside the agent on node-1, node-2, node-3" in ended.out


async def test_unseen_ends_with_3(shell: Shell) -> None:
    shell.cluster.inject("exec-forbidden")
    shell.cluster.inject("metrics-off")
    ended = await shell.run("status")
    assert ended.code == 3
    assert ended.out.startswith("? UNKNOWN")
    assert "Not seen" in ended.out


async def test_ctrl_c_while_an_agent_is_silent_ends_with_130(shell: Shell) -> None:
    shell.cluster.inject("agent-silent", "node-7")
    began = time.monotonic()
    ended = await shell.interrupted("status", "node-7", "--deadline", "60s")
    assert time.monotonic() - began < 5
    assert ended.code == 130
    assert "CANCELLED" in ended.out
    assert "Traceback" not in ended.err


async def test_json_is_the_documented_document(shell: Shell) -> None:
    shell.cluster.inject("agent-crash-loop", "node-7")
    ended = await shell.run("status", "node-7", "-o", "json")
    assert (ended.code, ended.err) == (1, "")
    document = msgspec.json.decode(ended.out, type=RunDocument)
    assert document.schema_version == SCHEMA_VERSION
    assert (document.runbook, document.cluster) == ("status", "lab")
    assert document.parameters == {"node": "node-7"}
    assert document.state is RunState.FINISHED
    assert document.report is not None
    assert document.report.verdict is Verdict.FAILED
    assert document.report.findings[0].id == "agent-crash-loop"
    assert document.report.attachments
    raw = msgspec.json.decode(ended.out)
    assert raw.keys() == set(RunDocument.__struct_fields__)


async def test_json_is_printed_also_when_the_run_broke(shell: Shell) -> None:
    shell.cluster.inject("api-down")
    ended = await shell.run("status", "-o", "json", "--deadline", "1s")
    assert ended.code == 3
    document = msgspec.json.decode(ended.out, type=RunDocument)
    assert (document.state, document.report) == (RunState.BROKEN, None)
    assert document.error


async def test_pipe_that_had_enough_gets_no_traceback(shell: Shell) -> None:
    process = await asyncio.create_subprocess_shell(
        f"{COMMAND} status | head -n 1",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=shell.environment(),
    )
    out, err = await process.communicate()
    assert (out.decode(), err.decode()) == ("✔ OK  Cilium on lab\n", "")


async def test_pipe_that_was_closed_before_the_answer_gets_no_traceback(shell: Shell) -> None:
    process = await asyncio.create_subprocess_shell(
        f"{COMMAND} status | true",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=shell.environment(),
    )
    _, err = await process.communicate()
    assert err == b""


async def test_escape_sequences_of_the_cluster_arrive_as_visible_text(shell: Shell) -> None:
    node = shell.cluster.objects.get("ciliumnodes", "node-7")
    node["status"]["ipam"]["operator-status"] = {"error": HOSTILE}
    shell.cluster.objects.put("ciliumnodes", node)
    for output in ("text", "json"):
        ended = await shell.run("status", "node-7", "-o", output)
        assert ended.code == 1
        assert "all is well" in ended.out
        assert "\x1b" not in ended.out
        assert "\x07" not in ended.out
        assert output == "json" or "␛[2J" in ended.out
        assert output == "json" or "\u202e" not in ended.out


async def test_shells_pass_what_phones_do_not(shell: Shell) -> None:
    ended = await shell.run("status", "node-7", "—deep")
    assert ended.code == 0
    assert "node-7" in ended.out
