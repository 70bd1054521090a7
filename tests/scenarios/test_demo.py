"""The newcomer's first five minutes: one command, and everything ends with it."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from tests.machine import others
from tests.scenarios.demo import COMMAND, READY_WITHIN, Demo, demo

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


async def seen_on_page(running: Demo, words: str) -> None:
    """Wait until the page's live events contain ``words``."""
    async with httpx.AsyncClient(follow_redirects=True, trust_env=False, timeout=10) as client:
        page = await client.get(running.page)
        assert page.status_code == 200
        assert "<title>" in page.text
        events = str(page.url.copy_with(path="/live/events", query=None))
        async with client.stream("GET", events, params={"as": "ana"}) as stream:
            async for line in stream.aiter_lines():
                if words in line:
                    return
    raise AssertionError(f"the page never showed {words!r}")


async def test_first_command_is_reported_within_seconds(tmp_path: Path) -> None:
    began = time.monotonic()
    async with AsyncExitStack() as stack:
        with others() as elsewhere:
            running = await stack.enter_async_context(demo(tmp_path))
            await seen_on_page(running, "The agent crashes again and again")
        took = time.monotonic() - began
        sys.stdout.write(f"demo ready and first command reported after {took:.1f} s\n")
        assert elsewhere.ours(took) < READY_WITHIN
        asked = await asyncio.create_subprocess_exec(
            COMMAND, "status", "node-7", "--kubeconfig", str(running.kubeconfig),
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, _ = await asked.communicate()
        assert (asked.returncode, out.decode()[:8]) == (1, "✖ FAILED")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_demo_ends_with_its_cluster_when_told(tmp_path: Path, number: signal.Signals) -> None:
    async with demo(tmp_path) as running:
        assert await running.ended(number) == 0
        assert running.process.stdout is not None
        assert b"Traceback" not in await running.process.stdout.read()
        assert not running.kubeconfig.exists()


async def test_demo_by_socket_mode_answers_and_ends_when_told(tmp_path: Path) -> None:
    async with demo(tmp_path, "--socket") as running:
        await seen_on_page(running, "The agent crashes again and again")
        assert await running.ended(signal.SIGTERM) == 0
        assert running.process.stdout is not None
        assert b"Traceback" not in await running.process.stdout.read()


async def test_killed_demo_leaves_no_cluster_behind(tmp_path: Path) -> None:
    async with demo(tmp_path) as running:
        assert await running.ended(signal.SIGKILL) == -signal.SIGKILL


async def test_demo_starts_healthy_and_small_when_asked(tmp_path: Path) -> None:
    async with demo(tmp_path, "--nodes", "3") as running:
        await seen_on_page(running, "3 of 3 agents are ready, and nothing wrong was found.")
