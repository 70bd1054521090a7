"""Every helm that rolls back, as the machine knows it: who began it, and if two ever overlapped.

Each holds a lock of the kernel's from its first moment to its last, however it ends; so an overlap
is noticed even if it is shorter than any look at it.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.clients.helm.release import Revision
from bot.playground.helm.program import write_program

BEGINS_WITHIN = 20.0
"""Seconds in which an approved rollback has started its helm."""
STEP = 0.02
"""Seconds that a helm runs between two looks at its release."""

History = Callable[[], Awaitable[tuple[Revision, ...]]]

_SCRIPT = """\
#!/bin/sh
if [ "$1" = rollback ]; then
    exec 9>>"{folder}/lock"
    flock --nonblock 9 || echo $$ >>"{folder}/overlapped"
    echo $$ $PPID >>"{folder}/begun"
fi
exec "{helm}" "$@"
"""


@dataclass(frozen=True, slots=True)
class Begun:
    """One process, and the bot that started it."""

    pid: int
    bot: int


@dataclass(frozen=True, slots=True)
class Helms:
    """A helm in a folder of its own, and all that it was started for."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> Helms:
        """Write the program."""
        folder.mkdir(parents=True)
        made = cls(folder)
        inner = folder / "playground"
        inner.mkdir()
        made.program.write_text(_SCRIPT.format(folder=folder, helm=write_program(inner)))
        made.program.chmod(0o755)
        return made

    @property
    def program(self) -> Path:
        return self.folder / "helm"

    @property
    def begun(self) -> tuple[Begun, ...]:
        """All that began, by time."""
        lines = self._lines("begun")
        return tuple(Begun(*map(int, line.split())) for line in lines)

    @property
    def overlapped(self) -> list[str]:
        """Those that began while another was there."""
        return self._lines("overlapped")

    def at_work(self) -> tuple[Begun, ...]:
        """Those that are there now."""
        return tuple(one for one in self.begun if _lives(one.pid))

    async def next(self, known: int = 0) -> Begun | None:
        """The first one at work of those after the ``known`` first; None when none begins."""
        ends = asyncio.get_running_loop().time() + BEGINS_WITHIN
        while asyncio.get_running_loop().time() < ends:
            if at_work := [one for one in self.begun[known:] if _lives(one.pid)]:
                return at_work[0]
            await asyncio.sleep(0.005)
        return None

    async def stopped_in_the_middle(self, one: Begun, history: History) -> None:
        """Stop it when its new revision is stored and not deployed yet."""
        while _lives(one.pid):
            os.kill(one.pid, signal.SIGSTOP)
            if (await history())[-1].state.pending:
                return
            os.kill(one.pid, signal.SIGCONT)
            await asyncio.sleep(STEP)
        raise AssertionError("helm ended before it could be stopped")

    def _lines(self, name: str) -> list[str]:
        with suppress(FileNotFoundError):
            return (self.folder / name).read_text().splitlines()
        return []


def _lives(pid: int) -> bool:
    """Whether this is a process still: one that ended and was not waited for has no command."""
    with suppress(OSError):
        return b"rollback" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return False
