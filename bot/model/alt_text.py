"""What is to be seen in a picture, in words: for people who do not see it, and where none can go.

Written from the same data the picture is drawn from, so that it cannot tell of another one.
"""

from __future__ import annotations

from datetime import timedelta

from bot.model.names import natural
from bot.model.pictures import Matrix, NodeMap, Picture, Series, Timeline, Tone

MOST = 1_000
"""Characters: Slack refuses longer ones (``alt_txt_too_large``, files.getUploadURLExternal)."""

_NAMES = 8
_WORST = 3


def alt_text(picture: Picture) -> str:
    """The picture in words: what it shows, then what stands out; at most 1,000 characters."""
    match picture:
        case NodeMap():
            said = _of_nodes(picture)
        case Timeline():
            said = _of_timeline(picture)
        case Matrix():
            said = _of_matrix(picture)
    text = f"{picture.title}. {said}" + (f" {picture.note}" if picture.note else "")
    return text if len(text) <= MOST else text[: MOST - 1] + "…"


def figure(value: float) -> str:
    """A figure short enough for a phone: ``1,240``, ``3.5``, ``0.02``, ``1.2M``."""
    if value >= 1_000_000:
        power, letter = next((p, x) for p, x in ((1e12, "T"), (1e9, "G"), (1e6, "M")) if value >= p)
        return f"{value / power:.3g}{letter}" if value < 1e15 else f"{value:.2g}"
    if value >= 10 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.2g}"


def _of_nodes(picture: NodeMap) -> str:
    counts = picture.counts()
    zones = [zone for zone in picture.zones if zone.nodes]
    where = f" in {len(zones)} zones" if len(zones) > 1 else ""
    total = counts.total()
    parts = [f"{total:,} {'node' if total == 1 else 'nodes'}{where}."]
    for state in picture.states:
        if not counts[state.name]:
            continue
        told = f"{counts[state.name]:,} {state.name}"
        if state.tone is not Tone.GOOD:
            told += f" ({_named(sorted(picture.nodes_in(state.name), key=natural))})"
        parts.append(f"{told}.")
    return " ".join(parts)


def _named(names: list[str]) -> str:
    more = f" and {len(names) - _NAMES:,} more" if len(names) > _NAMES else ""
    return ", ".join(names[:_NAMES]) + more


def _of_timeline(picture: Timeline) -> str:
    if not picture.steps:
        return "Nothing was seen."
    end = picture.start + timedelta(seconds=picture.step * picture.steps)
    parts = [f"{picture.unit} from {picture.start:%H:%M} to {end:%H:%M %Z}.".replace(" .", ".")]
    ordered = sorted(picture.series, key=lambda series: -series.peak)
    parts += [_of_series(series, picture) for series in ordered[:_NAMES]]
    if len(ordered) > _NAMES:
        parts.append(f"{len(ordered) - _NAMES} more series stay below.")
    return " ".join(parts)


def _of_series(series: Series, picture: Timeline) -> str:
    seen = [value for value in series.values if value is not None]
    if not seen:
        return f"{series.name}: not seen."
    if not series.peak:
        return f"{series.name}: always 0."
    at = picture.start + timedelta(seconds=picture.step * series.values.index(series.peak))
    return f"{series.name}: highest {figure(series.peak)} at {at:%H:%M}, last {figure(seen[-1])}."


def _of_matrix(picture: Matrix) -> str:
    figures = [
        (value, row, column)
        for row, values in zip(picture.rows, picture.values, strict=True)
        for column, value in zip(picture.columns, values, strict=True)
        if value is not None
    ]
    above = sorted((entry for entry in figures if entry[0]), key=lambda entry: -entry[0])
    unseen = len(picture.rows) * len(picture.columns) - len(figures)
    parts = [
        f"{picture.unit} from {len(picture.rows):,} {picture.row_axis} "
        f"to {len(picture.columns):,} {picture.column_axis}."
    ]
    if above:
        parts.append(f"{len(above):,} of {len(figures):,} pairs are above 0; the highest:")
        told = [f"{row} to {column} {figure(value)}" for value, row, column in above[:_WORST]]
        parts.append("; ".join(told) + ".")
    elif figures:
        parts.append(f"All {len(figures):,} pairs are 0.")
    if unseen:
        parts.append(f"Not seen: {unseen:,} of all pairs.")
    return " ".join(parts)
