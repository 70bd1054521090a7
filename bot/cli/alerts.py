"""``alerts route``: what would be done about a delivery of alerts, and why."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.configuration import command_names, remedy_names, runbook_parameters
from bot.cli.environment import CONFIG_VARIABLE
from runbooks import catalogue

if TYPE_CHECKING:
    from bot.model.alert_rules import AlertReceiver, AlertRules


@click.group(short_help="Which command answers which alerts")
def alerts() -> None:
    """Which command answers which alerts, by the alerts file that the settings name."""


@alerts.command("route", short_help="What would be done about a delivery")
@click.option(
    "--file", "file", metavar="FILE", type=click.Path(path_type=Path), required=True,
    help="A body as Alertmanager posts it.",
)  # fmt: skip
@click.option("--receiver", metavar="NAME", help="Who delivers it; else the only receiver.")
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text")
@click.option(
    "--config",
    metavar="FILE",
    type=click.Path(path_type=Path),
    envvar=CONFIG_VARIABLE,
    default=Path("config/bot.yaml"),
    show_default=True,
)
def route(file: Path, receiver: str | None, output: str, config: Path) -> None:
    """Show which command would answer the alerts in FILE, by which rule, and what is left out.

    Nothing is run and nobody is asked. Exit code 0: they are routed. 2: they would be refused.
    """
    from datetime import UTC, datetime

    from rich.console import Console

    from bot.alerts.payload import read
    from bot.alerts.routing import route as routed
    from bot.model.errors import ConfigurationError
    from bot.settings import load
    from bot.terminal.alert_routes import print_route, write_route

    settings = load(config, os.environ, command_names(), remedy_names(), runbook_parameters())
    rules = settings.alert_rules
    if rules is None:
        raise ConfigurationError(
            f"{config} names no alerts file.", hint="Add alerts: alerts.yaml; see docs/alerts.md."
        )
    try:
        body = file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"Cannot read {file}: {error.strerror}.") from None
    reading = read(body, _receiver(rules, receiver), datetime.now(UTC))
    found = routed(reading.delivery, rules, catalogue.registry())
    if output == "json":
        write_route(reading.delivery, found, reading.unreadable)
    else:
        print_route(Console(highlight=False), reading.delivery, found, reading.unreadable)


def _receiver(rules: AlertRules, name: str | None) -> AlertReceiver:
    from bot.model.errors import UsageError
    from bot.model.nearest import did_you_mean, quoted

    known = list(rules.receivers)
    if name is None and len(known) == 1:
        return rules.receivers[known[0]]
    if name is None:
        raise UsageError("There are several receivers.", hint=f"--receiver {' or '.join(known)}")
    if name not in rules.receivers:
        hint = did_you_mean(name, known) or f"Known: {', '.join(known)}."
        raise UsageError(f"There is no receiver {quoted(name)}.", hint=hint)
    return rules.receivers[name]
