"""The registry of runbooks and remedies: built explicitly from listed modules.

A decorator only leaves a mark on a function or a class (see :mod:`bot.authoring`);
:meth:`Registry.of` reads the marks of the modules it is given. A name used twice is an error at
start.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from bot.engine.parameters import Parameter, fields_of, parameters_of
from bot.engine.remedy import REMEDY_MARK, Remedy, RemedyMark
from bot.model.errors import ConfigurationError, UsageError
from bot.model.nearest import did_you_mean, quoted

MARK = "__cilium_oncall__"


@dataclass(frozen=True, slots=True)
class RunbookMark:
    """What the decorator leaves on a function."""

    name: str
    alerts: tuple[str, ...] = ()
    patient_when: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """What can be asked for by name: its grammar and its help."""

    name: str
    parameters: tuple[Parameter, ...]
    summary: str
    help: str

    @property
    def usage(self) -> str:
        """``status [NODE] [--deep]``: the grammar in one line."""
        return " ".join([self.name, *(parameter.usage for parameter in self.parameters)])

    @property
    def code(self) -> Callable[..., Any]:
        """What carries it out."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Runbook(Procedure):
    """A procedure that only reads."""

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
    """A procedure that changes something, after approval."""

    kind: type[Remedy]

    @property
    def code(self) -> Callable[..., Any]:
        """Its class."""
        return self.kind

    def make(self, parameters: Mapping[str, str]) -> Remedy:
        """The remedy with ``parameters`` in canonical text, read again by their grammar.

        Raises :class:`UsageError`.
        """
        values = {
            p.name: p.value(p.read(parameters[p.name]))
            for p in self.parameters
            if p.name in parameters
        }
        missing = [p.usage for p in self.parameters if p.required and p.name not in values]
        if missing or len(values) != len(parameters):
            raise UsageError(f"{self.name} takes other parameters.", usage=self.usage)
        return self.kind(**values)


class Registry:
    """Runbooks and remedies by name, in the order they were listed."""

    def __init__(self, procedures: Iterable[Procedure]) -> None:
        self._by_name: dict[str, Procedure] = {}
        for runbook in procedures:
            if runbook.name in self._by_name:
                first, second = self._by_name[runbook.name].code, runbook.code
                raise ConfigurationError(
                    f"Two commands are called {runbook.name!r}: "
                    f"{first.__module__}.{first.__qualname__} and "
                    f"{second.__module__}.{second.__qualname__}.",
                    hint="Rename one of them.",
                )
            self._by_name[runbook.name] = runbook

    @classmethod
    def of(cls, modules: Iterable[ModuleType]) -> Registry:
        """All that is marked in ``modules``; what a module merely imported does not count."""
        return cls(
            runbook_of(value) if hasattr(value, MARK) else remedy_of(value)
            for module in modules
            for value in vars(module).values()
            if (hasattr(value, MARK) or REMEDY_MARK in getattr(value, "__dict__", {}))
            and value.__module__ == module.__name__
        )

    @property
    def runbooks(self) -> list[Runbook]:
        """Those that only read."""
        return [one for one in self if isinstance(one, Runbook)]

    @property
    def remedies(self) -> list[RemedyEntry]:
        """Those that change something."""
        return [one for one in self if isinstance(one, RemedyEntry)]

    def __iter__(self) -> Iterator[Procedure]:
        return iter(self._by_name.values())

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def runbook(self, name: str) -> Runbook:
        """The runbook called ``name``; :class:`UsageError` when that is a remedy or nothing."""
        found = self.get(name)
        if not isinstance(found, Runbook):
            raise UsageError(f"{name} changes something; it is no runbook.")
        return found

    def remedy(self, name: str) -> RemedyEntry:
        """The remedy called ``name``; :class:`UsageError` when that is a runbook or nothing."""
        found = self.get(name)
        if not isinstance(found, RemedyEntry):
            raise UsageError(f"{name} changes nothing; it is no remedy.")
        return found

    def get(self, name: str) -> Procedure:
        """What is called ``name``; :class:`UsageError` with the nearest name otherwise."""
        try:
            return self._by_name[name]
        except KeyError:
            raise UsageError(
                f"There is no command {quoted(name)}.",
                hint=did_you_mean(name, self._by_name) or "Type help for the list of commands.",
            ) from None


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
        summary=text.splitlines()[0].rstrip("."),
        help=text,
        mark=mark,
    )


def remedy_of(kind: type[Remedy]) -> RemedyEntry:
    """The remedy a marked class describes: grammar from its fields, help from its text."""
    mark: RemedyMark = getattr(kind, REMEDY_MARK)
    text = inspect.cleandoc(kind.__doc__ or "")
    if not text or text.startswith(f"{kind.__name__}("):
        raise ConfigurationError(f"Remedy {mark.name!r} has no docstring; it is the help text.")
    return RemedyEntry(
        name=mark.name,
        kind=kind,
        parameters=fields_of(kind),
        summary=text.splitlines()[0].rstrip("."),
        help=text,
    )
