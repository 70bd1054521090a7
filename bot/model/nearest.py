"""The nearest valid name to what was typed: for error messages, never for guessing."""

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
    """``Did you mean node-7?`` or nothing."""
    names = nearest(typed, valid)
    if not names:
        return ""
    return f"Did you mean {' or '.join(names)}?"
