"""A file as plain values that remember where they stood."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.settings.problems import Path, Problem, dotted


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key and its value begin, 1-based, and the value as it is written (scalars only)."""

    key: tuple[int, int]
    value: tuple[int, int]
    written: str | None = None


@dataclass(slots=True)
class Document:
    """A file as plain values. ``unreadable`` are the paths whose value could not be made sense of:
    they already have a problem, and nothing more should be said about them."""

    file: str
    value: object = None
    places: dict[Path, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unreadable: set[Path] = field(default_factory=set)
    _partly: set[Path] = field(default_factory=set)

    def lose(self, path: Path) -> None:
        """Note that the value at ``path`` cannot be read; its problem is the caller's to add."""
        self.unreadable.add(path)
        self._partly.update(path[:end] for end in range(len(path) + 1))

    def is_unreadable(self, path: Path) -> bool:
        """Whether ``path`` lies at or below a place that could not be read."""
        return any(path[:end] in self.unreadable for end in range(len(path) + 1))

    def is_partly_unreadable(self, path: Path) -> bool:
        """Whether ``path`` or something within it could not be read."""
        return path in self._partly or self.is_unreadable(path)

    def add(
        self,
        path: Path,
        what: str,
        *,
        found: str = "",
        allowed: str = "",
        nearest: str = "",
        at_key: bool = False,
    ) -> None:
        """Note a problem at ``path``, or at the nearest place above it that the file has: on the
        key where the key is wrong or its value is a whole section, else on the value."""
        line, column = 0, 0
        for end in range(len(path), -1, -1):
            if place := self.places.get(path[:end]):
                at_key = at_key or end < len(path) or place.written is None
                line, column = place.key if at_key else place.value
                break
        self.problems.append(
            Problem(self.file, line, column, dotted(path), what, found, allowed, nearest)
        )
