"""What a breakglass change asks of the person who makes it, and their Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

from bot.model.change import Word
from bot.terminal.lines import print_line
from bot.terminal.prompt import Prompt

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Person:
    """The person at the terminal. Once they had enough, every answer is no."""

    def __init__(self, prompt: Prompt, console: Console) -> None:
        self.stopped = asyncio.Event()
        self._prompt = prompt
        self._console = console
        self._asking: asyncio.Task[str | None] | None = None

    @property
    def stopping(self) -> bool:
        """Whether they had enough."""
        return self.stopped.is_set()

    @contextmanager
    def heard(self, goes_on: Callable[[], bool]) -> Iterator[None]:
        """Ctrl-C, and a terminal that closes, ask to stop at the next step boundary."""

        def stop() -> None:
            self.stopped.set()
            if self._asking is not None:
                self._asking.cancel()
            elif goes_on():
                print_line(self._console, ("\nIt stops at the next step boundary.", "bold yellow"))

        loop = asyncio.get_running_loop()
        for name in _SIGNALS:
            loop.add_signal_handler(name, stop)
        try:
            yield
        finally:
            for name in _SIGNALS:
                loop.remove_signal_handler(name)

    async def answer(self, question: str) -> str:
        """What was typed; nothing after Ctrl-C, or when input has ended."""
        if self.stopping:
            return ""
        self._asking = asyncio.create_task(self._prompt.ask(question))
        try:
            answer = await self._asking
        except asyncio.CancelledError:
            if not self.stopped.is_set():
                raise
            self._console.print()
            return ""
        finally:
            self._asking = None
        if answer is None:
            self.stopped.set()
        return answer or ""

    async def agrees(self, question: str) -> bool:
        """Whether the answer is yes; anything else is no."""
        return (await self.answer(f"{question} [y/N]")).lower() in ("y", "yes")

    async def types(self, name: str) -> bool:
        """Whether they typed ``name``, exactly."""
        return await self.answer("Type the cluster's name to do exactly this:") == name

    async def settles(self, step: str) -> Word:
        """What became of a step whose effect cannot be seen."""
        print_line(
            self._console,
            (f"? Whether {step} took effect is not known. ", "bold magenta"),
            ("Look at the cluster in another terminal before you answer.", ""),
        )
        words = {"happened": Word.HAPPENED, "did-not": Word.DID_NOT, "stop": Word.STOP}
        while True:
            answer = (await self.answer(f"{step}: happened, did-not or stop?")).lower()
            if self.stopping or answer in words:
                return words.get(answer, Word.STOP)
