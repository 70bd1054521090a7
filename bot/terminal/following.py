"""A change followed until it ends. Watching decides nothing: Ctrl-C only ends the watching."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from rich.console import Console
from rich.text import Text

from bot.model.change_document import ChangeDocument
from bot.model.errors import StoreUnavailable, TimedOut, Unreachable
from bot.model.visible import visible
from bot.terminal.changes import progress_of
from bot.terminal.running_bot import RunningBot

EVERY = 1.0
"""Seconds between two looks."""
PATIENCE = 300.0
"""Seconds without an answer after which nothing more is to be seen from here."""


class Following:
    """One change, watched. ``tell`` is called with each state that was seen."""

    def __init__(
        self, bot: RunningBot, change: ChangeDocument, tell: Callable[[ChangeDocument], None]
    ) -> None:
        self.change = change
        self.interrupted = False
        """Whether somebody had enough of it. The change goes on."""
        self._bot = bot
        self._tell = tell
        console = Console(stderr=True, highlight=False)
        self._status = console.status("") if console.is_terminal else None

    async def watch(self) -> ChangeDocument:
        """Until the change has ended, or Ctrl-C.

        Raises :class:`Unreachable` when the bot was silent for :data:`PATIENCE` seconds.
        """
        looking = asyncio.create_task(self._look())

        def interrupt() -> None:
            self.interrupted = True
            looking.cancel()

        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, interrupt)
        try:
            await looking
        except asyncio.CancelledError:
            if not self.interrupted:
                raise
        finally:
            loop.remove_signal_handler(signal.SIGINT)
            if self._status is not None:
                self._status.stop()
        return self.change

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        heard = loop.time()
        self._seen(self.change)
        while self.change.open:
            self._show(progress_of(self.change))
            await asyncio.sleep(EVERY)
            try:
                now = await self._bot.change(self.change.change)
            except (Unreachable, TimedOut, StoreUnavailable) as error:
                if loop.time() - heard > PATIENCE:
                    error.hint = f"{self.change.change} goes on all the same. {error.hint}"
                    raise
                self._show(f"{error.message} The change goes on; trying again.")
                continue
            heard = loop.time()
            if now != self.change:
                self._seen(now)

    def _seen(self, change: ChangeDocument) -> None:
        """Tell what is new; a line that is drawn again and again must not run into it."""
        self.change = change
        if self._status is not None:
            self._status.stop()
        self._tell(change)
        if self._status is not None and change.open:
            self._status.start()

    def _show(self, words: str) -> None:
        if self._status is not None:
            self._status.update(Text(visible(words)))
