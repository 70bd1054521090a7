"""The registry of runbooks: built explicitly from listed modules, never by importing them.

A decorator only leaves a mark on a function (see :mod:`bot.authoring`); :meth:`Registry.of` reads
the marks of the modules it is given. Two runbooks of one name are an error at start.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from bot.engine.parameters import Parameter, parameters_of
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


@dataclass(frozen=True, slots=True)
class Runbook:
    """A named, read-only procedure with typed parameters."""

    name: str
    function: Callable[..., Any]
    parameters: tuple[Parameter, ...]
    summary: str
    help: str
    mark: RunbookMark

    @property
    def usage(self) -> str:
        """``status [NODE] [--deep]``: the grammar in one line."""
        return " ".join([self.name, *(parameter.usage for parameter in self.parameters)])

    def is_patient(self, parameters: dict[str, str]) -> bool:
        """Whether a flag among ``parameters`` asks for thoroughness rather than speed."""
        return any(parameters.get(flag) == "true" for flag in self.mark.patient_when)


class Registry:
    """Runbooks by name, in the order they were listed."""

    def __init__(self, runbooks: Iterable[Runbook]) -> None:
        self._by_name: dict[str, Runbook] = {}
        for runbook in runbooks:
            if runbook.name in self._by_name:
                first, second = self._by_name[runbook.name].function, runbook.function
                raise ConfigurationError(
                    f"Two runbooks are called {runbook.name!r}: "
                    f"{first.__module__}.{first.__qualname__} and "
                    f"{second.__module__}.{second.__qualname__}.",
                    hint="Rename one of them.",
                )
            self._by_name[runbook.name] = runbook

    @classmethod
    def of(cls, modules: Iterable[ModuleType]) -> Registry:
        """All runbooks marked in ``modules``; what a module merely imported does not count."""
        return cls(
            runbook_of(value)
            for module in modules
            for value in vars(module).values()
            if hasattr(value, MARK) and value.__module__ == module.__name__
        )

    def __iter__(self) -> Iterator[Runbook]:
        return iter(self._by_name.values())

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def get(self, name: str) -> Runbook:
        """The runbook called ``name``; :class:`UsageError` with the nearest name otherwise."""
        try:
            return self._by_name[name]
        except KeyError:
            raise UsageError(
                f"There is no command {quoted(name)}.",
                hint=did_you_mean(name, [*self._by_name, HELP]),
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
