"""What a slash command or a mention asks for: an answer at once, or a run. Touches no cluster."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bot.engine.executor import Executor
from bot.engine.grammar import Command, parse, words
from bot.engine.registry import HELP, Registry
from bot.model.access import REQUESTS
from bot.model.errors import UsageError
from bot.slack import messages
from bot.slack.asked import Asked
from bot.slack.blocks import Message
from bot.slack.changes.commands import AT_ONCE, AtOnce
from bot.slack.help import detail, overview

_HELP_FLAGS = frozenset(["--help", "-h"])


class Start(msgspec.Struct, frozen=True):
    """A run to begin, or with a remedy a change to request."""

    command: Command
    cluster: str
    asked: Asked


def understand(
    executor: Executor, channels: Mapping[str, str], asked: Asked
) -> Message | Start | AtOnce:
    """A private answer (help, or what is wrong with the command), or a run to begin, a change to
    request or a question to answer at once.

    The cluster is the one asked for, else the channel's own (``channels``: Slack channel id to
    cluster name), else the only one.
    """
    try:
        arguments = words(asked.text)
        wanted = help_wanted(arguments)
        if wanted == HELP:
            return overview(executor.registry, asked.addressed_as, at_once=AT_ONCE)
        if wanted is not None:
            return detail(_known(executor, wanted).get(wanted.lower()), asked.addressed_as)
        command = parse(_known(executor, arguments[0]), arguments)
        bound = channels.get(asked.channel)
        if command.runbook.name in AT_ONCE:
            return _at_once(executor, command, bound, asked)
        cluster = executor.choose_cluster(command.cluster, bound)
    except UsageError as error:
        return messages.usage_error(error, asked.addressed_as)
    return Start(command, cluster, asked.understood_as(command, cluster))


def _known(executor: Executor, name: str) -> Registry:
    """The registry in which ``name`` is looked for, and its nearest name."""
    if name.lower() in AT_ONCE:
        return AT_ONCE
    if name.lower() in executor.registry:
        return executor.registry
    return Registry(executor.registry, AT_ONCE)


def _at_once(executor: Executor, command: Command, bound: str | None, asked: Asked) -> AtOnce:
    """Lists are about all clusters unless one is named; what acts is about one."""
    lists = command.runbook.name not in REQUESTS
    if lists and command.cluster is None:
        return AtOnce(command, "", asked)
    cluster = executor.choose_cluster(command.cluster, bound)
    return AtOnce(command, cluster, asked.understood_as(command, cluster))


def help_wanted(arguments: list[str]) -> str | None:
    """The command whose help is asked for; :data:`HELP` for all of them, ``None`` for no help."""
    if not arguments:
        return HELP
    first, *rest = arguments
    if first.lower() == HELP or first in _HELP_FLAGS:
        return rest[0] if rest else HELP
    return first if _HELP_FLAGS & set(rest) else None
