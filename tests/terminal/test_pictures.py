"""Pictures in characters: every node and figure is there, in words that a pipe keeps."""

from __future__ import annotations

from io import StringIO

import msgspec
import pytest
from hypothesis import given, settings
from rich.cells import cell_len
from rich.console import Console

from bot.model.pictures import NodeMap, Picture, State, Tone, Zone
from bot.terminal.pictures import print_picture
from tests.slack.reports import DROPS, NODE_MAP, PAIRS, PICTURES


def printed(picture: Picture, *, width: int = 0) -> str:
    """As a pipe gets it, or as a terminal of ``width`` columns shows it."""
    written = StringIO()
    console = Console(
        file=written, width=width or None, force_terminal=bool(width), color_system=None,
        highlight=False,
    )  # fmt: skip
    print_picture(console, picture)
    return written.getvalue()


def test_node_map() -> None:
    assert printed(NODE_MAP).splitlines() == [
        "",
        "Agents by zone",
        "zone-a  A■",
        "zone-b  ■",
        "A agent crash loop 1: node-7",
        "■ ok 2",
    ]


def test_timeline() -> None:
    assert printed(DROPS).splitlines() == [
        "",
        "Drops by reason",
        "Policy denied  ▁█?▄ 12",
        "MTU            ▁▁▁▁ 0",
        "drops/s; 4 minutes from 03:00 UTC; each with its peak; ? not seen",
    ]


def test_matrix() -> None:
    assert printed(msgspec.structs.replace(PAIRS, note="Since 03:00.")).splitlines() == [
        "",
        "Drops between workloads",
        "shop/cart  ·█",
        "shop/web   ?░",
        "columns: destinations, 2: db/orders kube-system/dns",
        "· 0, █ 41 drops; ? not seen",
        "Since 03:00.",
    ]


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_thousand_nodes_fit_the_terminal_and_are_all_there(width: int) -> None:
    nodes = tuple((f"node-{n}", "bad" if n % 100 == 7 else "ok") for n in range(1_000))
    states = (State("bad", Tone.BAD), State("ok", Tone.GOOD))
    text = printed(NodeMap(title="t", states=states, zones=(Zone("z", nodes),)), width=width)
    assert max(map(cell_len, text.splitlines())) <= width
    map_lines = [line for line in text.splitlines() if line[:1] in (" ", "z") and "■" in line]
    assert sum(line.count("■") for line in map_lines) == 990
    assert sum(line.count("B") for line in map_lines) == 10
    assert "B bad 10: node-7, node-107" in text


@settings(deadline=None)  # how long it takes says more of the machine than of a picture
@given(PICTURES)
def test_no_picture_acts_on_the_terminal(picture: Picture) -> None:
    text = printed(picture) + printed(picture, width=60)
    assert not any(char in text for char in "\x1b\x00\x07\u202e\u2066\u200f")
    text.encode()
