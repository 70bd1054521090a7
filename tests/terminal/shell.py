"""The real command as a subprocess, against a simulated cluster of this process."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.playground.cluster import SimulatedCluster

COMMAND = str(Path(sys.executable).with_name("cilium-oncall"))


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    def said_in_one_sentence(self) -> str:
        """The error, where there is nothing but one line of it."""
        assert self.out == ""
        assert "Traceback" not in self.err
        lines = self.err.strip().splitlines()
        assert len(lines) == 1, self.err
        return lines[0]


@dataclass(frozen=True)
class Shell:
    """A home of its own, and a kubeconfig that means the cluster."""

    cluster: SimulatedCluster
    home: Path

    @property
    def kubeconfig(self) -> Path:
        return self.home / "kubeconfig"

    async def run(self, *words: str, **environment: str) -> Ended:
        """Run ``cilium-oncall words`` with its output piped."""
        async with self.begun(*words, **environment) as process:
            out, err = await process.communicate()
        assert process.returncode is not None
        return Ended(process.returncode, out.decode(), err.decode())

    async def interrupted(self, *words: str) -> Ended:
        """The same, with a Ctrl-C as soon as the cluster was asked to execute something."""
        async with self.begun(*words) as process:
            while not self.cluster.requests["get", "", "pods", "exec"]:
                await asyncio.sleep(0.01)
            process.send_signal(signal.SIGINT)
            out, err = await process.communicate()
        assert process.returncode is not None
        return Ended(process.returncode, out.decode(), err.decode())

    @asynccontextmanager
    async def begun(
        self, *words: str, stdout: int = asyncio.subprocess.PIPE, **environment: str
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        process = await asyncio.create_subprocess_exec(
            COMMAND,
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=stdout,
            stderr=asyncio.subprocess.PIPE if stdout == asyncio.subprocess.PIPE else stdout,
            env=self.environment(**environment),
            cwd=self.home,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    def environment(self, **more: str) -> dict[str, str]:
        """Nothing of the caller's but the path: no settings, no proxies, no secrets."""
        known = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "KUBECONFIG": str(self.kubeconfig),
            "PYTHONWARNINGS": "error::ResourceWarning",
            "TERM": "xterm-256color",
        }
        return {**known, **more}
