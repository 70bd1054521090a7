"""The home tab within Slack's limits, and as it was agreed to look (tests/slack/golden/home).

Write the golden files anew with ``REGENERATE_GOLDEN=1`` and read the difference.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.playground.slack.blocks import problems
from bot.playground.slack.limits import SIZES
from bot.slack.home.changes import MOST_WAITING
from bot.slack.home.clusters import MOST_CLUSTERS
from bot.slack.home.runs import MOST_RECENT, MOST_RUNNING
from bot.slack.home.seen import ClusterSeen, Seen
from bot.slack.home.view import SECTIONS, view
from bot.slack.limits import VIEW_BLOCKS
from tests.slack.home import homes

GOLDEN = Path(__file__).parents[1] / "golden" / "home"


def shown(seen: Seen) -> str:
    return json.dumps(view(seen, "D1"), ensure_ascii=False)


def written(part: Any) -> Iterator[str]:
    """Every text that Slack reads as mrkdwn."""
    if isinstance(part, list):
        for item in part:
            yield from written(item)
    elif isinstance(part, dict):
        if part.get("type") == "mrkdwn":
            yield part["text"]
        for value in part.values():
            yield from written(value)


def assert_within_limits(made: dict[str, Any]) -> None:
    assert not problems(made["blocks"], surface="home")
    assert len(json.dumps(made)) < SIZES["view.bytes"]


@pytest.mark.parametrize("name", ["full", "empty", "refused", "away", "changing"])
def test_golden(name: str) -> None:
    made = view(getattr(homes, name.upper()), "D0PLAYANA")
    assert_within_limits(made)
    path = GOLDEN / f"{name}.json"
    text = json.dumps(made, ensure_ascii=False, indent=2) + "\n"
    if os.environ.get("REGENERATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def test_the_most_of_everything_fits_and_leaves_room_for_sections_to_come() -> None:
    made = view(homes.hostile(), "D1")
    assert_within_limits(made)
    changes = 2 + 2 * MOST_WAITING + 3 + 2
    runs = 2 + 1 + MOST_RUNNING + 2 + MOST_CLUSTERS + 5 + MOST_RECENT + 1
    assert len(made["blocks"]) <= runs + changes
    assert len(made["blocks"]) <= VIEW_BLOCKS - 20


def test_hostile_text_rings_nobody_and_links_nowhere() -> None:
    text = "\n".join(written(view(homes.hostile(most=3), "D1")["blocks"]))
    assert "&lt;!channel&gt;" in text
    assert "<!channel>" not in text
    assert "<https://evil" not in text
    assert "\u202e" not in text


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=300).filter(str.strip), st.integers(0, 130))
def test_any_text_stays_within_slack_s_limits(text: str, most: int) -> None:
    assert_within_limits(view(homes.hostile(text, most), "D1"))


def test_more_blocks_than_slack_takes_are_left_out_and_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.slack.home.view.SECTIONS", (*SECTIONS, *SECTIONS, *SECTIONS))
    made = view(homes.hostile(), "D1")
    assert len(made["blocks"]) == VIEW_BLOCKS
    assert "left out" in made["blocks"][-1]["elements"][0]["text"]


def test_refused_people_see_the_reason_and_nothing_else() -> None:
    made = view(homes.REFUSED, "D1")
    assert len(made["blocks"]) == 2
    assert "Guests may not" in json.dumps(made)


def test_with_pins_only_the_pinned_are_rows_and_all_can_be_chosen() -> None:
    text = [block["text"]["text"] for block in view(homes.FULL, "D1")["blocks"] if "text" in block]
    rows = [name for name in ("prod-eu", "lab", "prod-us") if any(f"*{name}*\n" in t or
            f"*{name}* ·" in t for t in text)]  # fmt: skip
    assert rows == ["prod-eu", "lab"]
    menu = next(b["accessory"] for b in view(homes.FULL, "D1")["blocks"]
                if b.get("accessory", {}).get("type") == "multi_static_select")  # fmt: skip
    assert [option["value"] for option in menu["options"]] == ["prod-eu", "lab", "prod-us"]
    assert [option["value"] for option in menu["initial_options"]] == ["prod-eu", "lab"]


def test_without_pins_all_clusters_are_rows_and_one_alone_cannot_be_pinned() -> None:
    unpinned = tuple(msgspec.structs.replace(c, pinned=False) for c in homes.FULL.clusters)
    text = shown(msgspec.structs.replace(homes.FULL, clusters=unpinned))
    assert "*prod-us*" in text
    assert "home.pin" in text
    assert "home.pin" not in shown(homes.EMPTY)


def test_who_may_not_ask_for_a_status_has_no_button() -> None:
    alone = Seen(at=homes.NOW, clusters=(ClusterSeen(name="prod-eu", may_ask=False),))
    assert "home.status" not in shown(alone)
    assert "answers in" not in shown(alone)


def test_a_verdict_that_could_not_be_read_is_not_called_never_looked() -> None:
    assert "Never looked" in shown(homes.EMPTY)
    assert "Never looked" not in shown(homes.AWAY)
    assert "cannot be reached" in shown(homes.AWAY)
