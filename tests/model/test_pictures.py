"""Pictures are checked where they are made, and told in words from the same data."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given

from bot.model.alt_text import MOST, alt_text, figure
from bot.model.pictures import NodeMap, Picture, Series, State, Tone, Zone
from bot.model.report import Report
from tests.slack.reports import DROPS, NODE_MAP, PAIRS, PICTURES

START = datetime(2026, 11, 23, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (
            NODE_MAP,
            "Agents by zone. 3 nodes in 2 zones. 1 agent crash loop (node-7). 2 ok.",
        ),
        (
            DROPS,
            "Drops by reason. drops/s from 03:00 to 03:04 UTC. "
            "Policy denied: highest 12 at 03:01, last 3.5. MTU: always 0.",
        ),
        (
            PAIRS,
            "Drops between workloads. drops from 2 sources to 2 destinations. "
            "2 of 3 pairs are above 0; the highest: shop/cart to kube-system/dns 41; "
            "shop/web to kube-system/dns 2. Not seen: 1 of all pairs.",
        ),
    ],
)
def test_alt_text_says_what_is_to_be_seen(picture: Picture, words: str) -> None:
    assert alt_text(picture) == words


def test_alt_text_names_the_bad_in_the_order_people_count_and_stops() -> None:
    nodes = tuple((f"node-{n}", "down") for n in range(12, 0, -1))
    picture = NodeMap(title="t", states=(State("down", Tone.BAD),), zones=(Zone("", nodes),))
    assert "(node-1, node-2, node-3, node-4, node-5, node-6, node-7, node-8 and 4 more)" in (
        alt_text(picture)
    )


@given(PICTURES)
def test_alt_text_is_never_longer_than_slack_takes(picture: Picture) -> None:
    assert 0 < len(alt_text(picture)) <= MOST


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"), (0.02, "0.02"), (3.46, "3.5"), (7, "7"), (99.9, "100"), (240.4, "240"),
        (12_400, "12,400"), (1_240_000, "1.24M"), (5e9, "5G"), (5e12, "5T"), (1e18, "1e+18"),
    ],
)  # fmt: skip
def test_figures_are_short(value: float, shown: str) -> None:
    assert figure(value) == shown


@pytest.mark.parametrize("picture", [NODE_MAP, DROPS, PAIRS])
def test_pictures_survive_json(picture: Picture) -> None:
    assert msgspec.json.decode(msgspec.json.encode(picture), type=Picture) == picture


def test_what_is_not_seen_is_null_in_json() -> None:
    assert b'"values":[0.0,12.0,null,3.5]' in msgspec.json.encode(DROPS)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: NodeMap(title="m", states=(), zones=(Zone("z", (("n", "odd"),)),)),
            r"node map 'm': \['odd'\] not in its states",
        ),
        (
            lambda: NodeMap(title="m", states=(State("a", Tone.BAD),) * 2, zones=()),
            "a state is there twice",
        ),
        (lambda: msgspec.structs.replace(DROPS, step=0.0), "a step of 0.0 seconds"),
        (
            lambda: msgspec.structs.replace(DROPS, series=(Series("a", (1.0,)), Series("b", ()))),
            "its series differ in length",
        ),
        (
            lambda: msgspec.structs.replace(DROPS, series=(Series("a", (-1.0,)),)),
            "series 'a': -1.0 is not a figure of zero or more",
        ),
        (
            lambda: msgspec.structs.replace(PAIRS, rows=("one",)),
            "2 rows of values for 1 names",
        ),
        (
            lambda: msgspec.structs.replace(PAIRS, columns=("one",)),
            "row 'shop/cart' has 2 values for 1 columns",
        ),
        (
            lambda: msgspec.structs.replace(PAIRS, values=((1.0, float("nan")), (0.0, 0.0))),
            "row 'shop/cart': nan is not",
        ),
    ],
)  # fmt: skip
def test_a_picture_that_cannot_be_true_is_refused(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_a_document_with_an_odd_picture_is_refused_with_its_place() -> None:
    odd = {"title": "t", "verdict": "ok", "summary": "s", "pictures": [{"kind": "pie"}]}
    with pytest.raises(msgspec.ValidationError, match=r"'pie'.*pictures"):
        msgspec.convert(odd, Report)
