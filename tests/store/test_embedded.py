"""The embedded store: private, durable, and gone when its bot is."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.model.errors import ConfigurationError, StoreUnavailable
from bot.store import embedded
from bot.store.connection import Store
from bot.store.durability import condition
from bot.store.embedded import EmbeddedStore


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def until(store: Store) -> None:
    """Wait until the store answers."""
    while True:
        await asyncio.sleep(0.05)
        with contextlib.suppress(StoreUnavailable):
            return await store.ping()


async def test_nobody_else_can_look_inside(server: EmbeddedStore, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / "store").stat().st_mode) == 0o700
    assert server.address.url.startswith("unix://")


async def test_it_keeps_what_it_is_given(store: Store) -> None:
    found = await condition(store)
    assert found.version.startswith("valkey ")
    assert found.weaknesses == ()


async def test_it_ends_in_the_middle_of_its_own_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """redis-py loses a cancellation that arrives together with an answer."""
    server = EmbeddedStore(tmp_path / "s")
    await server.start()
    asked, first = asyncio.Event(), server.pid
    ping = Store.ping

    async def losing(store: Store) -> None:
        asked.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        await ping(store)

    monkeypatch.setattr(Store, "ping", losing)
    assert first
    os.kill(first, signal.SIGKILL)
    async with asyncio.timeout(10):
        await asked.wait()
        second = server.pid
        await server.stop()
    assert second
    assert second != first
    assert not alive(second)


async def test_data_survive_a_restart_and_a_kill(tmp_path: Path) -> None:
    for ending in ("stop", "kill"):
        server = EmbeddedStore(tmp_path / "s")
        await server.start()
        store = Store(server.address)
        await store.read("INCR", "times")
        if ending == "kill":
            assert server.pid
            os.kill(server.pid, signal.SIGKILL)
        await store.close()
        await server.stop()
    server = EmbeddedStore(tmp_path / "s")
    await server.start()
    store = Store(server.address)
    assert await store.read("GET", "times") == b"2"
    await store.close()
    await server.stop()


async def test_a_killed_server_is_started_again(server: EmbeddedStore, store: Store) -> None:
    await store.read("SET", "kept", "yes")
    first = server.pid
    assert first
    os.kill(first, signal.SIGKILL)
    async with asyncio.timeout(5):
        await until(store)
    assert server.pid != first
    assert await store.read("GET", "kept") == b"yes"


async def test_two_bots_do_not_share_a_folder(
    server: EmbeddedStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "RELEASE", 0.1)
    with pytest.raises(ConfigurationError, match="Another bot uses the store"):
        await EmbeddedStore(tmp_path / "store").start()


async def test_a_folder_that_cannot_be_used_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be used"):
        await EmbeddedStore(tmp_path / "file" / "store").start()


async def test_a_deep_folder_works_although_a_socket_there_cannot(tmp_path: Path) -> None:
    server = EmbeddedStore(tmp_path / ("x" * 100))
    await server.start()
    store = Store(server.address)
    await store.ping()
    await store.close()
    await server.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
async def test_the_server_ends_with_its_bot_and_the_next_one_takes_over(tmp_path: Path) -> None:
    program = (
        "import asyncio, pathlib, sys\n"
        "from bot.store.embedded import EmbeddedStore\n"
        "async def main():\n"
        "    server = EmbeddedStore(pathlib.Path(sys.argv[1]))\n"
        "    await server.start()\n"
        "    print(server.pid, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    bot = subprocess.Popen(  # noqa: ASYNC220  a program of this test
        [sys.executable, "-c", program, str(tmp_path / "s")], stdout=subprocess.PIPE
    )
    assert bot.stdout
    pid = int(await asyncio.to_thread(bot.stdout.readline))
    assert alive(pid)
    bot.kill()
    bot.wait()
    bot.stdout.close()
    successor = EmbeddedStore(tmp_path / "s")
    began = time.monotonic()
    await successor.start()
    assert time.monotonic() - began < 3
    assert not alive(pid)
    await successor.stop()
