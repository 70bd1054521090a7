"""``audit show``, ``verify`` and ``export``: what was asked, decided and done, and whether the
record of it is whole."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bot.cli.environment import CONFIG_VARIABLE

if TYPE_CHECKING:
    from bot.engine.changes.audit import Audit

F = TypeVar("F", bound=Callable[..., Any])


def _config_option(command: F) -> F:
    return click.option(
        "--config",
        metavar="FILE",
        type=click.Path(path_type=Path),
        envvar=CONFIG_VARIABLE,
        default=Path("config/bot.yaml"),
        show_default=True,
        help="The bot's settings, which name the store.",
    )(command)


@click.group(short_help="The record of all changes")
def audit() -> None:
    """Read and verify the record of all changes, from the store that the settings name.

    Seals are verified with the bot's key (SEAL_KEY, or the one beside the embedded store); without
    it only the chain is.
    """


@audit.command("show", short_help="The latest records")
@click.option("--change", "change_id", metavar="ID", default="", help="Of one change (c-...).")
@click.option("--last", "most", default=50, show_default=True, type=click.IntRange(1, 10_000))
@_config_option
def show(change_id: str, most: int, config: Path) -> None:
    """Print the latest records, oldest first."""

    async def work(found: Audit) -> int:
        from rich.console import Console

        from bot.terminal.audit import print_records

        print_records(Console(highlight=False), await found.records(most, change=change_id))
        return 0

    _on_audit(config, work)


@audit.command("verify", short_help="Whether the record is whole")
@_config_option
def verify(config: Path) -> None:
    """Follow the whole chain from its first record, and say where it breaks.

    Exit code 0: whole. 1: broken. 3: it could not be read.
    """

    async def work(found: Audit) -> int:
        from rich.console import Console

        from bot.terminal.audit import print_verification

        verified = await found.verify()
        print_verification(Console(highlight=False), verified)
        return 0 if verified.broken_at is None else 1

    _on_audit(config, work)


@audit.command("export", short_help="All records as JSON lines")
@click.option(
    "--file", "file", metavar="FILE", type=click.Path(path_type=Path), help="Else stdout."
)
@_config_option
def export(file: Path | None, config: Path) -> None:
    """Write every record, oldest first, one JSON object a line, and verify what was written.

    Exit code 0: whole. 1: broken, and what follows the break was written all the same.
    """

    async def work(found: Audit) -> int:
        from rich.console import Console

        from bot.terminal.audit import export_records, print_verification

        verified = await export_records(found, file)
        print_verification(Console(stderr=True, highlight=False), verified)
        return 0 if verified.broken_at is None else 1

    _on_audit(config, work)


def _on_audit(config: Path, work: Callable[[Audit], Awaitable[int]]) -> None:
    import asyncio

    from bot.cli.configuration import command_names
    from bot.cli.stores import open_audit
    from bot.settings import load

    settings = load(config, os.environ, command_names())

    async def run() -> int:
        async with open_audit(settings) as found:
            return await work(found)

    sys.exit(asyncio.run(run()))
