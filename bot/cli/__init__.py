"""The ``cilium-oncall`` command.

Runbooks are subcommands with the grammar that Slack knows; everything else is fixed. Nothing heavy
is imported until a command needs it: ``--help`` pays for none of it.

subcommands.py    a runbook as a subcommand
commands.py       demo, serve, doctor, schema
configuration.py  config check, access explain
changes.py        apply, approvals, changes: through the team's running bot
applying.py       apply without one: the plan alone, or breakglass
alerts.py         alerts route
audit.py          audit show, verify, export
"""

from __future__ import annotations

import os
import sys

import click

from bot.cli import alerts, audit, changes, commands, configuration
from bot.cli.environment import TRACEBACK_VARIABLE
from bot.cli.subcommands import runbook_command
from bot.model.errors import ConfigurationError, OncallError, UsageError
from runbooks import catalogue


class _Commands(click.Group):
    """Fixed commands, and every runbook as one more."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        runbooks = catalogue.registry().runbooks
        names = [*(runbook.name for runbook in runbooks), *super().list_commands(ctx)]
        return list(dict.fromkeys(names))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        fixed = super().get_command(ctx, cmd_name)
        if fixed is not None:
            return fixed
        runbooks = {runbook.name: runbook for runbook in catalogue.registry().runbooks}
        return runbook_command(runbooks[cmd_name]) if cmd_name in runbooks else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        from bot.model.nearest import did_you_mean, quoted

        registry = catalogue.registry()
        if args[0] == "config" and args[1:2] != ["check"]:
            # `config check FILE` is about the bot's own file, `config [NODE]` about the cluster.
            return "config", runbook_command(registry.runbook("config")), args[1:]
        remedies = [remedy.name for remedy in registry.remedies]
        if self.get_command(ctx, args[0]) is None and args[0] in remedies:
            raise UsageError(
                f"{args[0]} changes something.", hint=f"Try `cilium-oncall apply {args[0]} ...`."
            )
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            raise UsageError(
                f"There is no command {quoted(args[0])}.",
                hint=did_you_mean(args[0], self.list_commands(ctx))
                or "Try `cilium-oncall --help`.",
            )
        return super().resolve_command(ctx, args)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cilium-oncall")
def cli() -> None:
    """On-call troubleshooting of Cilium in Kubernetes.

    With no configuration at all, `cilium-oncall status` looks at the cluster of your current
    kubeconfig context; `cilium-oncall demo` needs no cluster either.
    """


for _command in (
    alerts.alerts,
    audit.audit,
    changes.apply,
    changes.approvals,
    changes.changes,
    configuration.config,
    configuration.access,
    commands.demo,
    commands.doctor,
    commands.schema,
    commands.serve,
):
    cli.add_command(_command)


def main() -> None:
    """Entry point: every error is a sentence on standard error, never a traceback."""
    from bot.model.visible import visible

    try:
        cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # | head had enough
        sys.exit(0)
    except UsageError as error:
        click.echo(f"Error: {visible(str(error))}", err=True)
        if error.usage:
            click.echo(f"Usage: cilium-oncall {error.usage}", err=True)
        sys.exit(2)
    except ConfigurationError as error:
        click.echo(f"Error: {visible(str(error), lines=True)}", err=True)
        sys.exit(2)
    except OncallError as error:
        click.echo(f"Error: {visible(str(error))}", err=True)
        sys.exit(3)
    except Exception as error:  # the border to people: no traceback unless asked for
        if os.environ.get(TRACEBACK_VARIABLE):
            raise
        click.echo(
            f"Error: this is a fault of cilium-oncall ({type(error).__name__}). "
            f"Set {TRACEBACK_VARIABLE}=1 to see where, and please report it.",
            err=True,
        )
        sys.exit(3)
