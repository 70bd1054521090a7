"""``apply``, by one of its three ways: through the bot, as a plan only, or as breakglass."""

from __future__ import annotations

import getpass
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console

from bot.app import build_executor, close
from bot.cli.changes import running_bot
from bot.cli.environment import BOT_VARIABLE
from bot.cli.subcommands import clusters_meant
from bot.clients.cluster import Cluster
from bot.clients.kubernetes.token_review import TokenReviews
from bot.engine.changes.looking import Look
from bot.engine.grammar import parse, words_of_arguments
from bot.engine.remedy import Remedy
from bot.model.change import Change, ChangeRequest, ChangeState, new_change_id
from bot.model.change_document import change_document, encode
from bot.model.errors import ClientError, UsageError
from bot.model.run import Door, Requester
from bot.observability import logs
from bot.terminal import applying
from bot.terminal.breakglass.asking import Person
from bot.terminal.breakglass.session import Session
from bot.terminal.door import Output
from bot.terminal.ending import Ending, ending_of
from bot.terminal.lines import print_line
from bot.terminal.plan import print_plan
from bot.terminal.prompt import TerminalPrompt
from runbooks import catalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was typed beside the command."""

    cluster: str
    reason: str
    incident: str
    wait: bool
    breakglass: bool
    cilium_namespace: str | None
    config: Path | None
    bot: str | None
    token_file: Path | None
    kubeconfig: Path | None
    context: str | None
    output: str

    @property
    def options(self) -> list[str]:
        """The part of it that the grammar reads."""
        beside = {"cluster": self.cluster, "reason": self.reason, "incident": self.incident}
        return [f"--{name}={value}" for name, value in beside.items() if value]


async def run(words: tuple[str, ...], asked: Asked) -> Ending:
    """Carry ``apply`` out; returns its exit code."""
    if asked.breakglass:
        return await _break_glass(words, asked)
    if asked.bot:
        bot = running_bot(asked.bot, asked.token_file, asked.kubeconfig, asked.context)
        wanted = applying.new_change(words, asked.cluster, asked.reason, asked.incident)
        async with bot:
            return await applying.apply(bot, wanted, Output(asked.output), wait=asked.wait)
    return await _only_plan(words, asked)


async def _only_plan(words: tuple[str, ...], asked: Asked) -> Ending:
    """Nobody is there to approve anything: what would be done is all there is to say."""
    async with _understood(words, asked) as (remedy, request, cluster):
        now = datetime.now(UTC)
        change = Change(
            id=new_change_id(), request=request, state=ChangeState.PLANNING, asked_at=now
        )
        plan = await remedy.plan(Look(change, cluster))
    if asked.output == Output.JSON:
        document = change_document(msgspec.structs.replace(change, plan=plan))
        print(encode(document))  # noqa: T201  machines read stdout
    else:
        print_plan(Console(highlight=False), plan)
    told = Console(stderr=True, highlight=False)
    typed = " ".join(words)
    print_line(told, ("Nothing was done: changes are approved through the team's bot.", "bold"))
    print_line(told, (f"→ in Slack: /cilium {typed} --cluster {cluster.name}", ""))
    print_line(told, (f"→ from here: set {BOT_VARIABLE}, or add --bot https://HOST", ""))
    print_line(told, ("→ when Slack and the bot are gone: --breakglass", ""))
    return Ending.NOT_DONE


async def _break_glass(words: tuple[str, ...], asked: Asked) -> Ending:
    if not (asked.reason and asked.incident):
        raise UsageError(
            "--breakglass wants --incident and --reason.",
            hint="Whoever looks at it afterwards starts from there.",
        )
    if asked.output == Output.JSON:
        raise UsageError("--breakglass is a conversation; it has no -o json.")
    console = Console(highlight=False)
    prompt = TerminalPrompt(console, "--breakglass")
    logs.configure("text", "warning")
    async with _understood(words, asked) as (remedy, request, cluster):
        name = await _own_name(cluster)
        who = Requester(door=Door.TERMINAL, id=name, name=name)
        request = msgspec.structs.replace(request, requester=who)
        session = Session(remedy, request, cluster, Person(prompt, console), console)
        return ending_of(await session.run())


async def _own_name(cluster: Cluster) -> str:
    """Whom the cluster takes the caller for; what the shell says, where it does not tell."""
    try:
        username = (await TokenReviews(cluster.api).own()).username
    except ClientError:
        username = ""
    return username or f"{getpass.getuser()} (as the shell says)"


@asynccontextmanager
async def _understood(
    words: tuple[str, ...], asked: Asked
) -> AsyncIterator[tuple[Remedy, ChangeRequest, Cluster]]:
    """The remedy that was typed, what is asked of it, and the cluster it is about."""
    registry = catalogue.registry()
    command = parse(registry, words_of_arguments([*words, *asked.options]))
    remedy = registry.remedy(command.runbook.name).make(command.parameters)
    executor = build_executor(
        *clusters_meant(asked.config, asked.kubeconfig, asked.context, asked.cilium_namespace)
    )
    try:
        cluster = executor.clusters[executor.choose_cluster(command.cluster)]
        # A kubeconfig that cannot be used is a usage error; later it would be one of the plan.
        await cluster.api.connection()
        request = ChangeRequest(
            remedy=command.runbook.name,
            cluster=cluster.name,
            parameters=command.parameters,
            requester=Requester(door=Door.TERMINAL, id=getpass.getuser()),
            reason=command.reason,
            incident=command.incident,
        )
        yield remedy, request, cluster
    finally:
        await close(executor)
