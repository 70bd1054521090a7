"""One run of the ``helm`` binary: bounded in time and output, and gone when its worker is.

It gets a process group of its own, so that whatever it starts goes with it. On Linux the kernel
kills it when the thread that started it ends (PR_SET_PDEATHSIG), which is the main one where the
bot's event loop runs. SIGKILL and not SIGTERM: nobody is left then to insist.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.model.errors import ConfigurationError, Malformed, TimedOut

MOST_OUTPUT = 64 * 1024 * 1024
MOST_ERRORS = 1024 * 1024
GRACE = 5.0
"""Seconds between asking it to end - an upgrade then records that it failed - and ending it."""
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Ended:
    """What a run left behind."""

    code: int
    stdout: bytes
    stderr: bytes

    @property
    def said(self) -> str:
        """What it said of itself, as text."""
        return self.stderr.decode(errors="replace").strip()


async def run(
    program: str,
    arguments: tuple[str, ...],
    *,
    folder: Path,
    environment: Mapping[str, str],
    within: float,
    grace: float = GRACE,
) -> Ended:
    """Run ``program`` and wait for its end, at most ``within`` seconds.

    Raises :class:`TimedOut`, :class:`Malformed` for more output than there may be, and
    :class:`ConfigurationError` when it cannot be started. A caller that is cancelled ends it.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            program,
            *arguments,
            cwd=folder,
            env=dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            preexec_fn=_ending_with_parent(),
        )
    except (FileNotFoundError, PermissionError, OSError) as error:
        raise ConfigurationError(
            f"helm cannot be started ({program}): {error.strerror or error}.",
            hint="Install Helm 4 where the bot runs, or name it: helm.program in bot.yaml.",
        ) from None
    try:
        async with asyncio.timeout(within):
            stdout, stderr = await asyncio.gather(
                _read(process.stdout, MOST_OUTPUT), _read(process.stderr, MOST_ERRORS)
            )
            code = await process.wait()
    except TimeoutError:
        raise TimedOut(
            f"helm {arguments[0]} did not end within {within:g} s and was ended.",
            hint="What it had sent by then is not undone: read the release's state first.",
        ) from None
    finally:
        await _end(process, grace)
    return Ended(code, stdout, stderr)


async def _read(stream: asyncio.StreamReader | None, most: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while stream is not None and (chunk := await stream.read(64 * 1024)):
        size += len(chunk)
        if size > most:
            raise Malformed(f"helm prints more than {most:,} bytes.")
        chunks.append(chunk)
    return b"".join(chunks)


async def _end(process: asyncio.subprocess.Process, grace: float) -> None:
    """Nothing of it may be left: its group is told to end, and then ended."""
    if process.returncode is None:
        _signal(process.pid, signal.SIGTERM)
        try:
            async with asyncio.timeout(grace):
                await process.wait()
        except TimeoutError:
            pass
        finally:
            _signal(process.pid, signal.SIGKILL)
            await process.wait()
    else:
        _signal(process.pid, signal.SIGKILL)


def _signal(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return  # nobody of it is left


def _ending_with_parent() -> Callable[[], None] | None:
    """What the process does before it becomes helm; only Linux knows how."""
    if sys.platform != "linux":
        return None
    control = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def end_with_parent() -> None:
        control(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died in between
            os._exit(1)

    return end_with_parent
