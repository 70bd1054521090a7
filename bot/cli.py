"""The ``cilium-oncall`` command.

Runbooks are subcommands with the grammar that Slack knows; the options before them are the
terminal's own. Nothing heavy is imported until a command needs it: ``--help`` pays for none of it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.engine.registry import Registry, Runbook
from bot.model.errors import ConfigurationError, OncallError, UsageError
from runbooks import catalogue

if TYPE_CHECKING:
    from bot.engine.executor import Executor
    from bot.settings import Logs, Settings

CONFIG_VARIABLE = "CILIUM_ONCALL_CONFIG"
TRACEBACK_VARIABLE = "CILIUM_ONCALL_TRACEBACK"

_TERMINAL_OPTIONS = [
    click.Option(["--cluster"], metavar="NAME", help="A cluster of the config file."),
    click.Option(
        ["--kubeconfig"],
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="A kubeconfig, if not $KUBECONFIG or ~/.kube/config.",
    ),
    click.Option(["--context"], metavar="NAME", help="A context of the kubeconfig."),
    click.Option(
        ["--cilium-namespace"], metavar="NAME", help="Where Cilium is, if not in kube-system."
    ),
    click.Option(["--deadline"], metavar="DURATION", help="Answer within this time: 10s, 1m."),
    click.Option(["-o", "--output"], type=click.Choice(["text", "json"]), default="text"),
    click.Option(
        ["--config"],
        metavar="FILE",
        type=click.Path(path_type=Path),
        envvar=CONFIG_VARIABLE,
        help=f"Settings; without them, or ${CONFIG_VARIABLE}, the current context is used.",
    ),
]


class _Commands(click.Group):
    """Fixed commands, and every runbook as one more."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*(runbook.name for runbook in _registry()), *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        fixed = super().get_command(ctx, cmd_name)
        if fixed is not None:
            return fixed
        registry = _registry()
        return _runbook_command(registry.get(cmd_name)) if cmd_name in registry else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        from bot.model.nearest import did_you_mean, quoted

        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            raise UsageError(
                f"There is no command {quoted(args[0])}.",
                hint=did_you_mean(args[0], self.list_commands(ctx))
                or "Try `cilium-oncall --help`.",
            )
        return super().resolve_command(ctx, args)


def _registry() -> Registry:
    """Our runbooks; a team's own are imported only when one of them is called."""
    return Registry.of(catalogue.MODULES)


def _command_names() -> list[str]:
    """What an access rule may name: every runbook, a team's own among them, and the doctor."""
    from bot.app import build_registry
    from bot.doctor.runbook import NAME

    return [*(runbook.name for runbook in build_registry()), NAME]


def _runbook_command(runbook: Runbook) -> click.Command:
    """``runbook`` as a subcommand: click takes the terminal's options, the grammar the rest."""

    def call(words: tuple[str, ...], **options: Any) -> None:
        import asyncio

        sys.exit(asyncio.run(_run(runbook.name, words, **options)))

    usage = runbook.usage.removeprefix(runbook.name).strip()
    flags = "".join(f"  {p.usage.strip('[]')}\n" for p in runbook.parameters if not p.positional)
    text = runbook.help.replace("\n\n", "\n\n\b\n") + (
        f"\n\n\b\nIts own options:\n{flags}" if flags else ""
    )
    return click.Command(
        runbook.name,
        callback=call,
        params=[click.Argument(["words"], nargs=-1, metavar=usage), *_TERMINAL_OPTIONS],
        context_settings={"ignore_unknown_options": True},
        help=text,
        short_help=runbook.summary,
    )


async def _run(
    name: str,
    words: tuple[str, ...],
    *,
    cluster: str | None,
    kubeconfig: Path | None,
    context: str | None,
    cilium_namespace: str | None,
    deadline: str | None,
    output: str,
    config: Path | None,
) -> int:
    from bot.app import build_executor, build_registry, close
    from bot.engine.grammar import parse, words_of_arguments
    from bot.terminal.door import Output, run

    typed = [name, *words_of_arguments(words)]
    typed += ["--deadline", deadline] if deadline else []
    command = parse(build_registry(), typed)
    addresses, limits = _clusters(config, kubeconfig, context, cilium_namespace)
    executor: Executor = build_executor(addresses, limits)
    try:
        name_of_cluster = executor.choose_cluster(cluster)
        # A kubeconfig that cannot be used is a usage error; later it would be an unknown verdict.
        await executor.clusters[name_of_cluster].api.connection()
        return await run(executor, command, name_of_cluster, Output(output))
    finally:
        await close(executor)


def _clusters(
    config: Path | None, kubeconfig: Path | None, context: str | None, namespace: str | None
) -> tuple[Any, Any]:
    """The clusters meant: a kubeconfig or context named here, else the config's, else current."""
    from bot.app import addresses_of
    from bot.clients.kubernetes.connection import ClusterAddress, context_name
    from bot.settings import Limits, load

    if config is not None and kubeconfig is None and context is None:
        settings: Settings = load(config, os.environ)
        addresses = addresses_of(settings)
        if namespace:
            addresses = {name: (address, namespace) for name, (address, _) in addresses.items()}
        return addresses, settings.limits
    address = ClusterAddress(kubeconfig, context)
    return {context_name(address): (address, namespace or "kube-system")}, Limits()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cilium-oncall")
def cli() -> None:
    """On-call troubleshooting of Cilium in Kubernetes.

    With no configuration at all, `cilium-oncall status` looks at the cluster of your current
    kubeconfig context; `cilium-oncall demo` needs no cluster either.
    """


@cli.command(short_help="A simulated cluster, the bot and a local Slack page")
@click.option("--nodes", default=12, show_default=True, type=click.IntRange(1, 5000))
@click.option("--port", default=0, help="The page's port; 0 takes a free one.", metavar="PORT")
@click.option("--healthy", is_flag=True, help="Start without the crash looping agent.")
@click.option("--no-browser", is_flag=True, help="Do not open the page in the browser.")
def demo(nodes: int, port: int, healthy: bool, no_browser: bool) -> None:
    """Try the bot without a cluster and without Slack.

    Starts a simulated Cilium cluster and a local Slack workspace, and the real bot between them.
    Everything stays on this machine; Ctrl-C ends it.
    """
    from bot.demo import run_demo
    from bot.settings import Logs

    _until_interrupted(
        lambda: run_demo(nodes=nodes, port=port, healthy=healthy, browser=not no_browser),
        Logs(level="warning"),
    )


@cli.command(short_help="Run the bot")
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

    settings = load(config, os.environ, _command_names())
    secrets = settings.credentials.values()
    _until_interrupted(lambda: app.serve(settings), settings.logs, secrets)


@cli.group(short_help="Look at a configuration file")
def config() -> None:
    """Look at a configuration file."""


@config.command("check", short_help="Every error of a file at once")
@click.argument("file", type=click.Path(path_type=Path))
def config_check(file: Path) -> None:
    """Report everything that is wrong with FILE: line, field, what was found, what is allowed.

    The access file that it names is checked with it.
    """
    from bot.settings import check

    problems = check(file, _command_names())
    for problem in problems:
        click.echo(str(problem))
    if problems:
        click.echo(f"{len(problems)} problem{'s' * (len(problems) > 1)} in {file}.", err=True)
        sys.exit(2)
    click.echo(f"{file} is in order.")


@cli.command(short_help="Whether the bot itself is well")
@click.option("--config", metavar="FILE", type=click.Path(path_type=Path), envvar=CONFIG_VARIABLE)
@click.option("--cluster", metavar="NAME", help="Only this one; without it every cluster.")
@click.option("--deadline", metavar="DURATION", default="20s", show_default=True)
@click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text")
def doctor(config: Path | None, cluster: str | None, deadline: str, output: str) -> None:
    """Look at everything the bot needs: files, Slack, and its rights in every cluster.

    It changes nothing. Each trouble comes with its fix. Exit codes are those of runbooks.
    """
    import asyncio

    from bot.consultation import consult
    from bot.model.names import parse_duration
    from bot.terminal.door import Output, show

    seconds = parse_duration(deadline)
    if not seconds:
        raise UsageError(f"{deadline} is not a duration.", hint="Such as 20s or 1m.")
    record = asyncio.run(consult(config, cluster, os.environ, _command_names(), seconds))
    sys.exit(show(record, Output(output)))


@cli.group(short_help="Who may do what")
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
@click.option("--cluster", metavar="NAME", help="Else the channel's, else the only one.")
@click.option("--channel", metavar="C...", default="", help="Else a direct message.")
@click.option("--group", "groups", metavar="S...", multiple=True, help="A user group they are in.")
@click.option("--ask-slack", is_flag=True, help="Look the person up; needs SLACK_BOT_TOKEN.")
def access_explain(
    config: Path,
    user: str,
    command: str,
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

    from bot.explanation import Question, explain
    from bot.settings import load

    settings = load(config, os.environ, _command_names())
    question = Question(user, command, cluster, channel, frozenset(groups), ask_slack=ask_slack)
    explained = asyncio.run(explain(settings, question))
    click.echo(explained.text)
    sys.exit(0 if explained.allowed else 1)


@cli.command(short_help="The JSON Schema of -o json")
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

    from bot import logs
    from bot.settings import Logs

    wanted = said or Logs()
    logs.configure(wanted.format, wanted.level, secrets)
    asyncio.run(work())


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


if __name__ == "__main__":
    main()
