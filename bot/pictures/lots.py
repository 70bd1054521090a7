"""More figures than there is room for: lots of them share one place, the highest stands for all.

The highest and not the mean, because what is looked for is trouble, and a mean hides it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from bot.model.pictures import Matrix


class Shrunk(NamedTuple):
    """A matrix in few enough fields. ``lot`` is how many rows and columns share one."""

    rows: list[str]
    columns: list[str]
    values: list[list[float | None]]
    lot: tuple[int, int]


def in_lots(values: tuple[float | None, ...], most: int) -> list[float | None]:
    """At most ``most`` figures: the highest of each lot that stands side by side."""
    lot = _lot(len(values), most)
    return [_highest(values[start : start + lot]) for start in range(0, len(values), lot)]


def shrunk_to(picture: Matrix, most_rows: int, most_columns: int) -> Shrunk:
    """The matrix in at most so many fields, named after the first of their lots."""
    down, across = _lot(len(picture.rows), most_rows), _lot(len(picture.columns), most_columns)
    values = [
        [
            _highest(
                value
                for row in picture.values[top : top + down]
                for value in row[left : left + across]
            )
            for left in range(0, len(picture.columns), across)
        ]
        for top in range(0, len(picture.rows), down)
    ]
    return Shrunk(
        list(picture.rows[::down]), list(picture.columns[::across]), values, (down, across)
    )


def _lot(count: int, most: int) -> int:
    return max(1, -(-count // most))


def _highest(values: Iterable[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
