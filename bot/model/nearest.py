"""What a person typed, in error messages: quoted safely, and the nearest valid name beside it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(typed: str, valid: Iterable[str], *, most: int = 3) -> list[str]:
    """At most ``most`` valid names close to ``typed``, best first; empty when nothing is close."""
    names = list(valid)
    starts = sorted(name for name in names if typed and name.startswith(typed))
    close = get_close_matches(typed, names, n=most, cutoff=0.6)
    return list(dict.fromkeys([*close, *starts]))[:most]


def did_you_mean(typed: str, valid: Iterable[str]) -> str:
    """``Did you mean node-7, node-9 or node-8?``, nearest first, or nothing."""
    names = nearest(typed, valid)
    if not names:
        return ""
    *others, last = names
    first = f"{', '.join(others)} or " if others else ""
    return f"Did you mean {first}{last}?"


def quoted(typed: str, most: int = 40) -> str:
    """What a person typed, short and printable, for an error message."""
    shown = "".join(char if char.isprintable() else "?" for char in typed)
    return repr(shown if len(shown) <= most else shown[: most - 1] + "…")
