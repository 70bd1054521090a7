"""``cilium-oncall demo`` as a subprocess, and what it leaves behind."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

COMMAND = str(Path(sys.executable).with_name("cilium-oncall"))
READY_WITHIN = 10.0
"""Seconds on a machine of its own: what is promised."""
PATIENCE = 45.0
"""Seconds on one that others use, too."""


@dataclass(frozen=True)
class Demo:
    """A demo that has announced itself."""

    process: asyncio.subprocess.Process
    page: str
    kubeconfig: Path
    children: tuple[int, ...]
    """The process ids of its simulated cluster and of its store."""

    async def ended(self, number: signal.Signals) -> int:
        """Its exit code after a signal, once its children are gone as well."""
        self.process.send_signal(number)
        async with asyncio.timeout(PATIENCE / 3):
            code = await self.process.wait()
            while any(map(_alive, self.children)):
                await asyncio.sleep(0.02)
        return code


@asynccontextmanager
async def demo(folder: Path, *options: str) -> AsyncIterator[Demo]:
    """Start it, and end it whatever happens."""
    process = await asyncio.create_subprocess_exec(
        COMMAND, "demo", "--no-browser", *options,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(folder)},
    )  # fmt: skip
    try:
        async with asyncio.timeout(PATIENCE):
            yield await _announced(process)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.communicate()


async def _announced(process: asyncio.subprocess.Process) -> Demo:
    assert process.stdout is not None
    said = ""
    while "Ctrl-C" not in said:
        line = await process.stdout.readline()
        assert line, f"the demo ended: {said}"
        said += line.decode()
    page = re.search(r"http://127\.0\.0\.1:\d+/\S+", said)
    kubeconfig = re.search(r"--kubeconfig (\S+)", said)
    assert page is not None, said
    assert kubeconfig is not None, said
    return Demo(process, page[0], Path(kubeconfig[1]), _children_of(process.pid))


def _children_of(parent: int) -> tuple[int, ...]:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    assert len(children) == 2
    return tuple(map(int, children))


def _alive(number: int) -> bool:
    """Whether a process is there and more than a zombie that nobody has asked about."""
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
