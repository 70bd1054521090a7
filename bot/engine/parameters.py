"""Typed parameters of a runbook, read from its signature, and of a remedy, from its fields.

    async def status(run: Run, node: NodeName | None = None, *, deep: bool = False) -> Report

gives the grammar ``status [NODE] [--deep]``: parameters before the ``*`` are positional, those
after it are options, a ``bool`` is a flag.
"""

from __future__ import annotations

import inspect
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
    Version,
    is_dns_label,
    is_dns_subdomain,
    is_version,
    parse_duration,
)
from bot.model.nearest import did_you_mean, quoted


class Kind(StrEnum):
    """What a parameter may be; each has one grammar."""

    NODE = "node"
    NAMESPACE = "namespace"
    POD = "pod"
    DURATION = "duration"
    VERSION = "version"
    CHOICE = "choice"
    FLAG = "flag"


_KINDS: dict[Any, Kind] = {
    NodeName: Kind.NODE,
    Namespace: Kind.NAMESPACE,
    PodName: Kind.POD,
    Duration: Kind.DURATION,
    Version: Kind.VERSION,
    bool: Kind.FLAG,
}

_EXPECTED: dict[Kind, str] = {
    Kind.NODE: "a node name: lower-case letters, digits, '-' and '.', such as node-7",
    Kind.NAMESPACE: "a namespace: lower-case letters, digits and '-', such as kube-system",
    Kind.POD: "a pod name, or NAMESPACE/POD, such as checkout/cart-5d8c",
    Kind.DURATION: "a duration, such as 90s, 15m or 1h30m",
    Kind.VERSION: "a version, such as 1.18 or 1.18.6",
    Kind.CHOICE: "one of the listed words",
    Kind.FLAG: "true or false",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a runbook. ``name`` is the Python name; people type ``option``."""

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
    def placeholder(self) -> str:
        """What stands for the value in a usage line."""
        if self.kind is Kind.CHOICE:
            return "|".join(self.choices)
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
            case Kind.DURATION:
                return typed if parse_duration(typed) else None
            case Kind.CHOICE:
                return typed if typed in self.choices else None
            case Kind.FLAG:
                return typed if typed in ("true", "false") else None

    def value(self, canonical: str) -> str | float | bool:
        """What the runbook's function is called with."""
        if self.kind is Kind.FLAG:
            return canonical == "true"
        if self.kind is Kind.DURATION:
            return parse_duration(canonical) or 0.0
        return canonical


def parameters_of(function: Callable[..., Any]) -> tuple[Parameter, ...]:
    """The parameters after ``run``, in the order of the signature.

    Raises :class:`ConfigurationError` for an annotation that no grammar knows.
    """
    hints = typing.get_type_hints(function)
    declared = list(inspect.signature(function).parameters.values())[1:]
    return tuple(_parameter(function, item, hints.get(item.name)) for item in declared)


def fields_of(kind: type[Any]) -> tuple[Parameter, ...]:
    """The parameters that the fields of a remedy's dataclass are, in their order.

    Raises :class:`ConfigurationError` for an annotation that no grammar knows.
    """
    hints = typing.get_type_hints(kind)
    declared = list(inspect.signature(kind).parameters.values())
    return tuple(_parameter(kind, item, hints.get(item.name)) for item in declared)


def _parameter(function: Callable[..., Any], item: inspect.Parameter, hint: Any) -> Parameter:
    annotation = _without_none(hint)
    choices = get_args(annotation) if get_origin(annotation) is Literal else ()
    kind = Kind.CHOICE if choices else _KINDS.get(annotation)
    if kind is None:
        raise ConfigurationError(
            f"{function.__module__}.{function.__qualname__}: parameter {item.name!r} has type "
            f"{hint}; a runbook takes {', '.join(Kind)}."
        )
    return Parameter(
        name=item.name,
        kind=kind,
        positional=item.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD and kind is not Kind.FLAG,
        required=item.default is inspect.Parameter.empty,
        choices=choices,
    )


def _without_none(hint: Any) -> Any:
    if get_origin(hint) in (Union, UnionType):
        rest = [member for member in get_args(hint) if member is not NoneType]
        return rest[0] if len(rest) == 1 else hint
    return hint
