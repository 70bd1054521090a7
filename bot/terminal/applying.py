"""A change asked of the team's running bot from a shell, and decided on from there."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Sequence

from rich.console import Console

from bot.model.change import Word
from bot.model.change_document import ChangeDocument, encode
from bot.model.errors import NotFound, UsageError
from bot.model.plan import Risk
from bot.terminal.api.wire import NewChange, Said
from bot.terminal.changes import News, print_head, print_next
from bot.terminal.door import Output
from bot.terminal.ending import Ending, ending_of
from bot.terminal.following import Following
from bot.terminal.lines import print_line
from bot.terminal.plan import print_plan
from bot.terminal.prompt import TerminalPrompt, confirmed, typed_name
from bot.terminal.running_bot import RunningBot


def new_change(command: Sequence[str], cluster: str, reason: str, incident: str) -> NewChange:
    """What is asked for, with a key that makes it one change however often it is sent."""
    return NewChange(
        command=list(command),
        cluster=cluster,
        reason=reason,
        incident=incident,
        once=secrets.token_hex(16),
    )


async def apply(bot: RunningBot, wanted: NewChange, output: Output, *, wait: bool) -> Ending:
    """Ask for a change and follow it to its end; without ``wait`` only ask."""
    console = Console(highlight=False)
    change = await bot.ask(wanted)
    if not wait:
        _show(console, change, output)
        return Ending.DONE if change.open else ending_of(change)
    news = News(console)
    following = Following(bot, change, news.tell if output is Output.TEXT else lambda seen: None)
    change = await following.watch()
    if output is Output.JSON:
        print(encode(change))  # noqa: T201  machines read stdout
    if not following.interrupted:
        return ending_of(change)
    said = f"{change.change} goes on without this command, as {change.state}."
    look = f"cilium-oncall changes show {change.change}"
    stop = f"cilium-oncall changes say {change.change} cancel"
    print_line(Console(stderr=True, highlight=False), (f"\n{said}", "bold"))
    print_line(Console(stderr=True, highlight=False), (f"→ {look}, or to stop it: {stop}", ""))
    return Ending.INTERRUPTED


async def decide(
    bot: RunningBot, ask: str, word: Word, reason: str, output: Output, *, sure: bool
) -> Ending:
    """Approve or reject what ``ask`` stands for, after its plan was shown.

    ``sure``: do not ask again, except for the cluster's name where the plan is breakglass: that is
    for a person to type.
    """
    console = Console(highlight=False, stderr=output is Output.JSON)
    found = [each.change for each in await bot.approvals() if each.change.ask == ask]
    if not found or found[0].plan is None:
        raise NotFound(
            "Nothing waits for approval by this id.",
            hint="See `cilium-oncall approvals list`; a plan that changed has a new id.",
        )
    plan = found[0].plan
    print_plan(console, plan, digest=found[0].digest)
    typed = ""
    if word is not Word.REJECT and plan.risk is Risk.BREAKGLASS:
        prompt = TerminalPrompt(console, "A breakglass approval")
        if not await typed_name(prompt, plan.cluster, "approve exactly this"):
            raise UsageError(f"That is not {plan.cluster}; nothing was approved.")
        typed = plan.cluster
    elif word is not Word.REJECT and not sure:
        if not sys.stdin.isatty():
            raise UsageError("Nobody is there to be asked.", hint="Add --yes to approve.")
        prompt = TerminalPrompt(console, "An approval")
        if not await confirmed(prompt, "Approve exactly this?"):
            print_line(console, ("Nothing was approved.", ""))
            return Ending.NOT_DONE
    change = await bot.decide(ask, word, Said(reason=reason, cluster=typed))
    _show(Console(highlight=False), change, output)
    return Ending.DONE


async def say(
    bot: RunningBot, change_id: str, word: Word, output: Output, *, reason: str, step: str
) -> Ending:
    """Say a word to a change, or to one step of it."""
    change = await bot.say(change_id, word, Said(reason=reason, step=step))
    _show(Console(highlight=False), change, output)
    return Ending.DONE


def _show(console: Console, change: ChangeDocument, output: Output) -> None:
    if output is Output.JSON:
        print(encode(change))  # noqa: T201  machines read stdout
    else:
        print_head(console, change)
        print_next(console, change)
