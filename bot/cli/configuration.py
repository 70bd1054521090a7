"""``config check`` and ``access explain``: what the files say, before the bot is started."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from bot.cli.environment import CONFIG_VARIABLE
from bot.model.access import Action
from runbooks import catalogue

ACTIONS = [str(action) for action in Action]


def command_names() -> list[str]:
    """What an access rule may name: every runbook and remedy, a team's own among them, and the
    doctor."""
    from bot.doctor.runbook import NAME

    return [*(entry.name for entry in catalogue.registry()), NAME]


@click.group(short_help="Look at a configuration file")
def config() -> None:
    """Look at a configuration file."""


@config.command("check", short_help="Every error of a file at once")
@click.argument("file", type=click.Path(path_type=Path))
def config_check(file: Path) -> None:
    """Report everything that is wrong with FILE: line, field, what was found, what is allowed.

    The access file that it names is checked with it.
    """
    from bot.settings import check

    problems = check(file, command_names())
    for problem in problems:
        click.echo(str(problem))
    if problems:
        click.echo(f"{len(problems)} problem{'s' * (len(problems) > 1)} in {file}.", err=True)
        sys.exit(2)
    click.echo(f"{file} is in order.")


@click.group(short_help="Who may do what")
def access() -> None:
    """Who may do what, by the access rules of a config file."""


@access.command("explain", short_help="Which rule decides, and how")
@click.option(
    "--config",
    metavar="FILE",
    type=click.Path(path_type=Path),
    envvar=CONFIG_VARIABLE,
    required=True,
)
@click.option("--user", metavar="U...", required=True, help="The Slack user id of the person.")
@click.option("--command", metavar="TEXT", required=True, help='As typed: "status node-7".')
@click.option("--action", type=click.Choice(ACTIONS), default=ACTIONS[0], help="What they want.")
@click.option("--cluster", metavar="NAME", help="Else the channel's, else the only one.")
@click.option("--channel", metavar="C...", default="", help="Else a direct message.")
@click.option("--group", "groups", metavar="S...", multiple=True, help="A user group they are in.")
@click.option("--ask-slack", is_flag=True, help="Look the person up; needs SLACK_BOT_TOKEN.")
def access_explain(
    config: Path,
    user: str,
    command: str,
    action: str,
    cluster: str | None,
    channel: str,
    groups: tuple[str, ...],
    ask_slack: bool,
) -> None:
    """Show the rule that decides about a request, and where it is written.

    Without --ask-slack the person counts as a full member of the workspace, in the groups named by
    --group. Exit code 0: allowed. 1: refused.
    """
    import asyncio

    from bot.cli.explanation import Question, explain
    from bot.settings import load

    settings = load(config, os.environ, command_names())
    wanted, theirs = Action(action), frozenset(groups)
    question = Question(user, command, cluster, channel, wanted, theirs, ask_slack=ask_slack)
    explained = asyncio.run(explain(settings, question))
    click.echo(explained.text)
    sys.exit(0 if explained.allowed else 1)
