"""Figures over time: one band for each series, all on one scale, so that no colour is needed."""

from __future__ import annotations

from datetime import timedelta

from bot.model.alt_text import figure
from bot.model.pictures import Series, Timeline
from bot.pictures.canvas import INNER, MARGIN, SMALL, WIDTH, Canvas
from bot.pictures.lots import in_lots
from bot.pictures.palette import BLUE, LINE, QUIET

MOST_SERIES = 8
MOST_STEPS = 2 * INNER
"""One drawn pixel each; more are drawn together, the highest of each lot."""

_BAND = 34
_LABEL = 18


def draw_timeline(canvas: Canvas, picture: Timeline) -> None:
    """The series with the highest peaks, the highest first; hatched where nothing was seen."""
    ordered = sorted(picture.series, key=lambda series: -series.peak)
    scale = ordered[0].peak if ordered else 0.0
    canvas.paragraph(f"{picture.unit}, each band from 0 to {figure(scale)}")
    canvas.y += 4
    for series in ordered[:MOST_SERIES]:
        _draw_band(canvas, series, scale)
    if ordered:
        _draw_times(canvas, picture)
    if len(ordered) > MOST_SERIES:
        canvas.paragraph(f"{len(ordered) - MOST_SERIES} series with lower peaks are not drawn.")


def _draw_band(canvas: Canvas, series: Series, scale: float) -> None:
    seen = [value for value in series.values if value is not None]
    told = f"peak {figure(series.peak)}, last {figure(seen[-1])}" if seen else "not seen"
    name = canvas.fitted(series.name, INNER - canvas.measure(told, SMALL) - 10)
    canvas.text(MARGIN, canvas.y, name)
    canvas.text(WIDTH - MARGIN, canvas.y + 1, told, size=SMALL, ink=QUIET, anchor="ra")
    top, floor = canvas.y + _LABEL + 2, canvas.y + _LABEL + _BAND
    values = in_lots(series.values, MOST_STEPS)
    wide = INNER / len(values) if values else INNER
    gap = 1 if wide >= 5 else 0
    for index, value in enumerate(values):
        x = MARGIN + index * wide
        if value is None:
            canvas.hatch(x, top, wide, floor - top)
        elif value:
            height = max(1.0, (floor - top) * (value / scale))
            canvas.box(x, floor - height, wide - gap, height, BLUE)
    canvas.line(MARGIN, floor, WIDTH - MARGIN, floor, LINE)
    canvas.y = floor + 8


def _draw_times(canvas: Canvas, picture: Timeline) -> None:
    span = timedelta(seconds=picture.step * picture.steps)
    form = "%H:%M" if span <= timedelta(days=1) else "%d %b %H:%M"
    places = ((0.0, MARGIN, "la"), (0.5, WIDTH / 2, "ma"), (1.0, WIDTH - MARGIN, "ra"))
    for share, x, anchor in places:
        moment = (picture.start + span * share).strftime(form)
        zone = f" {picture.start.tzname()}" if share == 1.0 and picture.start.tzname() else ""
        canvas.text(x, canvas.y - 4, moment + zone, size=SMALL, ink=QUIET, anchor=anchor)
    canvas.y += 14
