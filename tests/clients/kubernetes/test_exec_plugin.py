"""Credential plugins: what they give, what they say when they fail, and that none outlives us."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.clients.kubernetes import exec_plugin
from bot.clients.kubernetes.connection import ClusterAddress, Connection, connect
from bot.model.errors import ConfigurationError
from tests.clients.kubernetes.certificates import Certificates
from tests.clients.kubernetes.serving import write_kubeconfig

VERSION = "client.authentication.k8s.io/v1"


def plugin_in(folder: Path, body: str, **more: Any) -> Path:
    """A kubeconfig whose user runs a Python script ``login`` with ``body``."""
    script = folder / "login"
    script.write_text(f"#!{sys.executable}\nimport json, os, sys, time\n{body}\n")
    script.chmod(0o755)
    plugin = {"apiVersion": VERSION, "command": "./login", **more}
    return write_kubeconfig(folder / "config", "https://a.test", {"exec": plugin})


def printing(**status: str) -> str:
    return f"print(json.dumps({{'apiVersion': '{VERSION}', 'status': {status!r}}}))"


async def connected(path: Path) -> Connection:
    return await connect(ClusterAddress(path))


async def refusal(path: Path) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        await connected(path)
    return caught.value


async def test_a_token_becomes_the_header(tmp_path: Path) -> None:
    connection = await connected(plugin_in(tmp_path, printing(token="abc")))
    assert await connection.headers() == {"authorization": "Bearer abc"}


@pytest.fixture
def typed() -> Iterator[None]:
    """Somebody has typed something into our own standard input."""
    ours = os.dup(0)
    reading, writing = os.pipe()
    os.write(writing, b"yes\n")
    os.close(writing)
    os.dup2(reading, 0)
    yield
    os.dup2(ours, 0)
    os.close(reading)
    os.close(ours)


async def test_it_is_told_what_the_kubeconfig_says(tmp_path: Path, typed: None) -> None:
    body = """
info = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
said = [sys.argv[1], os.environ["PROFILE"], info["spec"]["cluster"]["server"],
        str(info["spec"]["interactive"]), info["apiVersion"], str(sys.stdin.read())]
print(json.dumps({"status": {"token": "|".join(said)}}))
"""
    environment = [{"name": "PROFILE", "value": "prod"}]
    path = plugin_in(tmp_path, body, args=["--x"], env=environment, provideClusterInfo=True)
    headers = await (await connected(path)).headers()
    assert headers["authorization"] == f"Bearer --x|prod|https://a.test|False|{VERSION}|"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("sys.exit('token\\n expired.')", "login failed (exit code 1): token expired."),
        ("sys.exit(3)", "login failed (exit code 3): no message."),
        ("print('hello')", "login printed no ExecCredential."),
        ("print('[]')", "login printed no ExecCredential."),
        ("print('{}')", "login gave no credentials."),
        ("print(json.dumps({'status': None}))", "login gave no credentials."),
        (printing(clientCertificateData="x"), "login gave no credentials."),
    ],
)
async def test_a_failing_plugin_is_named_with_what_it_said(
    tmp_path: Path, body: str, message: str
) -> None:
    error = await refusal(plugin_in(tmp_path, body))
    assert error.message == f"The credential plugin {message}"
    assert "kubectl auth whoami" in error.hint


async def test_a_missing_plugin_shows_how_to_install_it(tmp_path: Path) -> None:
    plugin = {"apiVersion": VERSION, "command": "no-such-login", "installHint": "Install\n it."}
    path = write_kubeconfig(tmp_path / "config", "https://a.test", {"exec": plugin})
    error = await refusal(path)
    assert error.message.startswith("The credential plugin no-such-login cannot be started: ")
    assert error.hint == "Install it."


async def test_a_plugin_gives_a_client_certificate(
    tmp_path: Path, certificates: Certificates
) -> None:
    pair = {
        "clientCertificateData": certificates.read("client.pem"),
        "clientKeyData": certificates.read("client.key"),
    }
    connection = await connected(plugin_in(tmp_path, printing(**pair)))
    assert connection.certificate.decode() == pair["clientCertificateData"]


def hanging_in(folder: Path) -> Path:
    """A plugin that tells its process id and its child's, and hangs."""
    body = f"""
import subprocess
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
with open({str(folder / "unfinished")!r}, "w") as file:
    file.write(json.dumps([os.getpid(), child.pid]))
os.rename({str(folder / "unfinished")!r}, {str(folder / "pids")!r})
time.sleep(60)
"""
    return plugin_in(folder, body)


def is_there(path: Path) -> bool:
    return path.exists()


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def all_gone(folder: Path) -> bool:
    pids = json.loads((folder / "pids").read_text())
    for _ in range(100):
        if not any(is_running(pid) for pid in pids):
            return True
        await asyncio.sleep(0.01)
    return False


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="reads /proc")  # noqa: PTH112
async def test_a_hanging_plugin_is_ended_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exec_plugin, "PATIENCE", 1.0)
    error = await refusal(hanging_in(tmp_path))
    assert error.message == "The credential plugin login does not end within 1 s."
    assert await all_gone(tmp_path)


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="reads /proc")  # noqa: PTH112
async def test_cancelling_ends_the_plugin(tmp_path: Path) -> None:
    task = asyncio.create_task(connected(hanging_in(tmp_path)))
    for _ in range(500):
        if is_there(tmp_path / "pids"):
            break
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await all_gone(tmp_path)
