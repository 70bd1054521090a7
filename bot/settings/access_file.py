"""``access.yaml`` to access rules, or every reason why not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath

from bot.model.access import ANY, CONFIGURED, AccessRules, Action, Effect, Rule
from bot.model.nearest import nearest
from bot.settings.access_schema import AccessFile, RuleEntry
from bot.settings.against_schema import (
    in_order,
    note_contradictions,
    note_secrets,
    validated,
    without_empty_sections,
)
from bot.settings.document import Document
from bot.settings.problems import Path, Problem, shown
from bot.settings.rules import Contradiction
from bot.settings.yaml_source import read

_REQUIRED = ("name", "commands", "clusters", "channels")


@dataclass(frozen=True, slots=True)
class Known:
    """The names that rules may use. ``commands`` is ``None`` where they are not compared."""

    clusters: frozenset[str]
    channels: frozenset[str]
    commands: Collection[str] | None = None


def examine_access(path: FilePath, known: Known) -> tuple[AccessRules | None, list[Problem]]:
    """The rules of the file at ``path``, or ``None``, and its problems."""
    document = read(path)
    if document.is_unreadable(()):
        return None, document.problems
    document.value = without_empty_sections(document.value, AccessFile)
    said = validated(document, AccessFile)
    if isinstance(document.value, dict):
        note_contradictions(document, _contradictions(document.value, known))
    note_secrets(document)
    problems = in_order(document)
    if said is None or problems:
        return None, problems
    rules = tuple(_rule(entry, document, index) for index, entry in enumerate(said.rules))
    return AccessRules(rules=rules, channels=known.channels, ask=said.ask), []


def _rule(entry: RuleEntry, document: Document, index: int) -> Rule:
    line = document.places[("rules", index)].key[0]
    return Rule(
        name=entry.name or "",
        effect=Effect.DENY if entry.deny is not None else Effect.ALLOW,
        place=f"{FilePath(document.file).name}:{line}",
        actions=frozenset[Action](entry.deny if entry.deny is not None else entry.allow or ()),
        users=frozenset(entry.users or ()),
        groups=frozenset(entry.groups or ()),
        commands=frozenset(entry.commands or ()),
        clusters=frozenset(entry.clusters or ()),
        channels=frozenset(entry.channels or ()),
    )


def _contradictions(values: Mapping[str, object], known: Known) -> Iterator[Contradiction]:
    """What a rule must say, and names that nothing has."""
    rules = values.get("rules")
    names: dict[str, int] = {}
    if not rules:
        allowed = "at least one; without rules nobody may run anything"
        yield Contradiction(("rules",), "no rule", allowed=allowed)
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        if not isinstance(rule, Mapping):
            continue
        path: Path = ("rules", index)
        yield from _complete(rule, path)
        yield from _known(rule, "clusters", path, (*known.clusters, ANY))
        yield from _known(rule, "channels", path, (*known.channels, CONFIGURED, ANY))
        if known.commands is not None:
            yield from _known(rule, "commands", path, (*known.commands, ANY))
        name = rule.get("name")
        if isinstance(name, str) and name in names:
            first = f"rule {names[name] + 1} has this name already"
            yield Contradiction((*path, "name"), first, found=shown(name))
        elif isinstance(name, str):
            names[name] = index


def _complete(rule: Mapping[str, object], path: Path) -> Iterator[Contradiction]:
    """Nothing has a default: a line that was forgotten must not widen a rule."""
    effects = [effect for effect in Effect if rule.get(effect)]
    if len(effects) != 1:
        what = "both allow and deny are given" if effects else "it neither allows nor denies"
        yield Contradiction(path, what, allowed="one of them, such as allow: [run]")
    if not rule.get("users") and not rule.get("groups"):
        allowed = "users, groups or both; users: ['*'] is every member"
        yield Contradiction(path, "whom it is about is missing", allowed=allowed)
    for field in _REQUIRED:
        if not rule.get(field):
            allowed = "a few words" if field == "name" else "names, or ['*'] for all"
            yield Contradiction(path, f"{field} is missing", allowed=allowed)


def _known(
    rule: Mapping[str, object], field: str, path: Path, names: Collection[str]
) -> Iterator[Contradiction]:
    given = rule.get(field)
    for index, name in enumerate(given if isinstance(given, list) else ()):
        if isinstance(name, str) and name not in names:
            yield Contradiction(
                (*path, field, index),
                f"no such {field.removesuffix('s')}",
                found=shown(name),
                allowed=shown(", ".join(sorted(names))),
                nearest=" or ".join(nearest(name, names, most=1)),
            )
