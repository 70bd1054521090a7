"""From what a person typed to a command: one grammar for every door.

Phones improve what one types: ``--`` becomes a dash, quotes turn curly, names that look like hosts
become links. All of that is understood; anything else unexpected is a clear error and no run.
"""

from __future__ import annotations

import html
import re
import shlex
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from bot.engine.parameters import INCIDENT, REASON, Kind, Parameter
from bot.engine.registry import Procedure, Registry, RemedyEntry
from bot.model.errors import UsageError
from bot.model.nearest import did_you_mean, quoted

MOST_CHARACTERS = 500
"""Longer than any command; Slack itself allows 4,000."""

CLUSTER = "cluster"
DEADLINE = Parameter("deadline", Kind.DURATION, positional=False, required=False)

_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'"})
_LINK = re.compile(r"<(?:https?://|mailto:)?([^<>|\s]+)(?:\|([^<>]*))?>")
_DASHES = re.compile(r"(?<!\S)[‐‑‒–—―−]{1,2}(?=[A-Za-z])")
_CLUSTER_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._@:/-]{0,251}[A-Za-z0-9])?\Z")


@dataclass(frozen=True, slots=True)
class Command:
    """A request that can be understood. ``parameters`` hold canonical text by parameter name.

    ``runbook`` is what is asked for, which may be a remedy; only then there are ``reason`` and
    ``incident``, the requester's words.
    """

    runbook: Procedure
    parameters: dict[str, str]
    cluster: str | None = None
    deadline: float | None = None
    reason: str = ""
    incident: str = ""

    @property
    def is_remedy(self) -> bool:
        """Whether it asks for a change."""
        return isinstance(self.runbook, RemedyEntry)


def from_phone(text: str) -> str:
    """Undo what phones and Slack do to typed text: dashes, quotes, links, entities, spaces."""
    text = _LINK.sub(lambda link: link[2] or link[1], text)
    text = html.unescape(text).translate(_QUOTES)
    text = "".join(" " if unicodedata.category(char) == "Zs" else char for char in text)
    return _DASHES.sub("--", text).strip()


def words(text: str) -> list[str]:
    """The words of ``text``; quotes group. Raises :class:`UsageError` for what no command has."""
    _refuse_long(len(text))
    typed = from_phone(text)
    _refuse_invisible(typed)
    try:
        return shlex.split(typed)
    except ValueError:
        raise UsageError(
            "A quote is opened and never closed, or the text ends in a backslash."
        ) from None


def one_word(text: str) -> str:
    """``text`` as it is typed to be one word: :func:`words` gives it back."""
    return shlex.quote(html.escape(text.translate(_QUOTES), quote=False))


def words_of_arguments(arguments: Iterable[str]) -> list[str]:
    """Words that a shell has split already, under the same rules as :func:`words`."""
    given = [_DASHES.sub("--", argument) for argument in arguments]
    _refuse_long(sum(map(len, given)))
    for argument in given:
        _refuse_invisible(argument)
    return given


def _refuse_long(characters: int) -> None:
    if characters > MOST_CHARACTERS:
        raise UsageError(
            f"That is {characters:,} characters; a command has at most {MOST_CHARACTERS}."
        )


def _refuse_invisible(typed: str) -> None:
    for char in typed:
        if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
            name = unicodedata.name(char, f"U+{ord(char):04X}")
            raise UsageError(
                f"The text contains an invisible character ({name}).",
                hint="Type the command anew instead of pasting it.",
            )


def parse(registry: Registry, arguments: list[str]) -> Command:
    """The command in ``arguments`` (name first). Raises :class:`UsageError` with the usage."""
    if not arguments:
        raise UsageError("No command was given.")
    entry = registry.get(arguments[0].lower())
    try:
        return _parse_arguments(entry, arguments[1:])
    except UsageError as error:
        error.usage = error.usage or entry.usage
        raise


def _parse_arguments(entry: Procedure, arguments: list[str]) -> Command:
    positionals = [parameter for parameter in entry.parameters if parameter.positional]
    options = {p.option: p for p in entry.typed if not p.positional}
    # Nobody waits for a change as for an answer: each of its steps has a deadline of its own.
    shared = (
        [f"--{CLUSTER}"] if isinstance(entry, RemedyEntry) else [f"--{CLUSTER}", DEADLINE.option]
    )
    given: dict[str, str] = {}
    extra: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word.startswith("-"):
            name, equals, inline = word.partition("=")
            _refuse_twice(name, given, extra)
            if name in options:
                parameter = options[name]
                value = _value_of(parameter, name, inline if equals else None, rest)
                given[parameter.name] = parameter.read(value)
            elif name in shared:
                extra[name] = _next_value(name, inline if equals else None, rest)
            else:
                raise _unknown_option(word, [*options, *shared])
        elif positionals:
            parameter = positionals.pop(0)
            given[parameter.name] = parameter.read(word)
        else:
            raise UsageError(f"{quoted(word)} is one argument too many for {entry.name}.")
    for parameter in entry.parameters:
        if parameter.required and parameter.name not in given:
            raise UsageError(f"{entry.name} needs {parameter.usage}.")
    common = {parameter.name: given.pop(parameter.name, "") for parameter in entry.common}
    return Command(
        runbook=entry,
        parameters=given,
        cluster=_cluster(extra.get(f"--{CLUSTER}")),
        deadline=_deadline(extra.get(DEADLINE.option)),
        reason=common.get(REASON.name, ""),
        incident=common.get(INCIDENT.name, ""),
    )


def _refuse_twice(name: str, given: dict[str, str], extra: dict[str, str]) -> None:
    if name in extra or name.removeprefix("--").replace("-", "_") in given:
        raise UsageError(f"{name} is given twice.")


def _value_of(parameter: Parameter, name: str, inline: str | None, rest: list[str]) -> str:
    if parameter.kind is Kind.FLAG:
        return "true" if inline is None else inline
    return _next_value(name, inline, rest)


def _next_value(name: str, inline: str | None, rest: list[str]) -> str:
    if inline is not None:
        return inline
    if not rest or rest[0].startswith("--"):
        raise UsageError(f"{name} needs a value.")
    return rest.pop(0)


def _unknown_option(word: str, known: list[str]) -> UsageError:
    hint = did_you_mean("--" + word.lstrip("-"), known) or f"Known options: {', '.join(known)}."
    return UsageError(f"There is no option {quoted(word)}.", hint=hint)


def _cluster(typed: str | None) -> str | None:
    if typed is not None and not _CLUSTER_NAME.match(typed):
        raise UsageError(f"{quoted(typed)} is not a cluster name.")
    return typed


def _deadline(typed: str | None) -> float | None:
    return None if typed is None else float(DEADLINE.value(DEADLINE.read(typed)))
