"""What a slash command or a mention asks for: an answer at once, or a run. Touches no cluster."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bot.engine.executor import Executor
from bot.engine.grammar import Command, parse, words
from bot.engine.registry import HELP
from bot.model.errors import UsageError
from bot.slack import messages
from bot.slack.asked import Asked
from bot.slack.blocks import Message
from bot.slack.help import detail, overview

_HELP_FLAGS = frozenset(["--help", "-h"])


class Start(msgspec.Struct, frozen=True):
    """A run to begin."""

    command: Command
    cluster: str
    asked: Asked


def understand(executor: Executor, channels: Mapping[str, str], asked: Asked) -> Message | Start:
    """A private answer (help, or what is wrong with the command), or a run to begin.

    The cluster is the one asked for, else the channel's own (``channels``: Slack channel id to
    cluster name), else the only one.
    """
    try:
        arguments = words(asked.text)
        wanted = help_wanted(arguments)
        if wanted == HELP:
            return overview(executor.registry, asked.addressed_as)
        if wanted is not None:
            return detail(executor.registry.get(wanted.lower()), asked.addressed_as)
        command = parse(executor.registry, arguments)
        cluster = executor.choose_cluster(command.cluster, channels.get(asked.channel))
    except UsageError as error:
        return messages.usage_error(error, asked.addressed_as)
    return Start(command, cluster, asked.understood_as(command, cluster))


def help_wanted(arguments: list[str]) -> str | None:
    """The command whose help is asked for; :data:`HELP` for all of them, ``None`` for no help."""
    if not arguments:
        return HELP
    first, *rest = arguments
    if first.lower() == HELP or first in _HELP_FLAGS:
        return rest[0] if rest else HELP
    return first if _HELP_FLAGS & set(rest) else None
