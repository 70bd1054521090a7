"""Nodes by state, zone by zone: named boxes for a few, small squares for a thousand."""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

import msgspec

from bot.model.names import natural
from bot.model.pictures import NodeMap, State, Tone, Zone
from bot.pictures.canvas import INNER, MARGIN, SMALL, TEXT, WIDTH, Canvas
from bot.pictures.letters import letters_of
from bot.pictures.palette import FILLS, INK, QUIET, ink_on

MOST_NODES = 10_000
MOST_ZONES = 8
MOST_STATES = 8
MAP_HEIGHT = 290
"""A channel shows no more of a picture than about its width; the legend goes below."""

_NAMED_COLUMNS = 4
_NAMED_HEIGHTS = (32, 25)
_LABEL = 19
_LARGEST, _SMALLEST = 30, 3
_LETTER_FROM = 13
"""Smaller boxes hold no letter that could be read; their shape says it."""
_OUTLINED_FROM = 4


class _Layout(NamedTuple):
    columns: int
    width: float
    height: float
    named: bool


def draw_nodes(canvas: Canvas, picture: NodeMap) -> None:
    """The map, then what its states mean, how many nodes are in each, and the names of the bad."""
    letters = letters_of(picture.states)
    left_out = draw_map(canvas, picture, letters)
    canvas.y += 6
    _draw_legend(canvas, picture, letters)
    if left_out:
        canvas.paragraph(f"{left_out:,} nodes in good states are not drawn.")


def draw_map(canvas: Canvas, picture: NodeMap, letters: dict[str, str]) -> int:
    """The nodes, zone by zone; returns how many good ones there was no room for."""
    zones, left_out = _bounded(picture)
    states = {state.name: state for state in picture.states}
    layout = _layout(zones)
    for zone in zones:
        if len(zones) > 1 or zone.name:
            canvas.text(MARGIN, canvas.y, _label(zone), size=SMALL, ink=QUIET)
            canvas.y += _LABEL
        _draw_zone(canvas, zone, states, letters, layout)
    return left_out


def _label(zone: Zone) -> str:
    nodes = "1 node" if len(zone.nodes) == 1 else f"{len(zone.nodes):,} nodes"
    return f"{zone.name or 'no zone'} - {nodes}"


def _bounded(picture: NodeMap) -> tuple[list[Zone], int]:
    """Zones that fit, and how many good nodes had to be left out."""
    zones = [zone for zone in picture.zones if zone.nodes]
    if len(zones) > MOST_ZONES:
        rest = zones[MOST_ZONES - 1 :]
        nodes = tuple(node for zone in rest for node in zone.nodes)
        zones = [*zones[: MOST_ZONES - 1], Zone(f"{len(rest)} more zones", nodes)]
    total = sum(len(zone.nodes) for zone in zones)
    if total <= MOST_NODES:
        return zones, 0
    good = {state.name for state in picture.states if state.tone is Tone.GOOD}
    spare = total - MOST_NODES
    kept = []
    for zone in zones:
        drawn: list[tuple[str, str]] = []
        for node in zone.nodes:
            if spare and node[1] in good:
                spare -= 1
            else:
                drawn.append(node)
        kept.append(msgspec.structs.replace(zone, nodes=tuple(drawn)))
    return kept, total - sum(len(zone.nodes) for zone in kept)


def _layout(zones: list[Zone]) -> _Layout:
    """Boxes as large as let all of them fit."""
    room = MAP_HEIGHT - _LABEL * len(zones)
    counts = [len(zone.nodes) for zone in zones]
    rows = sum(ceil(count / _NAMED_COLUMNS) for count in counts)
    for height in _NAMED_HEIGHTS:
        if rows * height <= room:
            return _Layout(_NAMED_COLUMNS, INNER / _NAMED_COLUMNS, height, named=True)
    for size in range(_LARGEST, _SMALLEST, -1):
        columns = INNER // size
        if sum(ceil(count / columns) for count in counts) * size <= room:
            return _Layout(columns, INNER / columns, size, named=False)
    return _Layout(INNER // _SMALLEST, INNER / (INNER // _SMALLEST), _SMALLEST, named=False)


def _draw_zone(
    canvas: Canvas, zone: Zone, states: dict[str, State], letters: dict[str, str], layout: _Layout
) -> None:
    for index, (node, state) in enumerate(zone.nodes):
        x = MARGIN + index % layout.columns * layout.width
        y = canvas.y + index // layout.columns * layout.height
        gap = 3 if layout.named else 2 if layout.height > 10 else 1
        width, height = layout.width - gap, layout.height - gap
        _draw_box(canvas, x, y, width, height, states[state], letters.get(state, ""), node=node,
                  named=layout.named)  # fmt: skip
    canvas.y += ceil(len(zone.nodes) / layout.columns) * layout.height + 4


def _draw_box(
    canvas: Canvas, x: float, y: float, width: float, height: float, state: State, letter: str,
    *, node: str = "", named: bool = False,
) -> None:  # fmt: skip
    """One node: good is plain, a warning has an edge, bad a thick edge or a cross, not seen is
    hatched or empty."""
    fill, small = FILLS[state.tone], min(width, height) < _LETTER_FROM - 2
    match state.tone:
        case Tone.GOOD:
            canvas.box(x, y, width, height, fill)
        case Tone.UNSEEN if not small:
            canvas.hatch(x, y, width, height)
        case Tone.BAD if small and height < _OUTLINED_FROM:
            canvas.box(x, y, width, height, fill)
        case Tone.BAD:
            canvas.box(x, y, width, height, fill, outline=INK, thick=2 if height > 20 else 1)
        case _:
            canvas.box(x, y, width, height, fill, outline=INK, thick=0.5)
    if named:
        _draw_name(canvas, x, y, width, height, node, letter, state)
    elif letter and not small:
        size = min(TEXT, height * 0.75)
        _draw_letter(canvas, x + width / 2, y + height / 2, letter, state, size)
    elif state.tone is Tone.BAD and height >= _OUTLINED_FROM:
        canvas.line(x + 1, y + 1, x + width - 1, y + height - 1, INK, 0.5)
        canvas.line(x + 1, y + height - 1, x + width - 1, y + 1, INK, 0.5)


def _draw_name(
    canvas: Canvas, x: float, y: float, width: float, height: float, node: str, letter: str,
    state: State,
) -> None:  # fmt: skip
    room = width - (22 if letter else 8)
    name = canvas.fitted(node.split(".")[0], room, SMALL)
    if state.tone is Tone.UNSEEN:  # letters need paper between the lines
        canvas.box(x + 4, y + 5, width - 8, height - 10, FILLS[Tone.UNSEEN])
    ink = ink_on(FILLS[state.tone])
    canvas.text(x + 5, y + height / 2, name, size=SMALL, ink=ink, anchor="lm")
    if letter:
        canvas.text(x + width - 5, y + height / 2, letter, ink=ink, anchor="rm")


def _draw_letter(
    canvas: Canvas, x: float, y: float, letter: str, state: State, size: float
) -> None:
    if state.tone is Tone.UNSEEN:
        canvas.box(x - size / 2, y - size / 2, size, size, FILLS[Tone.UNSEEN])
    canvas.text(x, y, letter, size=size, ink=ink_on(FILLS[state.tone]), anchor="mm")


def _draw_legend(canvas: Canvas, picture: NodeMap, letters: dict[str, str]) -> None:
    counts = picture.counts()
    shown = [state for state in picture.states if counts[state.name]]
    for state in shown[:MOST_STATES]:
        count = f"{counts[state.name]:,}"
        _draw_box(canvas, MARGIN, canvas.y, 18, 18, state, letters.get(state.name, ""))
        name = canvas.fitted(state.name, INNER - 30 - canvas.measure(count))
        canvas.text(MARGIN + 24, canvas.y + 9, name, anchor="lm")
        canvas.text(WIDTH - MARGIN, canvas.y + 9, count, anchor="rm")
        canvas.y += 22
        if state.tone is not Tone.GOOD:
            names = _names(canvas, picture.nodes_in(state.name))
            canvas.paragraph(names, x=MARGIN + 24, most_lines=3)
            canvas.y += 3
    if len(shown) > MOST_STATES:
        canvas.paragraph(f"{len(shown) - MOST_STATES} more states are drawn but not listed.")


def _names(canvas: Canvas, nodes: list[str]) -> str:
    """As many names as two lines hold, in the order people count."""
    ordered = sorted(nodes, key=natural)
    room = 2 * (INNER - 24) - 130
    shown = ordered[:1]
    while len(shown) < len(ordered) and canvas.measure(", ".join(shown), SMALL) < room:
        shown.append(ordered[len(shown)])
    left = len(ordered) - len(shown)
    return ", ".join(shown) + (f" and {left:,} more" if left else "")
