"""The registry of runbooks and remedies: built explicitly from listed modules, never by importing.

A decorator only leaves a mark (see :mod:`bot.authoring`); :meth:`Registry.of` reads the marks of
the modules it is given. Two entries of one name are an error at start.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from types import ModuleType
from typing import Any

from bot.engine.parameters import INCIDENT, REASON, Parameter, fields_of, parameters_of
from bot.engine.remedy import REMEDY_MARK, Remedy, RemedyMark
from bot.model.errors import ConfigurationError, UsageError
from bot.model.nearest import did_you_mean, quoted

MARK = "__cilium_oncall__"
HELP = "help"
"""No runbook, but every door has it, and it is mistyped like any other word."""


@dataclass(frozen=True, slots=True)
class RunbookMark:
    """What the decorator leaves on a function."""

    name: str
    alerts: tuple[str, ...] = ()
    patient_when: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure(ABC):
    """What can be asked for by name: its grammar and its help."""

    name: str
    parameters: tuple[Parameter, ...]
    summary: str
    help: str

    @property
    def common(self) -> tuple[Parameter, ...]:
        """Options that all entries of its kind have, beside their own parameters."""
        return ()

    @property
    def typed(self) -> tuple[Parameter, ...]:
        """Everything that can be typed after the name."""
        return (*self.parameters, *self.common)

    @property
    def usage(self) -> str:
        """``status [NODE] [--deep]``: the grammar in one line."""
        return " ".join([self.name, *(parameter.usage for parameter in self.typed)])

    @property
    @abstractmethod
    def code(self) -> Callable[..., Any]:
        """What carries it out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runbook(Procedure):
    """A named, read-only procedure with typed parameters."""

    function: Callable[..., Any]
    mark: RunbookMark

    @property
    def code(self) -> Callable[..., Any]:
        """Its function."""
        return self.function

    def is_patient(self, parameters: dict[str, str]) -> bool:
        """Whether a flag among ``parameters`` asks for thoroughness rather than speed."""
        return any(parameters.get(flag) == "true" for flag in self.mark.patient_when)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemedyEntry(Procedure):
    """A named change, carried out after approval: ``kind`` is its class."""

    kind: type[Remedy]

    @property
    def common(self) -> tuple[Parameter, ...]:
        return (REASON, INCIDENT)

    @property
    def code(self) -> Callable[..., Any]:
        """Its class."""
        return self.kind

    def make(self, parameters: Mapping[str, str]) -> Remedy:
        """The remedy with ``parameters``: canonical text by name, wherever it comes from.

        Raises :class:`UsageError` for what its grammar does not allow.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in parameters.keys() - known.keys():
            raise UsageError(f"{self.name} has no parameter {quoted(name)}.", usage=self.usage)
        for parameter in self.parameters:
            if parameter.required and parameter.name not in parameters:
                raise UsageError(f"{self.name} needs {parameter.usage}.", usage=self.usage)
        values = {
            known[name].argument: known[name].value(known[name].read(text))
            for name, text in parameters.items()
        }
        return self.kind(**values)


class Registry:
    """Runbooks and remedies by name, in the order they were listed."""

    def __init__(self, *listed: Iterable[Procedure]) -> None:
        self._by_name: dict[str, Procedure] = {}
        for entry in chain.from_iterable(listed):
            if entry.name in self._by_name:
                raise ConfigurationError(
                    f"Two commands are called {entry.name!r}: "
                    f"{_written(self._by_name[entry.name].code)} and {_written(entry.code)}.",
                    hint="Rename one of them.",
                )
            self._by_name[entry.name] = entry

    @classmethod
    def of(cls, modules: Iterable[ModuleType]) -> Registry:
        """All that is marked in ``modules``; what a module merely imported does not count."""
        return cls(
            entry
            for module in modules
            for value in vars(module).values()
            if getattr(value, "__module__", None) == module.__name__
            for entry in _entries_of(value)
        )

    @property
    def runbooks(self) -> tuple[Runbook, ...]:
        """What only reads."""
        return tuple(entry for entry in self if isinstance(entry, Runbook))

    @property
    def remedies(self) -> tuple[RemedyEntry, ...]:
        """What changes a cluster."""
        return tuple(entry for entry in self if isinstance(entry, RemedyEntry))

    def __iter__(self) -> Iterator[Procedure]:
        return iter(self._by_name.values())

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def get(self, name: str) -> Procedure:
        """The entry called ``name``; :class:`UsageError` with the nearest name otherwise."""
        try:
            return self._by_name[name]
        except KeyError:
            raise UsageError(
                f"There is no command {quoted(name)}.",
                hint=did_you_mean(name, [*self._by_name, HELP]),
            ) from None

    def runbook(self, name: str) -> Runbook:
        """The runbook called ``name``; :class:`UsageError` when there is none."""
        entry = self.get(name)
        if not isinstance(entry, Runbook):
            raise UsageError(f"{name} changes the cluster: it is requested, not run.")
        return entry

    def remedy(self, name: str) -> RemedyEntry:
        """The remedy called ``name``; :class:`UsageError` when there is none."""
        entry = self.get(name)
        if not isinstance(entry, RemedyEntry):
            raise UsageError(f"{name} only reads: it is no remedy.")
        return entry


def runbook_of(function: Callable[..., Any]) -> Runbook:
    """The runbook a marked function describes: grammar from its signature, help from its text."""
    mark: RunbookMark = getattr(function, MARK)
    text = inspect.getdoc(function)
    if not text:
        raise ConfigurationError(f"Runbook {mark.name!r} has no docstring; it is the help text.")
    return Runbook(
        name=mark.name,
        function=function,
        parameters=parameters_of(function),
        summary=_summary(text),
        help=text,
        mark=mark,
    )


def remedy_of(kind: type[Remedy]) -> RemedyEntry:
    """The remedy a marked class describes: grammar from its fields, help from its text."""
    mark: RemedyMark = vars(kind)[REMEDY_MARK]
    if not kind.__doc__:  # not inspect.getdoc, which would give the text of Remedy itself
        raise ConfigurationError(f"Remedy {mark.name!r} has no docstring; it is the help text.")
    text = inspect.cleandoc(kind.__doc__)
    return RemedyEntry(
        name=mark.name,
        kind=kind,
        parameters=fields_of(kind),
        summary=_summary(text),
        help=text,
    )


def _entries_of(value: Any) -> Iterator[Procedure]:
    if inspect.isclass(value):
        # Not hasattr: a subclass is no remedy of the same name.
        if issubclass(value, Remedy) and REMEDY_MARK in vars(value):
            yield remedy_of(value)
    elif hasattr(value, MARK):
        yield runbook_of(value)


def _summary(text: str) -> str:
    return text.splitlines()[0].rstrip(".")


def _written(what: Callable[..., Any]) -> str:
    return f"{what.__module__}.{what.__qualname__}"
