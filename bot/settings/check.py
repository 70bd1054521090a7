"""``bot.yaml``, and the files it names, against what may be said: every problem at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath

from bot.model.access import AccessRules, without_file
from bot.model.alert_rules import AlertRules
from bot.model.approval import ApprovalRules
from bot.settings.access_file import examine_access
from bot.settings.against_schema import (
    in_order,
    note_contradictions,
    note_secrets,
    validated,
    without_empty_sections,
)
from bot.settings.alerts_file import examine_alerts
from bot.settings.approvals_file import examine_approvals
from bot.settings.document import Document
from bot.settings.problems import Problem
from bot.settings.rule_lists import Known
from bot.settings.rules import contradictions
from bot.settings.schema import BotFile, Limits
from bot.settings.yaml_source import read

Runbooks = Mapping[str, Mapping[str, bool]]
"""Read-only runbooks by name: their parameters, and whether each is required."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What a file says, where it is in order, and every problem of it and of the files it names."""

    said: BotFile | None
    access: AccessRules | None
    approvals: ApprovalRules | None
    alerts: AlertRules | None
    problems: list[Problem]


def check(
    path: FilePath,
    commands: Collection[str] | None = None,
    remedies: Collection[str] | None = None,
    runbooks: Runbooks | None = None,
) -> list[Problem]:
    """Everything that is wrong with ``path``; empty when the bot can be started with it.

    ``commands`` are the names that access rules may use, ``remedies`` those that approval rules
    may, ``runbooks`` what alerts may be routed to; ``None``: they are not compared.
    """
    return examine_all(path, commands, remedies, runbooks).problems


def examine_all(
    path: FilePath,
    commands: Collection[str] | None = None,
    remedies: Collection[str] | None = None,
    runbooks: Runbooks | None = None,
) -> Examined:
    """``path`` and the files of rules it names, problems in the order of files and lines."""
    document, said = _examined(path)
    problems = in_order(document)
    values = document.value if isinstance(document.value, dict) else {}
    known = Known(
        clusters=_names(values, "clusters"),
        channels=_names(values, "channels"),
        commands=commands,
        remedies=remedies,
        runbooks=runbooks,
    )
    access = without_file(known.channels) if said is not None else None
    if file := _named_file(path, values, "access", problems):
        access, more = examine_access(file, known)
        problems = [*problems, *more]
    approvals = None
    if file := _named_file(path, values, "approvals", problems):
        approvals, more = examine_approvals(file, known)
        problems = [*problems, *more]
    alerts = None
    if file := _named_file(path, values, "alerts", problems):
        alerts, more = examine_alerts(file, known)
        problems = [*problems, *more]
    return Examined(None if problems else said, access, approvals, alerts, problems)


def _named_file(
    path: FilePath, values: Mapping[str, object], field: str, problems: list[Problem]
) -> FilePath | None:
    """The file that ``field`` names, unless what stands there is no path."""
    named = values.get(field)
    if not isinstance(named, str) or any(problem.field == field for problem in problems):
        return None
    return path.parent / FilePath(named).expanduser()


def examine(path: FilePath) -> tuple[BotFile | None, list[Problem]]:
    """The settings of ``bot.yaml`` alone, or ``None``, and its problems."""
    document, said = _examined(path)
    problems = in_order(document)
    return (None if problems else said), problems


def _examined(path: FilePath) -> tuple[Document, BotFile | None]:
    document = read(path)
    if document.is_unreadable(()):
        return document, None
    document.value = without_empty_sections(document.value, BotFile)
    settings = validated(document, BotFile)
    if isinstance(document.value, dict):
        _against_rules(document, document.value)
    note_secrets(document)
    return document, settings


def _names(values: Mapping[str, object], section: str) -> frozenset[str]:
    named = values.get(section)
    return frozenset(map(str, named)) if isinstance(named, dict) else frozenset()


def _against_rules(document: Document, values: Mapping[str, object]) -> None:
    if document.is_unreadable(("clusters",)):
        return
    if not values.get("clusters"):
        allowed = "at least one cluster, such as prod: {context: prod}"
        document.add(("clusters",), "no cluster is configured", allowed=allowed)
    note_contradictions(document, contradictions(_with_defaults(values)))


def _with_defaults(values: Mapping[str, object]) -> dict[str, object]:
    """A setting can also contradict the default of one that is not given."""
    limits, defaults = values.get("limits", {}), Limits().model_dump()
    return {**values, "limits": {**defaults, **limits} if isinstance(limits, dict) else limits}
