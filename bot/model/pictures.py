"""Pictures of a report, as data: doors draw them their own way, ``-o json`` prints them.

Three kinds carry what runbooks have to show: nodes by state (:class:`NodeMap`), figures over time
(:class:`Timeline`), figures between two sets of names (:class:`Matrix`). ``None`` among figures
means "not seen", which is never drawn like zero.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from math import isfinite

import msgspec


class Tone(StrEnum):
    """How a state is to be taken, worst first. Doors choose colour, shape and sign by it."""

    BAD = "bad"
    WARNING = "warning"
    UNSEEN = "unseen"
    GOOD = "good"


class State(msgspec.Struct, frozen=True):
    """One state that nodes can be in: a word or two, such as ``not ready``."""

    name: str
    tone: Tone


class Zone(msgspec.Struct, frozen=True):
    """Nodes that belong together: pairs of a node's name and the name of its state."""

    name: str
    nodes: tuple[tuple[str, str], ...]


class _Picture(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """``note`` says what the picture leaves out or how it is to be read."""

    title: str
    note: str = ""


class NodeMap(_Picture, frozen=True, kw_only=True, tag="node_map"):
    """Nodes by state, zone by zone. ``states`` is the legend, the worst first."""

    states: tuple[State, ...]
    zones: tuple[Zone, ...]

    def __post_init__(self) -> None:
        named = {state.name for state in self.states}
        used = {state for zone in self.zones for _, state in zone.nodes}
        if used - named:
            raise ValueError(f"node map {self.title!r}: {sorted(used - named)} not in its states")
        if len(named) != len(self.states):
            raise ValueError(f"node map {self.title!r}: a state is there twice")

    def counts(self) -> Counter[str]:
        """How many nodes are in each state."""
        return Counter(state for zone in self.zones for _, state in zone.nodes)

    def nodes_in(self, state: str) -> list[str]:
        """The nodes in one state, in the map's order."""
        return [node for zone in self.zones for node, own in zone.nodes if own == state]


class Series(msgspec.Struct, frozen=True):
    """Figures of one thing, one for each step of its timeline."""

    name: str
    values: tuple[float | None, ...]

    @property
    def peak(self) -> float:
        """The largest figure; 0 when none was seen."""
        return max((value for value in self.values if value is not None), default=0.0)


class Timeline(_Picture, frozen=True, kw_only=True, tag="timeline"):
    """Figures over time, none below zero: one for every ``step`` seconds from ``start``.

    ``unit`` follows a figure, such as ``drops/s``.
    """

    unit: str
    start: datetime
    step: float
    series: tuple[Series, ...]

    def __post_init__(self) -> None:
        if not (isfinite(self.step) and self.step > 0):
            raise ValueError(f"timeline {self.title!r}: a step of {self.step} seconds")
        if len({len(series.values) for series in self.series}) > 1:
            raise ValueError(f"timeline {self.title!r}: its series differ in length")
        for series in self.series:
            _check_figures(series.values, f"timeline {self.title!r}, series {series.name!r}")

    @property
    def steps(self) -> int:
        """How many figures each series has."""
        return len(self.series[0].values) if self.series else 0


class Matrix(_Picture, frozen=True, kw_only=True, tag="matrix"):
    """Figures between two sets of names, none below zero: ``values[row][column]``.

    ``row_axis`` and ``column_axis`` say what the names are, such as ``source``; ``unit`` follows a
    figure, such as ``drops`` or ``failed probes``.
    """

    unit: str
    row_axis: str
    column_axis: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]

    def __post_init__(self) -> None:
        if len(self.values) != len(self.rows):
            raise ValueError(
                f"matrix {self.title!r}: {len(self.values)} rows of values for "
                f"{len(self.rows)} names"
            )
        for name, row in zip(self.rows, self.values, strict=True):
            if len(row) != len(self.columns):
                raise ValueError(
                    f"matrix {self.title!r}: row {name!r} has {len(row)} values for "
                    f"{len(self.columns)} columns"
                )
            _check_figures(row, f"matrix {self.title!r}, row {name!r}")

    @property
    def peak(self) -> float:
        """The largest figure; 0 when none was seen."""
        return max((value for row in self.values for value in row if value is not None), default=0)


Picture = NodeMap | Timeline | Matrix


def _check_figures(values: Iterable[float | None], where: str) -> None:
    for value in values:
        if value is not None and not (isfinite(value) and value >= 0):
            raise ValueError(f"{where}: {value} is not a figure of zero or more")
