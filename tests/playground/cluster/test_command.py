"""``python -m bot.playground.cluster``."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "bot.playground.cluster"]


def test_it_serves_until_stdin_closes(tmp_path: Path) -> None:
    config = tmp_path / "config"
    arguments = ["--nodes", "3", "--die-with-parent", "--kubeconfig", str(config)]
    with subprocess.Popen(
        [*COMMAND, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        ready = json.loads(running.stdout.readline())
        request = urllib.request.Request(  # noqa: S310 - our own loopback server
            f"{ready['server']}/api/v1/nodes", headers={"Authorization": f"Bearer {ready['token']}"}
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            assert len(json.load(answer)["items"]) == 3
        assert ready["kubeconfig"] == str(config)
        assert config.stat().st_mode & 0o077 == 0
        running.stdin.close()
        assert running.wait(timeout=5) == 0


def test_it_stops_on_sigterm() -> None:
    with subprocess.Popen([*COMMAND, "--nodes", "1"], stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stdout.readline()
        running.terminate()
        assert running.wait(timeout=5) == 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--nodes", "0"], "nodes must be 1 to"),
        (["--cilium", "1.18"], "is not of the form"),
        (["--cilium", "1.9.1"], "not modelled"),
        (["--time-scale", "0"], "time_scale must be above 0"),
    ],
)
def test_mistakes_are_usage_errors(arguments: list[str], complaint: str) -> None:
    ran = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)

    assert ran.returncode == 2
    assert complaint in ran.stderr
