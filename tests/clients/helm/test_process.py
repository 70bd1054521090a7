"""One run: bounded, in a group of its own, and gone with its worker."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from bot.clients.helm import process
from bot.clients.helm.process import Ended, run
from bot.model.errors import ConfigurationError, Malformed, TimedOut


def script(folder: Path, text: str) -> str:
    path = folder / "helm"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


async def ran(program: str, folder: Path, within: float = 10.0, grace: float = 0.2) -> Ended:
    return await run(
        program, ("status",), folder=folder, environment={"PATH": os.defpath}, within=within,
        grace=grace,
    )  # fmt: skip


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] != "Z"


async def gone(pid: int) -> bool:
    for _ in range(100):
        if not alive(pid):
            return True
        await asyncio.sleep(0.02)
    return False


async def test_what_it_leaves_behind(tmp_path: Path) -> None:
    program = script(tmp_path, 'echo "$1"; echo oh >&2; exit 3')
    ended = await ran(program, tmp_path)
    assert (ended.code, ended.stdout, ended.said) == (3, b"status\n", "oh")


async def test_it_sees_nothing_of_our_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    assert b"xoxb" not in (await ran(script(tmp_path, "env"), tmp_path)).stdout


async def test_it_is_ended_when_its_time_is_up_and_so_is_what_it_started(tmp_path: Path) -> None:
    program = script(tmp_path, f"trap '' TERM\nsleep 60 & echo $! > {tmp_path}/child; wait; wait")
    started = time.monotonic()
    with pytest.raises(TimedOut, match="did not end within"):
        await ran(program, tmp_path, within=0.3)
    assert time.monotonic() - started < 5
    assert await gone(int((tmp_path / "child").read_text()))


async def test_a_run_that_is_cancelled_ends_its_helm(tmp_path: Path) -> None:
    program = script(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 60")
    running = asyncio.create_task(ran(program, tmp_path))
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
        await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await gone(int((tmp_path / "pid").read_text()))


async def test_there_is_a_most_of_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "MOST_OUTPUT", 1000)
    with pytest.raises(Malformed, match="more than 1,000 bytes"):
        await ran(script(tmp_path, "while :; do echo 0123456789; done"), tmp_path)


async def test_a_missing_helm_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be started") as refusal:
        await ran(str(tmp_path / "nowhere"), tmp_path)
    assert "helm.program" in refusal.value.hint


WORKER = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from bot.clients.helm.process import run
folder = Path(sys.argv[2])
asyncio.run(run(str(folder / "helm"), ("upgrade",), folder=folder, environment={}, within=60))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
async def test_it_dies_with_its_worker(tmp_path: Path) -> None:
    script(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 60")
    root = str(Path(__file__).parents[3])
    worker = await asyncio.create_subprocess_exec(sys.executable, "-c", WORKER, root, str(tmp_path))
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
        await asyncio.sleep(0.01)
    helm = int((tmp_path / "pid").read_text())
    assert alive(helm)
    worker.send_signal(signal.SIGKILL)
    await worker.wait()
    assert await gone(helm)
