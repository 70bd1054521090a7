"""One run from a shell: start it, show how far it is, print its answer, end with its code."""

from __future__ import annotations

import asyncio
import getpass
import signal
from enum import IntEnum, StrEnum

from rich.console import Console

from bot.engine.executor import Executor
from bot.engine.grammar import Command
from bot.model.document import encode
from bot.model.errors import OncallError, UsageError
from bot.model.report import Verdict
from bot.model.run import Door, Progress, Requester, RunRecord, RunState
from bot.terminal.render import print_record


class Exit(IntEnum):
    """Exit codes of every command that runs something."""

    HEALTHY = 0
    FINDINGS = 1
    USAGE = 2
    UNSEEN = 3
    CANCELLED = 130


class Output(StrEnum):
    """How the answer is printed."""

    TEXT = "text"
    JSON = "json"


async def run(executor: Executor, command: Command, cluster: str, output: Output) -> Exit:
    """Carry ``command`` out and print its answer. Ctrl-C cancels; what is known is still said."""
    requester = Requester(door=Door.TERMINAL, id=getpass.getuser())
    reporter = _Reporter(Console(stderr=True, highlight=False))
    task = executor.start_here(command, cluster, requester, reporter)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, task.cancel)
    try:
        record = await task
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        reporter.close()
    if reporter.refusal is not None:
        raise reporter.refusal
    return show(record, output)


def show(record: RunRecord, output: Output) -> Exit:
    """Print the answer of a run that has ended; returns its exit code."""
    if output is Output.JSON:
        print(encode(record))  # noqa: T201  machines read stdout
    else:
        print_record(Console(highlight=False), record)
    return _exit_of(record)


def _exit_of(record: RunRecord) -> Exit:
    if record.state is RunState.CANCELLED:
        return Exit.CANCELLED
    match record.report.verdict if record.report else Verdict.UNKNOWN:
        case Verdict.OK:
            return Exit.HEALTHY
        case Verdict.UNKNOWN:
            return Exit.UNSEEN
        case _:
            return Exit.FINDINGS


class _Reporter:
    """Live progress on standard error, where that is a terminal."""

    def __init__(self, console: Console) -> None:
        self._status = console.status("starting") if console.is_terminal else None
        self.refusal: OncallError | None = None

    async def refused(self, error: OncallError) -> None:
        self.close()
        self.refusal = error if isinstance(error, UsageError) else UsageError(str(error))

    async def started(self, record: RunRecord) -> None:
        if self._status:
            self._status.update(f"{record.request.runbook} on {record.request.cluster}")
            self._status.start()

    def progressed(self, record: RunRecord, progress: Progress) -> None:
        if self._status:
            self._status.update(f"{record.request.runbook}: {progress}")

    async def finished(self, record: RunRecord) -> None:
        self.close()

    def close(self) -> None:
        if self._status:
            self._status.stop()
