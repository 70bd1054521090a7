"""``alerts.yaml`` to the routing table of alerts, or every reason why not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path as FilePath

from bot.model.alert_matcher import parse_matcher
from bot.model.alert_rules import AlertReceiver, AlertRule, AlertRules
from bot.model.nearest import nearest
from bot.settings.against_schema import (
    in_order,
    note_contradictions,
    note_secrets,
    validated,
    without_empty_sections,
)
from bot.settings.alerts_schema import AlertsFile, DefaultEntry, RuleEntry
from bot.settings.document import Document
from bot.settings.problems import Path, Problem, shown
from bot.settings.rule_lists import Known, entries, known_names, named_once
from bot.settings.rules import Contradiction
from bot.settings.yaml_source import read

COOLDOWN = 900.0
"""Seconds between two diagnoses of one incident, where a rule does not say."""

_MATCHERS = """a matcher such as 'alertname="CiliumAgentDown"', with =, !=, =~ or !~"""


def examine_alerts(path: FilePath, known: Known) -> tuple[AlertRules | None, list[Problem]]:
    """The table of the file at ``path``, or ``None``, and its problems."""
    document = read(path)
    if document.is_unreadable(()):
        return None, document.problems
    document.value = without_empty_sections(document.value, AlertsFile)
    said = validated(document, AlertsFile)
    if isinstance(document.value, dict):
        note_contradictions(document, _contradictions(document.value, known))
    note_secrets(document)
    problems = in_order(document)
    if said is None or said.default is None or problems:
        return None, problems
    receivers = {
        name: AlertReceiver(
            name=name, clusters=tuple(entry.clusters or ()), channel=entry.channel or ""
        )
        for name, entry in said.receivers.items()
    }
    rules = tuple(_rule(entry, document, index) for index, entry in enumerate(said.rules))
    default = _entry(said.default, document, ("default",), "default")
    return AlertRules(receivers=receivers, rules=rules, default=default), []


def _rule(entry: RuleEntry, document: Document, index: int) -> AlertRule:
    matchers = tuple(parse_matcher(written) for written in entry.match or ())
    return _entry(entry, document, ("rules", index), entry.name or "", matchers=matchers)


def _entry(
    entry: DefaultEntry, document: Document, path: Path, name: str, **more: object
) -> AlertRule:
    said = {
        "name": name,
        "place": f"{FilePath(document.file).name}:{document.places[path].key[0]}",
        "runbook": entry.runbook or "",
        "parameters": dict(entry.parameters or {}),
        "nothing": entry.nothing or "",
        "channel": entry.channel,
        "severity": entry.severity,
        "cooldown": COOLDOWN if entry.cooldown is None else float(entry.cooldown),
        **more,
    }
    return AlertRule(**said)  # type: ignore[arg-type]


def _contradictions(values: Mapping[str, object], known: Known) -> Iterator[Contradiction]:
    """What must be said, names that nothing has, and what may not be routed."""
    yield from _receivers(values.get("receivers"), known)
    default = values.get("default")
    if not isinstance(default, Mapping):
        allowed = "default: {runbook: status}, for alerts that no rule is about"
        yield Contradiction(("default",), "the default is missing", allowed=allowed)
    else:
        yield from _command(default, ("default",), known)
        yield from _needs_nothing(default, known)
    for path, rule in entries(values):
        if not rule.get("name"):
            yield Contradiction(path, "name is missing", allowed="a few words")
        if not rule.get("match"):
            allowed = f"match: a list of matchers; {_MATCHERS}"
            yield Contradiction(path, "match is missing", allowed=allowed)
        yield from _matchers(rule.get("match"), (*path, "match"))
        yield from _command(rule, path, known)
    yield from named_once(values)


def _receivers(given: object, known: Known) -> Iterator[Contradiction]:
    if not given:
        allowed = "at least one, such as prod: {clusters: [prod], channel: C0123456789}"
        yield Contradiction(("receivers",), "no receiver", allowed=allowed)
    for name, receiver in given.items() if isinstance(given, Mapping) else ():
        if not isinstance(receiver, Mapping):
            continue
        path: Path = ("receivers", str(name))
        if not receiver.get("clusters"):
            allowed = "a list of the clusters it may speak for"
            yield Contradiction(path, "clusters is missing", allowed=allowed)
        if not receiver.get("channel"):
            allowed = "the id of the channel where its alerts are told"
            yield Contradiction(path, "channel is missing", allowed=allowed)
        yield from known_names(receiver, "clusters", path, known.clusters, "cluster")


def _matchers(given: object, path: Path) -> Iterator[Contradiction]:
    for index, written in enumerate(given if isinstance(given, list) else ()):
        if not isinstance(written, str):
            continue
        try:
            parse_matcher(written)
        except ValueError as error:
            found = shown(written)
            yield Contradiction((*path, index), shown(str(error)), found=found, allowed=_MATCHERS)


def _command(entry: Mapping[str, object], path: Path, known: Known) -> Iterator[Contradiction]:
    """A read-only runbook that exists, with parameters that it has; or nothing, with the reason."""
    runbook, nothing = entry.get("runbook"), entry.get("nothing")
    if bool(runbook) == bool(nothing):
        both = "runbook and nothing are both given" if runbook else "neither runbook nor nothing"
        allowed = 'runbook: status, or nothing: "the reason"'
        yield Contradiction(path, both, allowed=allowed)
    given = entry.get("parameters")
    parameters = given if isinstance(given, Mapping) else {}
    if nothing and parameters:
        where: Path = (*path, "parameters")
        yield Contradiction(where, "parameters of nothing", allowed="runbook, or no parameters")
    if not isinstance(runbook, str) or known.runbooks is None:
        return
    if runbook in (known.remedies or ()):
        what = "it changes the cluster, and an alert may only have something looked at"
        yield _not_one_of((*path, "runbook"), what, runbook, known.runbooks)
    elif runbook not in known.runbooks:
        yield _not_one_of((*path, "runbook"), "no such runbook", runbook, known.runbooks)
    else:
        names = known.runbooks[runbook]
        for name in map(str, parameters):
            if name not in names:
                what = f"{runbook} has no such parameter"
                yield _not_one_of((*path, "parameters", name), what, name, names)


def _needs_nothing(default: Mapping[str, object], known: Known) -> Iterator[Contradiction]:
    """The default must work for any alert."""
    runbook = default.get("runbook")
    needed = (known.runbooks or {}).get(runbook, {}) if isinstance(runbook, str) else {}
    for name in (name for name, required in needed.items() if required):
        what = f"{runbook} needs {name}, which not every alert has"
        yield Contradiction(("default", "runbook"), what, allowed="a runbook that needs nothing")


def _not_one_of(path: Path, what: str, found: str, names: Collection[str]) -> Contradiction:
    return Contradiction(
        path,
        what,
        found=shown(found),
        allowed=shown(", ".join(sorted(names)) or "none"),
        nearest=" or ".join(nearest(found, names, most=1)),
    )
