"""Figures between two sets of names: the darker, the more; hatched where nothing was seen."""

from __future__ import annotations

from bot.model.alt_text import figure
from bot.model.pictures import Matrix
from bot.pictures.canvas import INNER, MARGIN, SMALL, Canvas
from bot.pictures.lots import shrunk_to
from bot.pictures.palette import LINE, NOTHING, QUIET, Colour, heat, ink_on

MOST_LINES = 64
"""Rows or columns drawn; of larger matrices, lots of names share one."""

_ROW_LABEL = 96
_COLUMN_LABEL = 84
_LABEL_FROM = 13
_FIGURE_FROM = 28
_LARGEST = 34


def draw_matrix(canvas: Canvas, picture: Matrix) -> None:
    """The matrix, what its colours mean, and which names share a line."""
    shrunk = shrunk_to(picture, MOST_LINES, MOST_LINES)
    if not shrunk.rows or not shrunk.columns:
        canvas.paragraph("Nothing was seen.")
        return
    peak = picture.peak
    left = MARGIN + _ROW_LABEL
    size = min(_LARGEST, (INNER - _ROW_LABEL) / len(shrunk.columns))
    high = min(_LARGEST, max(size, 3.0))
    axes = f"rows: {picture.row_axis}, columns: {picture.column_axis}"
    canvas.paragraph(f"{picture.unit}; {axes}")
    _draw_column_names(canvas, shrunk.columns, left, size)
    every = max(1, round(_LABEL_FROM / high + 0.49))
    for index, (name, values) in enumerate(zip(shrunk.rows, shrunk.values, strict=True)):
        y = canvas.y + index * high
        if index % every == 0:
            shown = canvas.fitted(name, _ROW_LABEL - 6, SMALL)
            canvas.text(left - 5, y + high / 2, shown, size=SMALL, anchor="rm")
        for place, value in enumerate(values):
            _draw_cell(canvas, left + place * size, y, size, high, value, peak)
    canvas.y += len(shrunk.rows) * high + 8
    _draw_scale(canvas, peak)
    if max(shrunk.lot) > 1:
        rows, columns = shrunk.lot
        canvas.paragraph(
            f"{len(picture.rows):,} rows and {len(picture.columns):,} columns: each field shows "
            f"the highest of up to {rows}x{columns} pairs."
        )


def _colour(value: float, peak: float) -> Colour:
    return heat(0.1 + 0.9 * value / peak) if value else NOTHING


def _draw_cell(
    canvas: Canvas, x: float, y: float, width: float, height: float, value: float | None,
    peak: float,
) -> None:  # fmt: skip
    if value is None:
        canvas.hatch(x, y, width, height)
        return
    colour = _colour(value, peak)
    canvas.box(x, y, width, height, colour, outline=LINE if width >= 5 else None, thick=0.5)
    if min(width, height) >= _FIGURE_FROM and value:
        shown = canvas.fitted(figure(value), width - 3, SMALL)
        ink = ink_on(colour)
        canvas.text(x + width / 2, y + height / 2, shown, size=SMALL, ink=ink, anchor="mm")


def _draw_column_names(canvas: Canvas, names: list[str], left: float, size: float) -> None:
    every = max(1, round(_LABEL_FROM / size + 0.49))
    shown = {
        index: canvas.fitted(name, _COLUMN_LABEL, SMALL)
        for index, name in enumerate(names)
        if index % every == 0
    }
    canvas.y += 4 + max(canvas.measure(name, SMALL) for name in shown.values())
    for index, name in shown.items():
        canvas.upright(left + (index + 0.5) * size, canvas.y, name)
    canvas.y += 4


def _draw_scale(canvas: Canvas, peak: float) -> None:
    """Zero, the run from little to much, and "not seen"."""
    y, x = canvas.y, float(MARGIN)
    canvas.box(x, y, 14, 12, NOTHING, outline=LINE)
    canvas.text(x + 19, y + 6, "0", size=SMALL, anchor="lm")
    x += 36
    if peak:
        for step in range(60):
            canvas.box(x + step * 1.5, y, 1.5, 12, heat(0.1 + 0.9 * step / 59))
        canvas.text(x + 96, y + 6, figure(peak), size=SMALL, anchor="lm")
        x += 96 + canvas.measure(figure(peak), SMALL) + 16
    canvas.hatch(x, y, 14, 12)
    canvas.text(x + 19, y + 6, "not seen", size=SMALL, ink=QUIET, anchor="lm")
    canvas.y += 20
