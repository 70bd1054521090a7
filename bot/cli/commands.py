"""The fixed commands: what is no runbook."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.configuration import command_names, remedy_names, runbook_parameters
from bot.cli.environment import CONFIG_VARIABLE
from bot.model.errors import UsageError

if TYPE_CHECKING:
    from bot.settings import Logs


@click.command(short_help="A simulated cluster, the bot and a local Slack page")
@click.option("--nodes", default=12, show_default=True, type=click.IntRange(1, 5000))
@click.option("--port", default=0, help="The page's port; 0 takes a free one.", metavar="PORT")
@click.option("--healthy", is_flag=True, help="Start without the crash looping agent.")
@click.option("--no-browser", is_flag=True, help="Do not open the page in the browser.")
@click.option("--socket", is_flag=True, help="Slack reaches the bot by Socket Mode, not HTTP.")
def demo(nodes: int, port: int, healthy: bool, no_browser: bool, socket: bool) -> None:
    """Try the bot without a cluster and without Slack.

    Starts a simulated Cilium cluster and a local Slack workspace, and the real bot between them.
    Everything stays on this machine; Ctrl-C ends it.
    """
    from bot.demo import run_demo
    from bot.settings import Logs

    _until_interrupted(
        lambda: run_demo(
            nodes=nodes, port=port, healthy=healthy, browser=not no_browser, socket=socket
        ),
        Logs(level="warning"),
    )


@click.command(short_help="Run the bot")
@click.option(
    "--config",
    metavar="FILE",
    type=click.Path(path_type=Path),
    envvar=CONFIG_VARIABLE,
    default=Path("config/bot.yaml"),
    show_default=True,
)
def serve(config: Path) -> None:
    """Run the Slack bot until SIGTERM. Secrets come from the environment, see docs/settings.md."""
    from bot import app
    from bot.settings import load

    settings = load(config, os.environ, command_names(), remedy_names(), runbook_parameters())
    secrets = settings.credentials.values()
    _until_interrupted(lambda: app.serve(settings), settings.logs, secrets)


@click.command(short_help="Whether the bot itself is well")
@click.option("--config", metavar="FILE", type=click.Path(path_type=Path), envvar=CONFIG_VARIABLE)
@click.option("--cluster", metavar="NAME", help="Only this one; without it every cluster.")
@click.option("--deadline", metavar="DURATION", default="20s", show_default=True)
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text")
def doctor(config: Path | None, cluster: str | None, deadline: str, output: str) -> None:
    """Look at everything the bot needs: files, Slack, and its rights in every cluster.

    It changes nothing. Each trouble comes with its fix. Exit codes are those of runbooks.
    """
    import asyncio

    from bot.cli.consultation import consult
    from bot.model.names import parse_duration
    from bot.terminal.door import Output, show

    seconds = parse_duration(deadline)
    if not seconds:
        raise UsageError(f"{deadline} is not a duration.", hint="Such as 20s or 1m.")
    record = asyncio.run(
        consult(
            config,
            cluster,
            os.environ,
            command_names(),
            seconds,
            remedy_names(),
            runbook_parameters(),
        )
    )
    sys.exit(show(record, Output(output)))


@click.command(short_help="The JSON Schema of -o json")
def schema() -> None:
    """Print the JSON Schema of what `-o json` prints."""
    import msgspec

    from bot.model.document import schema as document_schema

    encoded = msgspec.json.encode(document_schema())
    click.echo(msgspec.json.format(encoded, indent=2).decode())


def _until_interrupted(
    work: Callable[[], Coroutine[Any, Any, None]],
    said: Logs | None = None,
    secrets: Sequence[str] = (),
) -> None:
    import asyncio

    from bot.observability import logs
    from bot.settings import Logs

    wanted = said or Logs()
    logs.configure(wanted.format, wanted.level, secrets)
    asyncio.run(work())
