"""``access.yaml`` to access rules, or every reason why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath

from bot.model.access import ANY, CONFIGURED, AccessRules, Action, Effect, Rule
from bot.settings.access_schema import AccessFile, RuleEntry
from bot.settings.against_schema import (
    in_order,
    note_contradictions,
    note_secrets,
    validated,
    without_empty_sections,
)
from bot.settings.document import Document
from bot.settings.problems import Path, Problem
from bot.settings.rule_lists import Known, all_given, entries, known_names, named_once
from bot.settings.rules import Contradiction
from bot.settings.yaml_source import read

_REQUIRED = ("name", "commands", "clusters", "channels")


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
    if not values.get("rules"):
        allowed = "at least one; without rules nobody may run anything"
        yield Contradiction(("rules",), "no rule", allowed=allowed)
    for path, rule in entries(values):
        yield from _whom_and_what(rule, path)
        yield from all_given(rule, path, _REQUIRED)
        yield from known_names(rule, "clusters", path, (*known.clusters, ANY), "cluster")
        channels = (*known.channels, CONFIGURED, ANY)
        yield from known_names(rule, "channels", path, channels, "channel")
        if known.commands is not None:
            yield from known_names(rule, "commands", path, (*known.commands, ANY), "command")
    yield from named_once(values)


def _whom_and_what(rule: Mapping[str, object], path: Path) -> Iterator[Contradiction]:
    effects = [effect for effect in Effect if rule.get(effect)]
    if len(effects) != 1:
        what = "both allow and deny are given" if effects else "it neither allows nor denies"
        yield Contradiction(path, what, allowed="one of them, such as allow: [run]")
    if not rule.get("users") and not rule.get("groups"):
        allowed = "users, groups or both; users: ['*'] is every member"
        yield Contradiction(path, "whom it is about is missing", allowed=allowed)
