"""A command under a pseudo-terminal, and a person who types."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import signal
from collections.abc import Sequence

from tests.terminal.shell import COMMAND, Shell


async def at_a_terminal(
    shell: Shell, environment: dict[str, str], *words: str, answers: Sequence[tuple[str, str]]
) -> tuple[int, str]:
    """The command under a pseudo-terminal; each answer is typed once its question was asked, and
    ``^C`` is a Ctrl-C."""
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        COMMAND,
        *words,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=shell.environment(**environment),
        cwd=shell.home,
        start_new_session=True,
    )
    os.close(theirs)
    written = bytearray()
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def readable() -> None:
        try:
            written.extend(os.read(ours, 65_536))
        except OSError:
            loop.remove_reader(ours)
            ended.set()

    loop.add_reader(ours, readable)
    try:
        async with asyncio.timeout(20):
            seen = 0
            for question, answer in answers:
                while (at := written.decode(errors="replace").find(question, seen)) < 0:
                    assert process.returncode is None, written.decode()
                    await asyncio.sleep(0.02)
                seen = at + 1
                if answer == "^C":
                    process.send_signal(signal.SIGINT)
                else:
                    os.write(ours, f"{answer}\n".encode())
            code = await process.wait()
            await ended.wait()
    finally:
        loop.remove_reader(ours)
        os.close(ours)
        if process.returncode is None:
            process.kill()
            await process.wait()
    return code, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.decode())
