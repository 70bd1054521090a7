"""Typed parameters: a runbook's read from its signature, a remedy's from its fields.

    async def status(run: Run, node: NodeName | None = None, *, deep: bool = False) -> Report

gives the grammar ``status [NODE] [--deep]``: parameters before the ``*`` are positional, those
after it are options, a ``bool`` is a flag. A remedy's fields are read alike, ``_: KW_ONLY`` being
their ``*``. A name that Python keeps for itself ends in ``_``: ``for_`` is typed ``--for``.
"""

from __future__ import annotations

import dataclasses
import inspect
import keyword
import re
import typing
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from bot.model.errors import ConfigurationError, UsageError
from bot.model.names import (
    Duration,
    Namespace,
    NodeName,
    PodName,
    RevisionNumber,
    Version,
    is_dns_label,
    is_dns_subdomain,
    is_version,
    parse_duration,
    parse_revision,
)
from bot.model.nearest import did_you_mean, quoted


class Kind(StrEnum):
    """What a parameter may be; each has one grammar."""

    NODE = "node"
    NAMESPACE = "namespace"
    POD = "pod"
    DURATION = "duration"
    VERSION = "version"
    REVISION = "revision"
    CHOICE = "choice"
    FLAG = "flag"
    TEXT = "text"
    """Words of a person, such as a reason."""
    ID = "id"


_KINDS: dict[Any, Kind] = {
    NodeName: Kind.NODE,
    Namespace: Kind.NAMESPACE,
    PodName: Kind.POD,
    Duration: Kind.DURATION,
    Version: Kind.VERSION,
    RevisionNumber: Kind.REVISION,
    bool: Kind.FLAG,
}

LONGEST_TEXT = 300

_EXPECTED: dict[Kind, str] = {
    Kind.NODE: "a node name: lower-case letters, digits, '-' and '.', such as node-7",
    Kind.NAMESPACE: "a namespace: lower-case letters, digits and '-', such as kube-system",
    Kind.POD: "a pod name, or NAMESPACE/POD, such as checkout/cart-5d8c",
    Kind.DURATION: "a duration, such as 90s, 15m or 1h30m",
    Kind.VERSION: "a version, such as 1.18 or 1.18.6",
    Kind.REVISION: "the number of a revision, such as 3",
    Kind.CHOICE: "one of the listed words",
    Kind.FLAG: "true or false",
    Kind.TEXT: f"text in quotes, at most {LONGEST_TEXT} characters",
    Kind.ID: "an id: letters, digits, '-', '_' and '#', at most 40, such as INC-4711",
}

_ID = re.compile(r"[A-Za-z0-9#_-]{1,40}\Z")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a runbook or remedy. People type ``option``, Python says ``argument``."""

    name: str
    kind: Kind
    positional: bool
    required: bool
    choices: tuple[str, ...] = ()

    @property
    def option(self) -> str:
        """``--max-age`` for ``max_age``."""
        return "--" + self.name.replace("_", "-")

    @property
    def argument(self) -> str:
        """``max_age``; ``for_`` for ``for``, which Python keeps for itself."""
        return f"{self.name}_" if keyword.iskeyword(self.name) else self.name

    @property
    def placeholder(self) -> str:
        """What stands for the value in a usage line."""
        if self.kind is Kind.CHOICE:
            return "|".join(self.choices)
        if self.kind is Kind.TEXT:
            return f'"{self.name.upper()}"'
        return self.name.upper() if self.positional else self.kind.upper()

    @property
    def usage(self) -> str:
        """``[NODE]``, ``[--deep]``, ``--since DURATION``."""
        if self.positional:
            shown = self.placeholder
        elif self.kind is Kind.FLAG:
            shown = self.option
        else:
            shown = f"{self.option} {self.placeholder}"
        return shown if self.required else f"[{shown}]"

    @property
    def expected(self) -> str:
        """What a value looks like, in words."""
        return _EXPECTED[self.kind]

    def read(self, typed: str) -> str:
        """``typed`` in canonical form; :class:`UsageError` says what is expected instead."""
        value = self._canonical(typed)
        if value is None:
            raise UsageError(
                f"{quoted(typed)} is not {self.expected}.",
                hint=did_you_mean(typed, self.choices),
            )
        return value

    def _canonical(self, typed: str) -> str | None:
        match self.kind:
            case Kind.NODE:
                return typed.lower() if is_dns_subdomain(typed.lower()) else None
            case Kind.NAMESPACE:
                return typed if is_dns_label(typed) else None
            case Kind.POD:
                namespace, _, name = typed.rpartition("/")
                valid = is_dns_subdomain(name) and (not namespace or is_dns_label(namespace))
                return typed if valid else None
            case Kind.VERSION:
                return typed.removeprefix("v") if is_version(typed) else None
            case Kind.REVISION:
                return typed if parse_revision(typed) else None
            case Kind.DURATION:
                return typed if parse_duration(typed) else None
            case Kind.CHOICE:
                return typed if typed in self.choices else None
            case Kind.FLAG:
                return typed if typed in ("true", "false") else None
            case Kind.TEXT:
                text = " ".join(typed.split())
                return text if 0 < len(text) <= LONGEST_TEXT and text.isprintable() else None
            case Kind.ID:
                return typed if _ID.match(typed) else None

    def value(self, canonical: str) -> str | float | bool:
        """What the runbook's function is called with, or the remedy's field holds."""
        if self.kind is Kind.FLAG:
            return canonical == "true"
        if self.kind is Kind.DURATION:
            return parse_duration(canonical) or 0.0
        if self.kind is Kind.REVISION:
            return int(canonical)
        return canonical


REASON = Parameter("reason", Kind.TEXT, positional=False, required=False)
INCIDENT = Parameter("incident", Kind.ID, positional=False, required=False)
"""What every remedy can be told beside its own parameters: why, and for which incident."""


def parameters_of(function: Callable[..., Any]) -> tuple[Parameter, ...]:
    """The parameters after ``run``, in the order of the signature.

    Raises :class:`ConfigurationError` for an annotation that no grammar knows.
    """
    hints = typing.get_type_hints(function)
    declared = list(inspect.signature(function).parameters.values())[1:]
    return tuple(
        _parameter(
            function,
            item.name,
            hints.get(item.name),
            positional=item.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD,
            required=item.default is inspect.Parameter.empty,
        )
        for item in declared
    )


def fields_of(cls: type[Any]) -> tuple[Parameter, ...]:
    """The fields of a dataclass as parameters, in their order.

    Raises :class:`ConfigurationError` for an annotation that no grammar knows, and for the name of
    an option that every remedy has.
    """
    hints = typing.get_type_hints(cls)
    found = tuple(
        _parameter(
            cls,
            field.name,
            hints.get(field.name),
            positional=not field.kw_only,
            required=field.default is dataclasses.MISSING
            and field.default_factory is dataclasses.MISSING,
        )
        for field in dataclasses.fields(cls)
    )
    for parameter in found:
        if parameter.name in (REASON.name, INCIDENT.name):
            raise ConfigurationError(
                f"{cls.__module__}.{cls.__qualname__}: every remedy has {parameter.option} "
                "already; name the field otherwise."
            )
    return found


def _parameter(
    owner: Callable[..., Any], name: str, hint: Any, *, positional: bool, required: bool
) -> Parameter:
    annotation = _without_none(hint)
    choices = get_args(annotation) if get_origin(annotation) is Literal else ()
    kind = Kind.CHOICE if choices else _KINDS.get(annotation)
    if kind is None:
        raise ConfigurationError(
            f"{owner.__module__}.{owner.__qualname__}: parameter {name!r} has type "
            f"{hint}; it may be {', '.join([*_KINDS.values(), Kind.CHOICE])}."
        )
    return Parameter(
        name=name.rstrip("_"),
        kind=kind,
        positional=positional and kind is not Kind.FLAG,
        required=required,
        choices=choices,
    )


def _without_none(hint: Any) -> Any:
    if get_origin(hint) in (Union, UnionType):
        rest = [member for member in get_args(hint) if member is not NoneType]
        return rest[0] if len(rest) == 1 else hint
    return hint
