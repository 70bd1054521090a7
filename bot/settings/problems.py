"""One thing wrong with a configuration file, said so that it can be mended at once."""

from __future__ import annotations

import re
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""Where a value stands in a document: keys and list indices from the top."""

SECRET = re.compile(
    r"\bxox[a-z](?:\.xox[a-z])?-\S+|\bxapp-\d+-\S+|(?<=://)[^/@\s:]*:(?P<password>[^/@\s]+)(?=@)"
)
"""Slack's token prefixes: ``xoxb-``, ``xoxp-``, ``xoxe.xoxb-`` (rotated), ``xapp-``; and a password
in a URL."""

_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """A line of a file (``line`` 0: the file as a whole), the field on it, and what is wrong.

    ``found`` is the offending text, ``allowed`` what may stand there, ``nearest`` the valid name
    that was probably meant; each may be empty. ``str()`` is the sentence for a person, always one
    line, and never holds a secret.
    """

    file: str
    line: int
    column: int
    field: str
    what: str
    found: str = ""
    allowed: str = ""
    nearest: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        found = f"found {self.found}" if self.found else ""
        said = ", ".join(part for part in (self.what, found) if part)
        if self.nearest:
            said += f"; did you mean {self.nearest}?"
        elif self.allowed:
            said += f"; allowed: {self.allowed}"
        return ": ".join(part for part in (place, self.field, said) if part)


def shown(text: str) -> str:
    """``text`` for a person: secrets hidden, control characters escaped, at most 60 characters."""
    safe = SECRET.sub("(a secret, not shown)", text)
    safe = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in safe)
    return safe if len(safe) <= _LONGEST else f"{safe[: _LONGEST - 1]}…"


def dotted(path: Path) -> str:
    """``clusters.prod.context``; list indices count from 0, as in ``windows.0.start``."""
    return ".".join(shown(str(part)) for part in path)
