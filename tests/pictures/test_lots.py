"""Many figures in few places: none higher than shown is hidden, none is invented."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.model.pictures import Matrix
from bot.pictures.lots import in_lots, shrunk_to

FIGURE = st.one_of(st.none(), st.floats(0, 1e6))


def highest(values: list[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)


@given(st.lists(FIGURE, max_size=60).map(tuple), st.integers(1, 20))
def test_the_highest_survives_in_its_place(values: tuple[float | None, ...], most: int) -> None:
    lots = in_lots(values, most)
    assert len(lots) <= most
    assert highest(lots) == highest(list(values))
    if len(values) <= most:
        assert lots == list(values)


@given(st.integers(0, 12), st.integers(0, 12), st.integers(1, 5), st.integers(1, 5), st.data())
def test_a_matrix_keeps_its_highest_and_its_order(
    rows: int, columns: int, most_rows: int, most_columns: int, data: st.DataObject
) -> None:
    row = st.lists(FIGURE, min_size=columns, max_size=columns).map(tuple)
    values = tuple(data.draw(row) for _ in range(rows))
    picture = Matrix(
        title="t", unit="u", row_axis="r", column_axis="c",
        rows=tuple(f"r{n}" for n in range(rows)),
        columns=tuple(f"c{n}" for n in range(columns)),
        values=values,
    )  # fmt: skip
    shown = shrunk_to(picture, most_rows, most_columns)
    assert len(shown.rows) == len(shown.values) <= most_rows
    assert all(len(line) == len(shown.columns) <= most_columns for line in shown.values)
    down, across = shown.lot
    for top, line in enumerate(shown.values):
        for left, value in enumerate(line):
            lot = [
                figure
                for whole in values[top * down : (top + 1) * down]
                for figure in whole[left * across : (left + 1) * across]
            ]
            assert value == highest(lot)
    assert shown.rows == list(picture.rows[::down])
