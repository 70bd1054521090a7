"""Help, read from the registry: what there is, what people need most first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bot.engine.registry import Procedure, Registry
from bot.slack import messages
from bot.slack.blocks import Message, Page, lines_within, section
from bot.slack.limits import FALLBACK, SECTION
from bot.slack.mrkdwn import code, escape, sentence

NEEDED_MOST = ("triage", "status", "drops", "policy", "dns", "restart-agent")
"""Of these, the ones that exist come first."""


def overview(
    registry: Registry, bot: str = messages.SLASH, *, at_once: Iterable[Procedure] = ()
) -> Message:
    """Every command with its usage and one line of summary; ``bot`` as it was spoken to.

    Those of ``at_once`` are about changes and stand last, their usage alone.
    """
    first, rest = by_need(registry)
    page = Page(reserve=400)
    page.add(section(messages.HELP_TITLE if first or rest else messages.NO_RUNBOOKS))
    for paragraph in _paragraphs(first, bot):
        page.add(section(paragraph))
    if first and rest:
        page.add(section(messages.HELP_REST))
    for paragraph in _paragraphs(rest, bot):
        page.add(section(paragraph))
    if usages := [code(f"{bot} {command.usage}", 120) for command in at_once]:
        page.add(section("\n".join([messages.HELP_CHANGES, *usages])))
    more = [messages.HELP_MORE.format(bot=bot)]
    if bot == messages.SLASH:
        more.append(messages.HELP_THREADS)
    names = ", ".join(runbook.name for runbook in (*first, *rest))
    return Message(
        text=escape(f"Commands: {names}", FALLBACK),
        blocks=page.end(section("\n".join(more))),
    )


def detail(runbook: Procedure, bot: str = messages.SLASH) -> Message:
    """Usage and the whole help text of one command."""
    usage = code(f"{bot} {runbook.usage}", 600)
    return Message(
        text=escape(f"{bot} {runbook.usage}: {runbook.summary}", FALLBACK),
        blocks=(section(lines_within([usage, *_flowing(runbook.help)], SECTION)),),
    )


def _flowing(text: str) -> Iterator[str]:
    """The lines of a docstring as a phone wraps them; one that begins with an option stays one."""
    for paragraph in text.split("\n\n"):
        yield ""
        for line in re.split(r"\n(?=\s*-)", paragraph):
            yield sentence(" ".join(line.split()), 1_200)


def by_need(registry: Registry) -> tuple[list[Procedure], list[Procedure]]:
    """What people need most, in that order, and the rest."""
    first = [registry.get(name) for name in NEEDED_MOST if name in registry]
    return first, [runbook for runbook in registry if runbook.name not in NEEDED_MOST]


def _paragraphs(runbooks: Iterable[Procedure], bot: str) -> Iterator[str]:
    """Lines of usage and summary, as many to a paragraph as Slack takes."""
    gathered = ""
    for runbook in runbooks:
        line = f"{code(f'{bot} {runbook.usage}', 300)}\n{escape(runbook.summary, 200)}"
        if len(gathered) + len(line) + 1 > SECTION:
            yield gathered
            gathered = ""
        gathered = f"{gathered}\n{line}" if gathered else line
    if gathered:
        yield gathered
