"""Questions to the person at the terminal, asked without holding up what goes on meanwhile."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Protocol

from rich.console import Console
from rich.text import Text

from bot.model.errors import UsageError
from bot.model.visible import visible

_MOST = 4_096


class Prompt(Protocol):
    """Somebody who answers."""

    async def ask(self, question: str) -> str | None:
        """What was typed, without spaces around it; ``None`` when nobody answers any more."""


class TerminalPrompt:
    """The terminal that this command runs in.

    Raises :class:`UsageError` where input is no terminal: what is asked here is for a person to
    read and to type, and a script would only pretend to be one.
    """

    def __init__(self, console: Console, what: str) -> None:
        if not sys.stdin.isatty():
            raise UsageError(
                f"{what} wants a person at a terminal, and input is none.",
                hint="Run it in a terminal, without a pipe; it cannot be scripted.",
            )
        self._console = console

    async def ask(self, question: str) -> str | None:
        """One line. Ctrl-C is the caller's: cancel the call."""
        self._console.print(Text(f"{visible(question)} ", style="bold"), end="")
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[bytes] = loop.create_future()
        descriptor = sys.stdin.fileno()

        def readable() -> None:
            if not answered.done():
                answered.set_result(os.read(descriptor, _MOST))

        loop.add_reader(descriptor, readable)
        try:
            line = await answered
        finally:
            loop.remove_reader(descriptor)
        if not line:
            self._console.print()
            return None
        return line.decode(errors="replace").strip()


async def typed_name(prompt: Prompt, name: str, what: str) -> bool:
    """Whether the person typed ``name``, exactly; asked once."""
    answer = await prompt.ask(f"Type the cluster's name to {what}:")
    return answer == name


async def confirmed(prompt: Prompt, question: str) -> bool:
    """Whether the answer is yes; anything else is no."""
    answer = await prompt.ask(f"{question} [y/N]")
    return (answer or "").lower() in ("y", "yes")
