"""How much of the machine others took while something was measured; from Linux' /proc."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
QUIET = 0.1
_IDLE = (3, 4)
"""Fields of /proc/stat: idle, and waiting for disks."""


@dataclass
class Others:
    """``share`` of all CPUs, from 0 to 1, that went to processes that are not ours."""

    share: float = 0.0

    @property
    def quiet(self) -> bool:
        """Whether the machine was ours, so that times measured on it are our own."""
        return self.share <= QUIET

    def ours(self, seconds: float) -> float:
        """About how long it would have taken on a machine of our own."""
        return seconds * (1 - self.share)


@contextmanager
def others() -> Iterator[Others]:
    """Measures until its end; where there is no /proc/stat nobody else is seen."""
    seen = Others()
    machine, ours = _machine(), _ours()
    yield seen
    busy, all_of_it = (now - before for now, before in zip(_machine(), machine, strict=True))
    if all_of_it:
        seen.share = max(0.0, (busy - (_ours() - ours)) / all_of_it)


def _machine() -> tuple[int, int]:
    """Ticks of all CPUs since the start: spent, and spent or idle."""
    try:
        first = (PROC / "stat").read_text().splitlines()[0]
    except OSError:
        return 0, 0
    ticks = [int(field) for field in first.split()[1:9]]
    return sum(ticks) - sum(ticks[place] for place in _IDLE), sum(ticks)


def _ours() -> int:
    """Ticks spent by this process and all that it started."""
    parents: dict[int, int] = {}
    spent: dict[int, int] = {}
    for entry in PROC.glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        number = int(entry.parent.name)
        parents[number], spent[number] = int(fields[1]), int(fields[11]) + int(fields[12])
    return sum(ticks for number, ticks in spent.items() if _is_ours(number, parents))


def _is_ours(number: int, parents: dict[int, int]) -> bool:
    while number and number != os.getpid():
        number = parents.get(number, 0)
    return bool(number)
