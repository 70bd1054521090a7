"""``apply``, ``approvals`` and ``changes``: what may change a cluster, from a shell."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bot.cli.environment import (
    BOT_VARIABLE,
    CONFIG_VARIABLE,
    TOKEN_FILE_VARIABLE,
    TOKEN_VARIABLE,
)
from bot.model.errors import ConfigurationError, NotAllowed, NotFound

if TYPE_CHECKING:
    from bot.terminal.running_bot import RunningBot

F = TypeVar("F", bound=Callable[..., Any])

WORDS = ("withdraw", "confirm", "happened", "did-not", "stop", "cancel", "check", "reviewed")
"""What can be said to a change; a test compares it with the words there are."""

_BOT_OPTIONS = [
    click.option(
        "--bot",
        metavar="URL",
        envvar=BOT_VARIABLE,
        help=f"The team's running bot, else ${BOT_VARIABLE}.",
    ),
    click.option(
        "--token-file",
        metavar="FILE",
        type=click.Path(path_type=Path),
        envvar=TOKEN_FILE_VARIABLE,
        help=f"Your token, else ${TOKEN_VARIABLE}, else your kubeconfig's.",
    ),
    click.option("--kubeconfig", metavar="FILE", type=click.Path(path_type=Path)),
    click.option("--context", metavar="NAME", help="A context of the kubeconfig."),
    click.option("-o", "--output", type=click.Choice(["text", "json"]), default="text"),
]


def _bot_options(command: F) -> F:
    for option in reversed(_BOT_OPTIONS):
        command = option(command)
    return command


@click.command(
    short_help="Carry out a change, after its approval",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("words", nargs=-1, required=True, metavar="REMEDY WORDS...")
@click.option("--cluster", metavar="NAME", default="", help="Else the only one there is.")
@click.option("--reason", metavar="TEXT", default="", help="Why; approvers read it.")
@click.option("--incident", metavar="ID", default="", help="The incident it belongs to.")
@click.option("--wait/--no-wait", default=True, help="Follow it to its end, or only ask for it.")
@click.option("--breakglass", is_flag=True, help="Slack and bot are gone: with your own rights.")
@click.option("--cilium-namespace", metavar="NAME", help="Without a bot: where Cilium is.")
@click.option(
    "--config",
    metavar="FILE",
    type=click.Path(path_type=Path),
    envvar=CONFIG_VARIABLE,
    help="Without a bot: the clusters' names.",
)
@_bot_options
def apply(words: tuple[str, ...], **options: Any) -> None:
    """Ask the team's running bot for a change, and follow it until it ends.

    The same people approve it as in Slack, under the same rules; Ctrl-C ends the watching, not the
    change. Without a bot the plan is printed and nothing is done. With --breakglass the change is
    made from here, with your own rights, step by step: only when Slack and the bot are gone.

    Exit code 0: done and proven. 1: not done, nothing was changed. 2: usage. 3: it could not be
    seen. 4: something was changed, or may have been, and is not proven. 130: Ctrl-C.
    """
    import asyncio

    from bot.cli.applying import Asked, run

    _exit(asyncio.run, run(words, Asked(**options)))


@click.group(short_help="What waits for approval")
def approvals() -> None:
    """See what waits for approval, and decide on it: through the team's running bot."""


@approvals.command("list", short_help="What waits")
@_bot_options
def approvals_list(output: str, **options: Any) -> None:
    """List what waits for approval, and whether you may decide."""

    async def show(bot: RunningBot) -> int:
        from rich.console import Console

        from bot.terminal.changes import print_approvals

        waiting = await bot.approvals()
        if output == "json":
            _print_json(waiting)
        else:
            print_approvals(Console(highlight=False), waiting)
        return 0

    _through_bot(show, **options)


@approvals.command("approve", short_help="Approve one plan")
@click.argument("ask", metavar="ID")
@click.option("--reason", metavar="TEXT", default="")
@click.option("--yes", is_flag=True, help="Do not ask again. A breakglass plan asks all the same.")
@_bot_options
def approve(ask: str, reason: str, yes: bool, output: str, **options: Any) -> None:
    """Approve the plan that ID (a-...) stands for, after showing it.

    A plan that changed has another ID: what you read is what you approve. For a breakglass plan
    the cluster's name is typed at the prompt.
    """

    async def decide(bot: RunningBot) -> int:
        from bot.model.change import Word
        from bot.terminal import applying
        from bot.terminal.door import Output

        return await applying.decide(bot, ask, Word.APPROVE, reason, Output(output), sure=yes)

    _through_bot(decide, **options)


@approvals.command("reject", short_help="Reject one plan")
@click.argument("ask", metavar="ID")
@click.option("--reason", metavar="TEXT", required=True, help="Why; the requester reads it.")
@_bot_options
def reject(ask: str, reason: str, output: str, **options: Any) -> None:
    """Reject the plan that ID (a-...) stands for."""

    async def decide(bot: RunningBot) -> int:
        from bot.model.change import Word
        from bot.terminal import applying
        from bot.terminal.door import Output

        return await applying.decide(bot, ask, Word.REJECT, reason, Output(output), sure=True)

    _through_bot(decide, **options)


@click.group(short_help="Changes: what was and is being done")
def changes() -> None:
    """See changes, and say what they wait for: through the team's running bot."""


@changes.command("list", short_help="The latest changes")
@click.option("--last", "most", default=20, show_default=True, type=click.IntRange(1, 50))
@_bot_options
def changes_list(most: int, output: str, **options: Any) -> None:
    """List the latest changes that you may see, newest first."""

    async def show(bot: RunningBot) -> int:
        from rich.console import Console

        from bot.terminal.changes import print_changes

        found = await bot.changes(most)
        if output == "json":
            _print_json(found)
        else:
            print_changes(Console(highlight=False), found)
        return 0

    _through_bot(show, **options)


@changes.command("show", short_help="One change in full")
@click.argument("change_id", metavar="ID")
@_bot_options
def changes_show(change_id: str, output: str, **options: Any) -> None:
    """Show everything about the change ID (c-...): plan, decisions, steps, checks.

    The exit code says how it is, as that of apply does; 0 while it goes on.
    """

    async def show(bot: RunningBot) -> int:
        from rich.console import Console

        from bot.terminal.changes import print_change
        from bot.terminal.ending import ending_of

        change = await bot.change(change_id)
        if output == "json":
            _print_json(change)
        else:
            print_change(Console(highlight=False), change)
        return 0 if change.open else ending_of(change)

    _through_bot(show, **options)


@changes.command("say", short_help="Say what a change waits for")
@click.argument("change_id", metavar="ID")
@click.argument("word", type=click.Choice(WORDS))
@click.option("--reason", metavar="TEXT", default="")
@click.option("--step", metavar="NAME", default="", help="Which step, where it is about one.")
@_bot_options
def changes_say(
    change_id: str, word: str, reason: str, step: str, output: str, **options: Any
) -> None:
    """Say WORD to the change ID (c-...): what the buttons in Slack say.

    \b
    withdraw           take back a request of yours that waits
    confirm            carry out the next step of a breakglass change (--step)
    happened, did-not  what became of a step in doubt, after you looked (--step)
    stop               do not go on
    cancel             stop at the next step boundary
    check              look once more whether the checks hold
    reviewed           you looked at what one person did alone
    """

    async def say(bot: RunningBot) -> int:
        from bot.model.change import Word
        from bot.terminal import applying
        from bot.terminal.door import Output

        wanted = Output(output)
        return await applying.say(bot, change_id, Word(word), wanted, reason=reason, step=step)

    _through_bot(say, **options)


def running_bot(
    bot: str, token_file: Path | None, kubeconfig: Path | None, context: str | None
) -> RunningBot:
    """The bot at the address ``bot``, spoken to as the caller."""
    from bot.clients.kubernetes.connection import ClusterAddress
    from bot.terminal.bearer import GivenToken, KubeconfigToken, Token, TokenFile
    from bot.terminal.running_bot import RunningBot

    given = os.environ.get(TOKEN_VARIABLE, "")
    token: Token
    if token_file is not None:
        token = TokenFile(token_file)
    elif given:
        token = GivenToken(given)
    else:
        token = KubeconfigToken(ClusterAddress(kubeconfig, context))
    return RunningBot(bot, token)


def _through_bot(
    work: Callable[[RunningBot], Awaitable[int]], *, bot: str | None, **who: Any
) -> None:
    import asyncio

    if not bot:
        raise ConfigurationError(
            "Which bot?", hint=f"Set {BOT_VARIABLE}, or add --bot https://HOST."
        )

    async def run() -> int:
        async with running_bot(bot, **who) as opened:
            return await work(opened)

    _exit(asyncio.run, run())


def _exit(run: Callable[[Any], int], work: Any) -> None:
    """End with the code of ``work``; a refusal by the rules is "not done", not "not seen"."""
    from bot.model.visible import visible

    try:
        sys.exit(run(work))
    except (NotAllowed, NotFound) as error:
        click.echo(f"Error: {visible(str(error))}", err=True)
        sys.exit(1)


def _print_json(value: Any) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
