"""One condition on a label, as Alertmanager writes it: ``alertname="X"``, ``!=``, ``=~``, ``!~``.

As in Alertmanager (prometheus.io/docs/alerting/latest/configuration, ``<matcher>``) a label that is
not there is an empty text, and a pattern must match the whole value. Alertmanager's RE2 takes
linear time with any pattern and Python's ``re`` does not, while values come from elsewhere: so only
patterns are taken that stay quick, and they see at most :data:`LONGEST_VALUE` characters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

import msgspec

LONGEST_PATTERN = 1000
LONGEST_VALUE = 256
"""Characters of a value that a pattern looks at; a longer value is matched by no pattern."""
MOST_REPEATS = 3
"""Each repeat in a pattern can multiply the time by the length of the value."""

_WRITTEN = re.compile(r'\s*([A-Za-z_][A-Za-z0-9_]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|\S*)\s*\Z')
_ESCAPED = re.compile(r"\\(.)")
# A class such as [^a-z], an escape, or one character.
_PIECE = re.compile(r"\[\^?\]?(?:[^\]\\]|\\.)*\]|\\.|.", re.DOTALL)


class Comparison(StrEnum):
    """How a value is compared."""

    IS = "="
    IS_NOT = "!="
    MATCHES = "=~"
    MATCHES_NOT = "!~"


class Matcher(msgspec.Struct, frozen=True):
    """A condition on one label."""

    label: str
    comparison: Comparison
    value: str

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Whether ``labels`` are as it says."""
        value = labels.get(self.label, "")
        match self.comparison:
            case Comparison.IS:
                return value == self.value
            case Comparison.IS_NOT:
                return value != self.value
            case Comparison.MATCHES:
                return self._matches(value)
            case Comparison.MATCHES_NOT:
                return not self._matches(value)

    def _matches(self, value: str) -> bool:
        # re keeps what it compiled, so that each pattern is compiled once.
        return len(value) <= LONGEST_VALUE and bool(re.fullmatch(self.value, value, re.DOTALL))

    def __str__(self) -> str:
        return f'{self.label}{self.comparison}"{self.value}"'


def parse_matcher(written: str) -> Matcher:
    """The matcher in ``written``; ``ValueError`` says in words what is wrong with it."""
    found = _WRITTEN.match(written)
    if found is None:
        raise ValueError("not a matcher")
    label, comparison, value = found.groups()
    if value.startswith('"'):
        if len(value) < 2 or not value.endswith('"'):
            raise ValueError("a quote is opened and never closed")
        value = _ESCAPED.sub(_unescaped, value[1:-1])
    matcher = Matcher(label, Comparison(comparison), value)
    if matcher.comparison in (Comparison.MATCHES, Comparison.MATCHES_NOT):
        _refuse_slow(value)
        try:
            re.compile(value, re.DOTALL)
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"not a pattern: {error}") from None
    return matcher


def _unescaped(found: re.Match[str]) -> str:
    """Only what Alertmanager unescapes; ``\\d`` stays part of a pattern."""
    return {'"': '"', "\\": "\\", "n": "\n"}.get(found[1], found[0])


def _refuse_slow(pattern: str) -> None:
    if len(pattern) > LONGEST_PATTERN:
        raise ValueError(f"a pattern of more than {LONGEST_PATTERN} characters")
    repeats, before = 0, ""
    for found in _PIECE.finditer(pattern):
        piece = found[0]
        if piece in ("*", "+", "{"):
            repeats += 1
            if before == ")":
                raise ValueError("a repeated group can take for ever")
        elif piece == "(" and pattern.startswith("(?", found.start()):
            if not pattern.startswith("(?:", found.start()):
                raise ValueError("RE2 has no such group, or it is not needed here; write (?:...)")
        elif piece[0] == "\\" and piece[1:].isdigit():
            raise ValueError("RE2 has no references to groups")
        before = piece
    if repeats > MOST_REPEATS:
        raise ValueError(f"more than {MOST_REPEATS} of *, + and {{}} in one pattern can be slow")
