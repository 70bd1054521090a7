"""``config check`` and ``access explain``: what the files say, before the bot is started."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from bot.cli.environment import CONFIG_VARIABLE
from bot.model.access import LISTS, REQUESTS, Action
from bot.model.plan import Risk
from runbooks import catalogue

ACTIONS = [*map(str, Action), "approve"]
RISKS = [str(risk) for risk in Risk if risk is not Risk.SAFE]


def command_names() -> list[str]:
    """What an access rule may name: every runbook and remedy, a team's own among them, the doctor,
    and the other commands that ask for something."""
    from bot.doctor.runbook import NAME

    return [*(one.name for one in catalogue.registry()), NAME, *REQUESTS, *LISTS]


def remedy_names() -> list[str]:
    """What an approval rule may name."""
    return [remedy.name for remedy in catalogue.registry().remedies]


def runbook_parameters() -> dict[str, dict[str, bool]]:
    """What alerts may be routed to: runbooks, their parameters, and whether each is required."""
    return {
        runbook.name: {parameter.name: parameter.required for parameter in runbook.parameters}
        for runbook in catalogue.registry().runbooks
    }


@click.group(short_help="Look at a configuration file")
def config() -> None:
    """Look at a configuration file."""


@config.command("check", short_help="Every error of a file at once")
@click.argument("file", type=click.Path(path_type=Path))
def config_check(file: Path) -> None:
    """Report everything that is wrong with FILE: line, field, what was found, what is allowed.

    The files of access, approval and alert rules that it names are checked with it.
    """
    from bot.settings import check

    problems = check(file, command_names(), remedy_names(), runbook_parameters())
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
@click.option(
    "--action",
    type=click.Choice(ACTIONS),
    help="What they want; else request for what changes something, and run for the rest.",
)
@click.option("--cluster", metavar="NAME", help="Else the channel's, else the only one.")
@click.option("--channel", metavar="C...", default="", help="Else a direct message.")
@click.option("--group", "groups", metavar="S...", multiple=True, help="A user group they are in.")
@click.option("--ask-slack", is_flag=True, help="Look the person up; needs SLACK_BOT_TOKEN.")
@click.option("--requested-by", metavar="U...", default="", help="Who asked for the change.")
@click.option("--risk", type=click.Choice(RISKS), default=RISKS[0], help="Of the change.")
@click.option(
    "--namespace",
    "namespaces",
    metavar="NAME",
    multiple=True,
    help="Of what is changed; else Cilium's.",
)
def access_explain(
    config: Path,
    user: str,
    command: str,
    action: str | None,
    cluster: str | None,
    channel: str,
    groups: tuple[str, ...],
    ask_slack: bool,
    requested_by: str,
    risk: str,
    namespaces: tuple[str, ...],
) -> None:
    """Show the rule that decides about a request, and where it is written.

    With --action approve: which approval rule decides about the change, and whether the person
    counts as an approver of it.

    Without --ask-slack the person counts as a full member of the workspace, in the groups named by
    --group. Exit code 0: allowed. 1: refused.
    """
    import asyncio

    from bot.cli.explanation import Question, explain
    from bot.settings import load

    settings = load(config, os.environ, command_names(), remedy_names())
    question = Question(
        user,
        command,
        cluster,
        channel,
        action or "",
        frozenset(groups),
        ask_slack=ask_slack,
        requested_by=requested_by,
        risk=Risk(risk),
        namespaces=frozenset(namespaces),
    )
    explained = asyncio.run(explain(settings, question))
    click.echo(explained.text)
    sys.exit(0 if explained.allowed else 1)
