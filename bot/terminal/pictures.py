"""Pictures in characters: a letter for a node, a block for a figure. Colour only underlines."""

from __future__ import annotations

from rich.console import Console

from bot.model.alt_text import figure
from bot.model.names import natural
from bot.model.pictures import Matrix, NodeMap, Picture, State, Timeline, Tone
from bot.model.visible import visible
from bot.pictures.letters import letters_of
from bot.pictures.lots import in_lots, shrunk_to
from bot.terminal.lines import print_line

BARS = "▁▂▃▄▅▆▇█"
"""The lowest is zero."""
SHADES = "·░▒▓█"
"""The first is zero."""
UNSEEN = "?"
GOOD = "■"
STYLES = {Tone.BAD: "bold red", Tone.WARNING: "yellow", Tone.UNSEEN: "magenta", Tone.GOOD: "green"}

MOST_NAMES = 12
MOST_ROWS = 40
_LABEL = 24
_PIPED_WIDTH = 100


def print_picture(console: Console, picture: Picture) -> None:
    """Its title, the picture, how to read it, its note."""
    console.print()
    print_line(console, (picture.title, "bold"))
    match picture:
        case NodeMap():
            _print_nodes(console, picture)
        case Timeline():
            _print_timeline(console, picture)
        case Matrix():
            _print_matrix(console, picture)
    if picture.note:
        print_line(console, (picture.note, "dim"))


def _print_nodes(console: Console, picture: NodeMap) -> None:
    letters = letters_of(picture.states)
    styles = {state.name: STYLES[state.tone] for state in picture.states}
    names = [_label(zone.name or "-") for zone in picture.zones]
    indent = max(map(len, names), default=0) + 2
    for name, zone in zip(names, picture.zones, strict=True):
        room = _width(console) - indent
        for start in range(0, len(zone.nodes), room):
            row = zone.nodes[start : start + room]
            cells = [(letters.get(state, GOOD), styles[state]) for _, state in row]
            print_line(console, ((name if not start else "").ljust(indent), "dim"), *cells)
    counts = picture.counts()
    for state in picture.states:
        if counts[state.name]:
            mark = (letters.get(state.name, GOOD), styles[state.name])
            told = f" {state.name} {counts[state.name]:,}{_named(picture, state)}"
            print_line(console, mark, (told, ""))


def _named(picture: NodeMap, state: State) -> str:
    if state.tone is Tone.GOOD:
        return ""
    nodes = sorted(picture.nodes_in(state.name), key=natural)
    more = f" and {len(nodes) - MOST_NAMES:,} more" if len(nodes) > MOST_NAMES else ""
    return f": {', '.join(nodes[:MOST_NAMES])}{more}"


def _print_timeline(console: Console, picture: Timeline) -> None:
    highest = max((series.peak for series in picture.series), default=0.0)
    names = [_label(series.name) for series in picture.series]
    indent = max(map(len, names), default=0) + 2
    for name, series in zip(names, picture.series, strict=True):
        values = in_lots(series.values, max(10, _width(console) - indent - 12))
        bars = "".join(_scaled(value, highest, BARS) for value in values)
        peak = (f" {figure(series.peak)}", "")
        print_line(console, (name.ljust(indent), "dim"), (bars, ""), peak)
    minutes = f"{picture.step * picture.steps / 60:.3g} minutes from {picture.start:%H:%M %Z}"
    words = f"{picture.unit}; {minutes.strip()}; each with its peak; {UNSEEN} not seen"
    print_line(console, (words, "dim"))


def _print_matrix(console: Console, picture: Matrix) -> None:
    shown = shrunk_to(picture, MOST_ROWS, max(10, _width(console) - _LABEL - 2))
    names = [_label(name) for name in shown.rows]
    indent = max(map(len, names), default=0) + 2
    peak = picture.peak
    for name, values in zip(names, shown.values, strict=True):
        shades = "".join(_scaled(value, peak, SHADES) for value in values)
        print_line(console, (name.ljust(indent), "dim"), (shades, ""))
    ends = " ".join(map(_label, shown.columns[:1] + shown.columns[1:][-1:]))
    words = f"columns: {picture.column_axis}, {len(picture.columns):,}: {ends}"
    print_line(console, (words, "dim"))
    words = f"{SHADES[0]} 0, {SHADES[-1]} {figure(peak)} {picture.unit}; {UNSEEN} not seen"
    if max(shown.lot) > 1:
        words += f"; each the highest of {shown.lot[0]}x{shown.lot[1]} pairs"
    print_line(console, (words, "dim"))


def _scaled(value: float | None, highest: float, steps: str) -> str:
    """The sign of a figure: the first only for zero, the last only for (nearly) the highest."""
    if value is None:
        return UNSEEN
    if not value:
        return steps[0]
    return steps[1 + min(len(steps) - 2, int(value / highest * (len(steps) - 1)))]


def _label(name: str) -> str:
    """A name cut in its middle: names differ at either end."""
    shown = visible(name)
    return shown if len(shown) <= _LABEL else f"{shown[:9]}…{shown[-(_LABEL - 10) :]}"


def _width(console: Console) -> int:
    """Room for a line that is not folded."""
    return max(40, console.width - 2) if console.is_terminal else _PIPED_WIDTH
