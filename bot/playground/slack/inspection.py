"""Collects what is wrong with a JSON value, naming each place by its JSON pointer."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

Json = Any
"""A value as it came out of a JSON parser."""


class Problem(NamedTuple):
    """One reason why Slack would refuse a value."""

    text: str
    pointer: str

    def __str__(self) -> str:
        return f"{self.text} [json-pointer:{self.pointer}]"


class Inspection:
    """A growing list of problems. Each check returns what it saw, or None if it is unusable."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def refuse(self, pointer: str, text: str) -> None:
        self.problems.append(Problem(text, pointer))

    def object(
        self, value: Json, pointer: str, *, allowed: Iterable[str], required: Iterable[str] = ()
    ) -> dict[str, Json] | None:
        """An object that has the required keys and no other than the allowed ones."""
        if not isinstance(value, dict):
            self.refuse(pointer, "must provide an object")
            return None
        for key in required:
            if value.get(key) is None:
                self.refuse(pointer, f"missing required field: {key}")
        known = {*allowed, *required}
        for key in value:
            if key not in known:
                self.refuse(pointer, f"invalid additional property: {key}")
        return value

    def string(self, value: Json, pointer: str, *, most: int, least: int = 1) -> str | None:
        """A string of `least` to `most` characters."""
        if not isinstance(value, str):
            self.refuse(pointer, "must provide a string")
            return None
        if len(value) > most:
            self.refuse(pointer, f"must be less than {most + 1} characters")
        if len(value) < least:
            self.refuse(pointer, f"must be more than {least - 1} characters")
        return value

    def array(self, value: Json, pointer: str, *, most: int, least: int = 1) -> list[Json]:
        """A list of `least` to `most` items; what is beyond `most` is not looked at."""
        if not isinstance(value, list):
            self.refuse(pointer, "must provide an array")
            return []
        if len(value) > most:
            self.refuse(pointer, f"no more than {most} items allowed")
        if len(value) < least:
            self.refuse(pointer, f"no fewer than {least} items allowed")
        return value[:most]

    def choice(self, value: Json, pointer: str, allowed: Iterable[str]) -> None:
        """One of a few words."""
        if value not in tuple(allowed):
            self.refuse(pointer, f"must be one of: {', '.join(allowed)}")

    def boolean(self, value: Json, pointer: str) -> None:
        if not isinstance(value, bool):
            self.refuse(pointer, "must provide a boolean")

    def by_type(
        self,
        value: Json,
        pointer: str,
        checks: Mapping[str, Callable[["Inspection", dict[str, Json], str], None]],
    ) -> None:
        """Hand an object to the check that its `type` names."""
        if not isinstance(value, dict):
            return self.refuse(pointer, "must provide an object")
        kind = value.get("type")
        if kind is None:
            return self.refuse(pointer, "missing required field: type")
        check = checks.get(kind) if isinstance(kind, str) else None
        if check is None:
            return self.refuse(pointer, f"unsupported type: {kind}")
        return check(self, value, pointer)
