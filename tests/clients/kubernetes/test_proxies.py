"""Proxies: which servers go through one, and that the tunnel works."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from bot.clients.kubernetes.connection import ClusterAddress, connect
from bot.clients.kubernetes.proxies import proxy_for
from bot.model.errors import ConfigurationError, Unreachable
from tests.clients.kubernetes.certificates import NAME, Certificates
from tests.clients.kubernetes.serving import answering, serving, text, using, write_kubeconfig

PROXY = "http://proxy.test:3128"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    ("server", "without", "through"),
    [
        ("https://api.prod.test:6443", "", True),
        ("https://10.1.2.3:6443", "", True),
        ("http://api.prod.test", "", False),  # HTTPS_PROXY is for https
        ("https://127.0.0.1:6443", "", False),
        ("https://localhost:6443", "", False),
        ("https://[::1]:6443", "", False),
        ("https://10.1.2.3:6443", "10.0.0.0/8", False),
        ("https://10.1.2.3:6443", "192.168.0.0/16,10.1.2.3", False),
        ("https://10.1.2.3:6443", "192.168.0.0/16, nonsense/99", True),
        ("https://[fd00::7]:6443", "fd00::/8", False),
        ("https://api.prod.test:6443", "prod.test", False),
        ("https://api.prod.test:6443", ".prod.test", False),
        ("https://api.prod.test:6443", "*.prod.test", False),
        ("https://prod.test:6443", ".prod.test", True),
        ("https://notprod.test:6443", "prod.test", True),
        ("https://api.prod.test:6443", "API.prod.test:6443", False),
        ("https://api.prod.test:6443", "api.prod.test:443", True),
        ("https://api.prod.test", "api.prod.test:443", False),
        ("https://api.prod.test:6443", "*", False),
        ("https://api.prod.test:6443", ",, ,.", True),
    ],
)
def test_who_goes_through_the_proxy(
    monkeypatch: pytest.MonkeyPatch, server: str, without: str, through: bool
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", without)
    assert proxy_for(server) == (PROXY if through else None)


def test_a_proxy_without_a_scheme_speaks_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "proxy.test:3128")
    assert proxy_for("https://api.prod.test") == PROXY


async def test_the_kubeconfigs_proxy_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    path = write_kubeconfig(tmp_path / "c", "https://a.test", proxy_url="http://own.test:1")
    assert (await connect(ClusterAddress(path))).proxy == "http://own.test:1"


async def test_a_proxy_we_cannot_speak_to_is_refused_without_its_password(tmp_path: Path) -> None:
    proxy = "socks5://ana:secret@proxy.test:1080"
    path = write_kubeconfig(tmp_path / "config", "https://a.test", proxy_url=proxy)
    with pytest.raises(ConfigurationError) as caught:
        await connect(ClusterAddress(path))
    assert caught.value.message == "The proxy socks5://proxy.test:1080 is not an HTTP proxy."


@pytest.mark.parametrize("proxy", ["http://", "http://[::1", "http://proxy.test:99999"])
async def test_a_proxy_that_is_no_url_is_refused(tmp_path: Path, proxy: str) -> None:
    path = write_kubeconfig(tmp_path / "config", "https://a.test", proxy_url=proxy)
    with pytest.raises(ConfigurationError):
        await connect(ClusterAddress(path))


@asynccontextmanager
async def tunnelling(port: int, answer: str = "200 OK") -> AsyncIterator[tuple[str, list[str]]]:
    """A proxy that leads every CONNECT to a local ``port``, and what it was asked."""
    asked: list[str] = []

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode().splitlines()[0])
        writer.write(f"HTTP/1.1 {answer}\r\n\r\n".encode())
        if "200" in answer:
            inner, outer = await asyncio.open_connection("127.0.0.1", port)
            with suppress(ConnectionError):
                await asyncio.gather(pump(reader, outer), pump(inner, writer))
            outer.close()
        writer.close()

    listener = await asyncio.start_server(tunnel, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}", asked
    finally:
        listener.close()
        await asyncio.sleep(0.05)


async def test_requests_go_through_the_tunnel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, certificates: Certificates
) -> None:
    async with serving(answering(text("{}")), certificates.server()) as served:
        port = int(served.url.rpartition(":")[2])
        async with tunnelling(port) as (proxy, asked):
            monkeypatch.setenv("HTTPS_PROXY", proxy)
            server, authority = f"https://{NAME}:6443", certificates["ca.pem"]
            path = write_kubeconfig(tmp_path / "c", server, certificate_authority=authority)
            async with using(path) as cluster:
                assert await cluster.api.get("/api/v1/nodes") == b"{}"
            assert asked == [f"CONNECT {NAME}:6443 HTTP/1.1"]


async def test_a_proxy_that_refuses_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with tunnelling(0, "407 Proxy Authentication Required") as (proxy, _):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        async with using(write_kubeconfig(tmp_path / "c", f"https://{NAME}")) as cluster:
            with pytest.raises(Unreachable) as caught:
                await cluster.api.get("/api/v1/nodes", attempts=1)
    assert caught.value.message == f"The proxy does not connect to {NAME}: it answers 407."
    assert "NO_PROXY" in caught.value.hint


async def test_a_proxy_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    async with using(write_kubeconfig(tmp_path / "config", f"https://{NAME}")) as cluster:
        with pytest.raises(Unreachable, match=f"The proxy on the way to {NAME} cannot be reached"):
            await cluster.api.get("/api/v1/nodes", attempts=1)
