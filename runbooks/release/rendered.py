"""What differs between two manifests, object by object, in lines of a diff. Pure.

Bounded: a minor of Cilium changes a label of nearly every object. Nothing secret is shown: what is
hidden counts as one word, the same on both sides and in every process, because the lines are part
of what is approved. Whether the hidden differ is told by the plan's digests of the whole texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from bot.clients.cilium.names import AGENT_DAEMONSET, CONFIG_MAP
from bot.clients.helm.flat import Difference, differences, flattened, shown
from bot.clients.helm.manifest import Object
from bot.clients.helm.redaction import is_secret_key, without_secret
from bot.clients.helm.release import Values

LINES_OF_ONE = 12
LINES_OF_ALL = 80
LONGEST = 110
HIDDEN = "(hidden)"
_FIRST = (("ConfigMap", CONFIG_MAP), ("DaemonSet", AGENT_DAEMONSET))
_THEN = ("DaemonSet", "Deployment", "ConfigMap")


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """One object of a manifest."""

    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, thing: Object, namespace: str = "") -> Identity:
        """That of ``thing``; ``namespace`` where it says none."""
        metadata = thing["metadata"]
        space = metadata.get("namespace") or namespace
        return cls(str(thing.get("kind")), str(space), str(metadata.get("name")))

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Changed:
    """One object that becomes another: ``verb`` as RBAC names it, and lines of a diff."""

    identity: Identity
    verb: str
    lines: tuple[str, ...] = ()


def changes_between(
    before: Sequence[Object], after: Sequence[Object], namespace: str
) -> tuple[Changed, ...]:
    """Every object that is not the same in both, the agents' own first."""
    old = {Identity.of(thing, namespace): thing for thing in before}
    new = {Identity.of(thing, namespace): thing for thing in after}
    found: list[Changed] = []
    left = LINES_OF_ALL
    for identity in sorted(old.keys() | new.keys(), key=_importance):
        if old.get(identity) == new.get(identity):
            continue
        if identity not in new:
            found.append(Changed(identity, "delete"))
        elif identity not in old:
            found.append(Changed(identity, "create"))
        else:
            lines = _lines(old[identity], new[identity], min(left, LINES_OF_ONE))
            left = max(1, left - len(lines))
            found.append(Changed(identity, "patch", lines))
    return tuple(found)


def value_lines(before: Values, after: Values) -> tuple[str, ...]:
    """What of the values that a person set becomes otherwise."""
    found = differences(flattened(before), flattened(after))
    return _bounded([line for one in found for line in _sides(one)], 2 * LINES_OF_ONE)


def _importance(identity: Identity) -> tuple[int, Identity]:
    plain = (identity.kind, identity.name)
    if plain in _FIRST:
        return _FIRST.index(plain), identity
    if identity.kind in _THEN:
        return len(_FIRST) + _THEN.index(identity.kind), identity
    return len(_FIRST) + len(_THEN), identity


def _lines(before: Object, after: Object, most: int) -> tuple[str, ...]:
    if before.get("kind") == "Secret":
        return (f"~ {HIDDEN}",)
    found = differences(dict(_pairs(before, "")), dict(_pairs(after, "")))
    return _bounded([line for one in found for line in _sides(one)], most)


def _sides(one: Difference) -> Iterator[str]:
    before, after = _safe(one.path, one.before), _safe(one.path, one.after)
    if before == after:
        yield _cut(f"~ {one.path}: {before}")
        return
    if before is not None:
        yield _cut(f"- {one.path}: {shown(before)}")
    if after is not None:
        yield _cut(f"+ {one.path}: {shown(after)}")


def _safe(path: str, text: str | None) -> str | None:
    if text is None:
        return None
    hidden = any(is_secret_key(part) for part in path.split(".")) or without_secret(text) != text
    return HIDDEN if hidden else text


def _bounded(lines: list[str], most: int) -> tuple[str, ...]:
    if len(lines) <= most:
        return tuple(lines)
    kept = max(0, most - 1)
    return (*lines[:kept], f"  and {len(lines) - kept:,} more lines")


def _cut(line: str) -> str:
    plain = " ".join(line.split())
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}…"


def _pairs(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Path and text of every leaf; items of lists by their names, where they have one."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _pairs(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value:
        for at, inner in enumerate(value):
            name = inner.get("name") if isinstance(inner, dict) else None
            yield from _pairs(inner, f"{path}[{name if isinstance(name, str) else at}]")
    else:
        yield path, value if isinstance(value, str) else msgspec.json.encode(value).decode()
