"""Real servers behind a password, behind TLS and behind a Sentinel; what is in doubt says so."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.engine.delivery import Delivery
from bot.model.errors import StoreDenies, StoreUnavailable
from bot.store.address import StoreAddress, store_address
from bot.store.claims import Claims
from bot.store.connection import RESTING, Store
from bot.store.embedded import EmbeddedStore, _binary
from tests.clients.kubernetes.certificates import Certificates


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def running(*arguments: str) -> AsyncIterator[None]:
    """The binary of the embedded store with arguments of a test."""
    process = await asyncio.create_subprocess_exec(
        str(_binary()), *arguments, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.kill()
        await process.wait()


async def claimed(store: Store, within: float = 10.0) -> bool:
    """One change, once there is somebody to make it."""
    async with asyncio.timeout(within):
        while True:
            try:
                return await Claims(store).once("one", 60)
            except StoreUnavailable as error:
                if "password" in str(error):
                    raise
                await asyncio.sleep(0.05)


async def carried(store: Store) -> str:
    """What pydocket delivers through the same address."""
    got: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def carry(run_id: str) -> None:
        got.set_result(run_id)

    delivery = Delivery(store, carry, 1)
    await delivery.open()
    try:
        async with asyncio.timeout(10):
            while not await delivery.enqueue("r-1"):
                await asyncio.sleep(0.05)
            return await got
    finally:
        await delivery.drain()
        await delivery.close()


async def test_a_password_is_needed_and_kept_out_of_errors(tmp_path: Path) -> None:
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    async with running("--port", str(port), "--requirepass", "hunter2", "--dir", str(tmp_path)):
        store = Store(store_address(url, "hunter2"))
        assert await claimed(store)
        assert await carried(store) == "r-1"
        await store.close()
        for password in ("", "wrong-secret"):
            stranger = Store(store_address(url, password))
            with pytest.raises(StoreUnavailable) as caught:
                await Claims(stranger).once("two", 60)
            said = f"{caught.value} {caught.value.hint}"
            assert "STORE_PASSWORD" in said
            assert "wrong-secret" not in said
            await stranger.close()


async def test_a_command_that_is_denied_is_no_store_that_is_away(server: EmbeddedStore) -> None:
    store = Store(server.address)
    await store.read("ACL", "SETUSER", "default", "-info")
    with pytest.raises(StoreDenies) as caught:
        await store.read("INFO", "server")
    assert not caught.value.retry_makes_sense
    assert "ACL SETUSER" in caught.value.hint
    assert await Claims(store).once("one", 60), "it is asked on at once"
    await store.close()


async def test_tls_is_spoken_and_a_strange_certificate_refused(
    server: EmbeddedStore, tmp_path: Path
) -> None:
    """The embedded binary is built without TLS, so TLS ends in front of it, as with stunnel."""
    made = Certificates.made_in(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    path = server.address.url.removeprefix("unix://")

    async def copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
        sink.close()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(path)
        await asyncio.gather(copy(reader, back), copy(there, writer))

    front = await asyncio.start_server(forward, "127.0.0.1", 0, ssl=context)
    port = front.sockets[0].getsockname()[1]
    url = f"rediss://127.0.0.1:{port}/0"
    store = Store(store_address(f"{url}?ssl_ca_certs={made.folder / 'ca.pem'}"))
    assert await claimed(store)
    assert await carried(store) == "r-1"
    await store.close()
    for other in (f"{url}?ssl_ca_certs={made.folder / 'stranger.pem'}", url.replace("ss:", "s:")):
        stranger = Store(store_address(other))
        with pytest.raises(StoreUnavailable):
            await Claims(stranger).once("two", 60)
        await stranger.close()
    front.close()


async def test_a_sentinel_names_the_primary(tmp_path: Path) -> None:
    port, watch = free_port(), free_port()
    config = tmp_path / "sentinel.conf"
    config.write_text(
        f"port {watch}\ndir {tmp_path}\nsentinel monitor oncall 127.0.0.1 {port} 1\n"
        "sentinel auth-pass oncall hunter2\n"
    )
    async with (
        running("--port", str(port), "--requirepass", "hunter2", "--dir", str(tmp_path)),
        running(str(config), "--sentinel"),
    ):
        dead = free_port()
        hosts = [f"127.0.0.1:{watch}", f"127.0.0.1:{dead}"]
        for order in (hosts, hosts[::-1]):
            url = f"redis+sentinel://{','.join(order)}/oncall/0"
            store = Store(store_address(url, "hunter2"))
            began = time.monotonic()
            await claimed(store)
            assert time.monotonic() - began < 3
            await store.close()
        # pydocket asks Sentinels with redis-py's own retries: one that is down and comes first
        # holds it up for many seconds, so only the good order is tested with it.
        store = Store(store_address(f"redis+sentinel://{','.join(hosts)}/oncall/0", "hunter2"))
        assert await carried(store) == "r-1"
        await store.close()


async def test_only_a_lost_answer_is_in_doubt() -> None:
    answers: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            commands = data.count(b"*")
            if b"EVALSHA" in data and not answers:
                break  # the answer is lost with the connection
            writer.write(answers[0] if answers and b"EVALSHA" in data else b"+OK\r\n" * commands)
            await writer.drain()
        writer.close()

    front = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = front.sockets[0].getsockname()[1]
    heard: list[bool] = []
    store = Store(
        StoreAddress(f"redis://127.0.0.1:{port}/0"), on_answer=lambda _, ok: heard.append(ok)
    )
    with pytest.raises(StoreUnavailable) as lost:
        await Claims(store).once("one", 60)
    assert lost.value.perhaps_done
    with pytest.raises(StoreUnavailable, match="a moment ago") as resting:
        await Claims(store).once("one", 60)
    assert not resting.value.perhaps_done
    await asyncio.sleep(RESTING)
    answers.append(b"-OOM command not allowed\r\n")
    with pytest.raises(StoreUnavailable, match="OOM") as refused:
        await Claims(store).once("one", 60)
    assert not refused.value.perhaps_done
    front.close()
    await store.close()
    nowhere = Store(StoreAddress("redis://127.0.0.1:1/0"))
    with pytest.raises(StoreUnavailable) as away:
        await Claims(nowhere).once("one", 60)
    assert not away.value.perhaps_done
    await nowhere.close()
    assert heard == [False, True, False]
