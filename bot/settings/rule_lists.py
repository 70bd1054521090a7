"""What files of rules have in common: every rule has a name of its own, and names what there is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from bot.model.nearest import nearest
from bot.settings.problems import Path, shown
from bot.settings.rules import Contradiction


@dataclass(frozen=True, slots=True)
class Known:
    """The names that rules may use. ``commands`` and ``remedies`` are ``None`` where they are not
    compared. ``runbooks`` are the read-only ones: their parameters, and whether each is required.
    """

    clusters: frozenset[str]
    channels: frozenset[str]
    commands: Collection[str] | None = None
    remedies: Collection[str] | None = None
    runbooks: Mapping[str, Mapping[str, bool]] | None = None


def entries(values: Mapping[str, object]) -> Iterator[tuple[Path, Mapping[str, object]]]:
    """Every rule that can be made sense of, with its place."""
    rules = values.get("rules")
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        if isinstance(rule, Mapping):
            yield ("rules", index), rule


def named_once(values: Mapping[str, object]) -> Iterator[Contradiction]:
    """Two rules of one name: a person who is told the name could not find the rule."""
    names: dict[str, int] = {}
    for path, rule in entries(values):
        name, index = rule.get("name"), int(path[1])
        if isinstance(name, str) and name in names:
            first = f"rule {names[name] + 1} has this name already"
            yield Contradiction((*path, "name"), first, found=shown(name))
        elif isinstance(name, str):
            names[name] = index


def all_given(
    rule: Mapping[str, object], path: Path, fields: Collection[str]
) -> Iterator[Contradiction]:
    """Nothing has a default: a line that was forgotten must not widen a rule."""
    for field in fields:
        if not rule.get(field):
            allowed = "a few words" if field == "name" else "names, or ['*'] for all"
            yield Contradiction(path, f"{field} is missing", allowed=allowed)


def known_names(
    rule: Mapping[str, object], field: str, path: Path, names: Collection[str], noun: str
) -> Iterator[Contradiction]:
    """Names in a rule that nothing has; ``noun`` is what one of them is."""
    given = rule.get(field)
    for index, name in enumerate(given if isinstance(given, list) else ()):
        if isinstance(name, str) and name not in names:
            yield Contradiction(
                (*path, field, index),
                f"no such {noun}",
                found=shown(name),
                allowed=shown(", ".join(sorted(names))),
                nearest=" or ".join(nearest(name, names, most=1)),
            )
