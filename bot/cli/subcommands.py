"""Runbooks as subcommands: the grammar that Slack knows, and the terminal's own options."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.environment import CONFIG_VARIABLE
from bot.engine.registry import Runbook
from runbooks import catalogue

if TYPE_CHECKING:
    from bot.engine.executor import Executor
    from bot.settings import Settings

OPTIONS = [
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


def runbook_command(runbook: Runbook) -> click.Command:
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
        params=[click.Argument(["words"], nargs=-1, metavar=usage), *OPTIONS],
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
    from bot.app import build_executor, close
    from bot.engine.grammar import parse, words_of_arguments
    from bot.terminal.door import Output, run

    typed = [name, *words_of_arguments(words)]
    typed += ["--deadline", deadline] if deadline else []
    command = parse(catalogue.registry(), typed)
    meant = clusters_meant(config, kubeconfig, context, cilium_namespace)
    executor: Executor = build_executor(*meant)
    try:
        name_of_cluster = executor.choose_cluster(cluster)
        # A kubeconfig that cannot be used is a usage error; later it would be an unknown verdict.
        await executor.clusters[name_of_cluster].api.connection()
        return await run(executor, command, name_of_cluster, Output(output))
    finally:
        await close(executor)


def clusters_meant(
    config: Path | None, kubeconfig: Path | None, context: str | None, namespace: str | None
) -> tuple[Any, Any, Any]:
    """The clusters meant: a kubeconfig or context named here, else the config's, else current; how
    much is asked of them, and where Cilium's chart comes from."""
    from bot.app import addresses_of
    from bot.clients.kubernetes.connection import ClusterAddress, context_name
    from bot.settings import Helm, Limits, load

    if config is not None and kubeconfig is None and context is None:
        settings: Settings = load(config, os.environ)
        addresses = addresses_of(settings)
        if namespace:
            addresses = {name: (address, namespace) for name, (address, _) in addresses.items()}
        return addresses, settings.limits, settings.helm
    address = ClusterAddress(kubeconfig, context)
    return {context_name(address): (address, namespace or "kube-system")}, Limits(), Helm()
