"""``apply``, by one of its three ways: through the bot, as a plan only, or as breakglass."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from bot.app import build_executor, close
from bot.cli.changes import running_bot
from bot.cli.environment import BOT_VARIABLE
from bot.cli.subcommands import clusters_meant
from bot.clients.kubernetes.token_review import TokenReviews
from bot.engine.changes.acting import Look
from bot.engine.grammar import parse, words_of_arguments
from bot.engine.registry import RemedyEntry
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

if TYPE_CHECKING:
    from bot.clients.cluster import Cluster


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
    output: Output

    @property
    def options(self) -> list[str]:
        """The part of it that the grammar reads."""
        beside = {"reason": self.reason, "incident": self.incident}
        return [f"--{name}={value}" for name, value in beside.items() if value]


async def run(words: tuple[str, ...], *, output: str, **options: object) -> Ending:
    """Carry ``apply`` out; returns its exit code."""
    asked = Asked(output=Output(output), **options)  # type: ignore[arg-type]  click's own types
    if asked.breakglass:
        return await _break_glass(words, asked)
    if asked.bot:
        bot = running_bot(asked.bot, asked.token_file, asked.kubeconfig, asked.context)
        wanted = applying.new_change(words, asked.cluster, asked.reason, asked.incident)
        async with bot:
            return await applying.apply(bot, wanted, asked.output, wait=asked.wait)
    return await _only_plan(words, asked)


async def _only_plan(words: tuple[str, ...], asked: Asked) -> Ending:
    """Nobody is there to approve anything: what would be done is all there is to say."""
    entry, request = _understood(words, asked)
    executor = build_executor(*clusters_meant(**_where(asked)))
    try:
        cluster = executor.clusters[executor.choose_cluster(asked.cluster or None)]
        change = _change(request, cluster.name)
        plan = await entry.make(request.parameters).plan(Look(change, cluster))
    finally:
        await close(executor)
    if asked.output is Output.JSON:
        planned = Change(
            id=change.id,
            request=change.request,
            state=ChangeState.PLANNING,
            asked_at=change.asked_at,
            plan=plan,
        )
        print(encode(change_document(planned)))  # noqa: T201  machines read stdout
    else:
        print_plan(Console(highlight=False), plan)
    told = Console(stderr=True, highlight=False)
    typed = " ".join([*words, *asked.options])
    print_line(told, ("Nothing was done: changes are approved through the team's bot.", "bold"))
    print_line(told, (f"→ in Slack: /cilium {typed}", ""))
    print_line(told, (f"→ from here: set {BOT_VARIABLE}, or add --bot https://HOST", ""))
    print_line(told, ("→ when Slack and the bot are gone: --breakglass", ""))
    return Ending.NOT_DONE


async def _break_glass(words: tuple[str, ...], asked: Asked) -> Ending:
    if not (asked.reason and asked.incident):
        raise UsageError(
            "--breakglass wants --incident and --reason.",
            hint="Whoever looks at it afterwards starts from there.",
        )
    if asked.output is Output.JSON:
        raise UsageError("--breakglass is a conversation; it has no -o json.")
    console = Console(highlight=False)
    prompt = TerminalPrompt(console, "--breakglass")
    logs.configure("text", "warning", ())
    entry, request = _understood(words, asked)
    executor = build_executor(*clusters_meant(**_where(asked)))
    try:
        cluster = executor.clusters[executor.choose_cluster(asked.cluster or None)]
        who = Requester(door=Door.TERMINAL, id=await _own_name(cluster))
        request = ChangeRequest(
            remedy=request.remedy,
            cluster=cluster.name,
            parameters=request.parameters,
            requester=Requester(door=Door.TERMINAL, id=who.id, name=who.id),
            reason=request.reason,
            incident=request.incident,
        )
        remedy = entry.make(request.parameters)
        session = Session(remedy, request, cluster, Person(prompt, console), console)
        return ending_of((await session.run()).state)
    finally:
        await close(executor)


async def _own_name(cluster: Cluster) -> str:
    """Whom the cluster takes the caller for; what the shell says, where it does not tell."""
    try:
        reviewed = await TokenReviews(cluster.api).own()
    except ClientError:
        return f"{getpass.getuser()} (as this shell says)"
    return reviewed.username or f"{getpass.getuser()} (as this shell says)"


def _understood(words: tuple[str, ...], asked: Asked) -> tuple[RemedyEntry, ChangeRequest]:
    """The remedy that was typed, and what is asked of it; the cluster is still to be chosen."""
    registry = catalogue.registry()
    command = parse(registry, words_of_arguments([*words, *asked.options]))
    entry = registry.remedy(command.runbook.name)
    request = ChangeRequest(
        remedy=entry.name,
        cluster=command.cluster or "",
        parameters=command.parameters,
        requester=Requester(door=Door.TERMINAL, id=getpass.getuser()),
        reason=command.reason,
        incident=command.incident,
    )
    return entry, request


def _change(request: ChangeRequest, cluster: str) -> Change:
    return Change(
        id=new_change_id(),
        request=ChangeRequest(
            remedy=request.remedy,
            cluster=cluster,
            parameters=request.parameters,
            requester=request.requester,
            reason=request.reason,
            incident=request.incident,
        ),
        state=ChangeState.PLANNING,
        asked_at=datetime.now(UTC),
    )


def _where(asked: Asked) -> dict[str, object]:
    return {
        "config": asked.config,
        "kubeconfig": asked.kubeconfig,
        "context": asked.context,
        "namespace": asked.cilium_namespace,
    }
