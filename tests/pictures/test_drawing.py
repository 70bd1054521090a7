"""PNGs by their properties: size, every node and figure drawn, time; never byte by byte."""

from __future__ import annotations

import asyncio
import struct
import time
from datetime import UTC, datetime

import msgspec
import pytest

from bot.model.pictures import Matrix, NodeMap, Picture, Series, State, Timeline, Tone, Zone
from bot.pictures import png
from bot.pictures.canvas import MOST_HEIGHT, SCALE, WIDTH, Canvas
from bot.pictures.drawing import draw
from bot.pictures.letters import letters_of
from bot.pictures.matrix import draw_matrix
from bot.pictures.nodes import draw_map, draw_nodes
from bot.pictures.palette import BLUE, FILLS, NOTHING, Colour, heat
from bot.pictures.timeline import draw_timeline

STATES = (
    State("crash loop", Tone.BAD),
    State("nearly full", Tone.WARNING),
    State("not answering", Tone.UNSEEN),
    State("ok", Tone.GOOD),
)


def node_map(count: int, *, zones: int = 3, states: tuple[str, ...] = ("ok",)) -> NodeMap:
    nodes = [(f"node-{n}", states[n % len(states)]) for n in range(count)]
    split = tuple(Zone(f"zone-{z}", tuple(nodes[z::zones])) for z in range(zones))
    return NodeMap(title="Agents by zone", states=STATES, zones=split)


def matrix(rows: int, columns: int, value: float | None = 1.0) -> Matrix:
    return Matrix(
        title="Drops",
        unit="drops",
        row_axis="sources",
        column_axis="destinations",
        rows=tuple(f"shop/web-{n}" for n in range(rows)),
        columns=tuple(f"db/orders-{n}" for n in range(columns)),
        values=((value,) * columns,) * rows,
    )


def timeline(*values: tuple[float | None, ...]) -> Timeline:
    start = datetime(2026, 11, 23, 3, tzinfo=UTC)
    series = tuple(Series(f"reason {n}", row) for n, row in enumerate(values))
    return Timeline(title="Drops", unit="drops/s", start=start, step=60.0, series=series)


LARGEST: list[Picture] = [
    node_map(1_000, states=("ok", "ok", "crash loop", "nearly full", "not answering")),
    node_map(25_000, zones=40, states=("ok", "crash loop")),
    matrix(500, 500),
    matrix(3, 5_000),
    matrix(5_000, 1),
    timeline(*(tuple(float(n % 97) for n in range(5_000)) for _ in range(50))),
]
SMALLEST: list[Picture] = [
    NodeMap(title="", states=(), zones=()),
    node_map(1, zones=1, states=("crash loop",)),
    matrix(0, 0),
    matrix(1, 1, None),
    matrix(2, 2, 0.0),
    matrix(0, 3),
    timeline(),
    timeline(()),
    timeline((None,)),
    timeline((0.0, 0.0)),
]


@pytest.mark.parametrize("picture", [*SMALLEST, *LARGEST])
def test_size_and_time_are_bounded(picture: Picture) -> None:
    began = time.perf_counter()
    drawn = draw(picture)
    assert time.perf_counter() - began < 5.0  # about 0.2 s on a quiet machine
    assert drawn.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", drawn[16:24])
    assert width == WIDTH * SCALE
    assert 40 <= height <= MOST_HEIGHT * SCALE
    assert len(drawn) < 100_000


@pytest.mark.parametrize("state", [state.name for state in STATES])
@pytest.mark.parametrize("count", [12, 30, 100, 1_000, 5_000])
def test_every_node_is_drawn_in_its_state(count: int, state: str) -> None:
    """One node in another state than all the others changes the map, wherever it is."""
    other = "crash loop" if state == "ok" else "ok"
    plain = _map_of(node_map(count, states=(other,)))
    for odd in (0, 1, count // 2, count - 1):
        picture = node_map(count, states=(other,))
        zones = tuple(
            Zone(zone.name, tuple((n, state if n == f"node-{odd}" else s) for n, s in zone.nodes))
            for zone in picture.zones
        )
        assert _map_of(NodeMap(title=picture.title, states=STATES, zones=zones)) != plain


@pytest.mark.parametrize("count", [12, 100, 1_000, 5_000])
def test_nodes_of_one_state_are_counted_by_their_area(count: int) -> None:
    """Half of the nodes fill half of the area."""
    split = node_map(count, zones=1, states=("ok", "not answering"))
    whole = node_map(count, zones=1)
    share = _pixels(split, FILLS[Tone.GOOD]) / _pixels(whole, FILLS[Tone.GOOD])
    assert share == pytest.approx(0.5, abs=0.06)


def test_states_differ_without_colour() -> None:
    """In grey, and of equal lightness, each state has its own shape."""
    for count in (12, 100, 1_000):
        shapes = set()
        for state in STATES:
            image = _canvas_of(node_map(count, zones=1, states=(state.name,))).image.crop(
                (0, 80, WIDTH * SCALE, 200)
            )
            edges = image.convert("L").quantize(2, kmeans=0).tobytes()
            shapes.add(edges)
        assert len(shapes) >= 3 if count == 1_000 else len(shapes) == len(STATES)


def test_letters_are_one_for_each_state() -> None:
    states = tuple(State(f"agent {n}", Tone.BAD) for n in range(30))
    letters = letters_of((*states, State("ok", Tone.GOOD), State("gone", Tone.UNSEEN)))
    assert len(set(letters.values())) == len(letters) == 31
    assert letters["gone"] == "?"
    assert "ok" not in letters


def test_every_figure_of_a_matrix_is_drawn() -> None:
    picture = matrix(12, 12, 0.0)
    plain = _matrix_of(picture)
    for row, column in ((0, 0), (5, 7), (11, 11), (0, 11)):
        for value in (None, 1.0):
            values = [list(line) for line in picture.values]
            values[row][column] = value
            changed = msgspec.structs.replace(picture, values=tuple(map(tuple, values)))
            assert _matrix_of(changed) != plain


def test_zero_is_not_the_colour_of_little_nor_of_not_seen() -> None:
    assert heat(0.0) != NOTHING
    assert _matrix_of(matrix(4, 4, 0.0)) != _matrix_of(matrix(4, 4, None))


def test_bars_are_as_high_as_their_figures() -> None:
    half = _blue(timeline((10.0, 5.0)))
    full = _blue(timeline((10.0, 10.0)))
    assert half / full == pytest.approx(0.75, abs=0.05)
    assert _blue(timeline((0.0, 0.0))) == 0


def test_only_the_highest_series_are_drawn_and_the_rest_is_told() -> None:
    few = draw(timeline(*(((float(n),) * 4) for n in range(1, 9))))
    many = draw(timeline(*(((float(n),) * 4) for n in range(1, 12))))
    assert struct.unpack(">I", many[20:24])[0] > struct.unpack(">I", few[20:24])[0]


@pytest.mark.parametrize(
    "name", ["n\u0153ud-é", "节点-1", "\u202enode", "x" * 5_000, "", "\n\t\x00"]
)
def test_any_name_can_be_written(name: str) -> None:
    zone = Zone(name, ((name, name), (name + "2", name)))
    assert draw(NodeMap(title=name, note=name, states=(State(name, Tone.BAD),), zones=(zone,)))


async def test_drawing_does_not_hold_up_the_event_loop() -> None:
    longest = 0.0

    async def tick() -> None:
        nonlocal longest
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0)
            longest = max(longest, time.perf_counter() - began)
            await asyncio.sleep(0.001)

    ticking = asyncio.create_task(tick())
    began = time.perf_counter()
    await asyncio.gather(*(png(picture) for picture in LARGEST[2:4]))
    took = time.perf_counter() - began
    ticking.cancel()
    assert longest < max(0.1, took / 2)


def _canvas_of(picture: Picture) -> Canvas:
    canvas = Canvas("title")
    match picture:
        case NodeMap():
            draw_nodes(canvas, picture)
        case Timeline():
            draw_timeline(canvas, picture)
        case Matrix():
            draw_matrix(canvas, picture)
    return canvas


def _map_of(picture: NodeMap) -> bytes:
    """The drawn map alone: the legend tells of states by itself."""
    canvas = Canvas("title")
    draw_map(canvas, picture, letters_of(picture.states))
    return canvas.image.tobytes()


def _matrix_of(picture: Matrix) -> bytes:
    """The drawn fields without their scale, which tells the highest figure by itself."""
    canvas = _canvas_of(picture)
    return canvas.image.crop((0, 0, WIDTH * SCALE, int(canvas.y - 30) * SCALE)).tobytes()


def _pixels(picture: Picture, colour: Colour) -> int:
    image = _canvas_of(picture).image.crop((0, 0, WIDTH * SCALE, 330 * SCALE))
    return sum(count for count, seen in image.getcolors(1 << 24) or () if seen == colour)


def _blue(picture: Picture) -> int:
    return _pixels(picture, BLUE)
