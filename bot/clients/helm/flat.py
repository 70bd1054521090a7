"""Values and configuration as flat pairs of path and text, and what differs between two of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec


@dataclass(frozen=True, slots=True)
class Difference:
    """One path at which two sides differ; ``None`` where a side has nothing."""

    path: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        return f"{self.path}: {shown(self.before)} -> {shown(self.after)}"


def shown(text: str | None) -> str:
    """A side of a difference, in words."""
    return "not set" if text is None else text or '""'


def flattened(values: Mapping[str, Any]) -> dict[str, str]:
    """``{"a.b": "1"}`` from ``{"a": {"b": 1}}``; lists and empty objects count as one value."""
    return dict(_pairs(values, ""))


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Difference, ...]:
    """Every path whose text is not the same on both sides, in order."""
    return tuple(
        Difference(path, before.get(path), after.get(path))
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
    )


def _pairs(values: Mapping[str, Any], under: str) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        name = str(key).replace(".", r"\.")
        path = f"{under}.{name}" if under else name
        if isinstance(value, dict) and value:
            yield from _pairs(value, path)
        else:
            yield path, value if isinstance(value, str) else msgspec.json.encode(value).decode()
