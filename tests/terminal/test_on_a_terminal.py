"""Under a pseudo-terminal: colour, live progress, and forty columns."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import re
import struct
import termios

from tests.terminal.shell import Shell

_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


async def on_terminal(shell: Shell, *words: str, columns: int) -> tuple[int, str]:
    """Exit code, and everything that was written to a terminal of ``columns`` columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    written = bytearray()
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def readable() -> None:
        try:
            written.extend(os.read(ours, 65_536))
        except OSError:  # Linux: the other side is closed
            loop.remove_reader(ours)
            ended.set()

    try:
        async with shell.begun(*words, stdout=theirs) as process:
            os.close(theirs)
            loop.add_reader(ours, readable)
            code = await process.wait()
            await asyncio.wait_for(ended.wait(), 5)
    finally:
        loop.remove_reader(ours)
        os.close(ours)
    return code, written.decode()


async def test_terminal_shows_colour_and_live_progress(shell: Shell) -> None:
    shell.cluster.inject("agent-silent", "node-7")
    code, written = await on_terminal(shell, "status", "--deadline", "4s", columns=80)
    assert code == 1
    assert re.search(r"asking agents \(\d+ of 8\)", written)
    assert "\x1b[1;33m▲ DEGRADED" in written
    assert "\x1b[?25h" in written, "the cursor comes back"


async def test_forty_columns_are_enough(shell: Shell) -> None:
    shell.cluster.inject("agent-crash-loop", "node-7")
    for words in (["status"], ["status", "node-7"]):
        code, written = await on_terminal(shell, *words, columns=40)
        assert code == 1
        answer = _SEQUENCE.sub("", written[written.index("▲" if len(words) == 1 else "✖") :])
        lines = answer.replace("\r", "").splitlines()
        assert max(map(len, lines)) <= 40, [line for line in lines if len(line) > 40]
        assert "crashes again and again" in " ".join(answer.split())


async def test_piped_standard_error_shows_no_progress(shell: Shell) -> None:
    shell.cluster.inject("agent-silent", "node-7")
    ended = await shell.run("status", "--deadline", "2s")
    assert ended.err == ""


async def test_what_is_folded_stands_further_in(shell: Shell) -> None:
    shell.cluster.inject("agent-crash-loop", "node-7")
    _, written = await on_terminal(shell, "status", "node-7", columns=60)
    lines = _SEQUENCE.sub("", written).replace("\r", "").splitlines()
    fatal = next(number for number, line in enumerate(lines) if line.startswith("    level=fatal"))
    assert lines[fatal + 1].startswith("      ")
    assert "  " not in lines[fatal + 1].strip()


async def test_table_without_room_becomes_a_line_a_row(shell: Shell) -> None:
    _, narrow = await on_terminal(shell, "status", columns=40)
    assert "node-8: agent ok" in _SEQUENCE.sub("", narrow)
    _, wide = await on_terminal(shell, "status", columns=80)
    assert "node-8: " not in _SEQUENCE.sub("", wide)
    assert "──" in wide
