"""The live message of a change in every state: as agreed (golden), within limits, inert.

Write the golden files anew with ``REGENERATE_GOLDEN=1`` and read the difference.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model.approval import Approvers
from bot.model.change import Change, ChangeState, Word
from bot.playground.slack.blocks import characters as counted_by_slack
from bot.playground.slack.blocks import problems
from bot.slack import limits
from bot.slack.asked import Asked
from bot.slack.blocks import Message, characters
from bot.slack.changes import card, lists, modals
from bot.slack.changes.lists import ChangeSeen
from bot.slack.changes.live import decided, live
from tests.slack.changes import made

GOLDEN = Path(__file__).parents[1] / "golden" / "changes"
HOSTILE = "<!channel> *x* `y` <https://evil|click> \u202e_a_ :tada:" + "&" * 400
_OURS = re.compile(r"<(?:!date\^[0-9]+\^[^|<>]*\|[^<>]*|@[UW][A-Z0-9]+|!subteam\^S[A-Z0-9]+)>")
_FIRST_SCREEN = 1_400
"""Characters above the buttons: about what a phone shows at once with a little scrolling."""


def texts(value: Any, kind: str) -> list[str]:
    if isinstance(value, list | tuple):
        return [text for item in value for text in texts(item, kind)]
    if not isinstance(value, dict):
        return []
    own = [value["text"]] if value.get("type") == kind and isinstance(value["text"], str) else []
    return own + [text for item in value.values() for text in texts(item, kind)]


def assert_sound(message: Message) -> None:
    blocks = list(message.blocks)
    assert "cannot be shown" not in message.text
    assert not problems(blocks)
    assert len(blocks) <= limits.BLOCKS
    assert sum(map(characters, blocks)) == counted_by_slack(blocks)
    assert sum(map(characters, blocks)) <= limits.MESSAGE_CHARACTERS
    assert 0 < len(message.text) <= limits.TEXT
    for text in [message.text, *texts(blocks, "mrkdwn")]:
        rest = _OURS.sub("", text)
        assert "<" not in rest, rest
        assert ">" not in rest, rest
        assert "\u202e" not in rest
        assert all(line.count("`") % 2 == 0 for line in rest.replace("```", "").split("\n"))
    for text in texts(blocks, "plain_text"):
        assert not re.search(r"<[!@#]|://|\n|\u202e", text)


@pytest.mark.parametrize("name", made.EVERY)
def test_golden(name: str) -> None:
    message = live(made.EVERY[name], made.NOW, made.RULE)
    assert_sound(message)
    path = GOLDEN / f"{name}.json"
    said = {"text": message.text, "blocks": list(message.blocks)}
    text = json.dumps(said, ensure_ascii=False, indent=2) + "\n"
    if os.environ.get("REGENERATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def test_every_state_has_a_form() -> None:
    assert {one.state for one in made.EVERY.values()} == set(ChangeState)


@pytest.mark.parametrize("state", ChangeState)
def test_the_most_of_everything_hostile_fits_and_is_inert(state: ChangeState) -> None:
    change = made.hostile(state, HOSTILE)
    assert_sound(live(change, made.NOW, made.RULE, said=HOSTILE))
    assert_sound(decided(change, made.NOW))
    assert_sound(Message(text="x", blocks=tuple(lists.done([ChangeSeen(change=change)] * 40))))
    waiting = lists.waiting([ChangeSeen(change=change, may_decide=True)], 3)
    assert_sound(Message(text="x", blocks=tuple(waiting)))


@settings(deadline=None, max_examples=80)
@given(st.sampled_from(ChangeState), st.text(max_size=600), st.integers(0, 30))
def test_any_text_anywhere_is_sound(state: ChangeState, text: str, many: int) -> None:
    assert_sound(live(made.hostile(state, text, many), made.NOW, made.RULE))


@pytest.mark.parametrize("word", [Word.APPROVE, Word.REJECT, Word.SOLO])
@pytest.mark.parametrize("text", ["prod-eu", HOSTILE])
def test_forms_are_within_limits(word: Word, text: str) -> None:
    asked = Asked(channel="C1", user="U1", user_name=text, text="", response_url="https://x/1")
    change = made.hostile(ChangeState.WAITING, text)
    view = modals.view(word, change.ask, asked, change)
    assert not problems(view["blocks"], surface="modal")
    assert len(view["private_metadata"]) < 3_000
    assert modals.memory_of(view) is not None


def test_an_approver_decides_by_the_first_screen() -> None:
    """Verdict, cluster, what, whom, meanwhile, undo, until when: all above the buttons."""
    message = live(made.EVERY["waiting"], made.NOW, made.RULE)
    kinds = [block["type"] for block in message.blocks]
    above = message.blocks[: kinds.index("actions")]
    assert sum(map(characters, above)) < _FIRST_SCREEN
    text = json.dumps(above, ensure_ascii=False)
    for wanted in ("APPROVE?", "prod-eu", "node-7", "delete Pod", "42 pods", "Meanwhile", "Undo"):
        assert wanted in text
    assert "decide by" in text
    assert "about 3m" in text


def test_a_name_that_is_no_id_is_never_a_mention() -> None:
    odd = msgspec.structs.replace(
        made.RULE,
        approvers=Approvers(users=frozenset(["U1>", "here"]), groups=frozenset(["!here"])),
    )
    text = json.dumps(live(made.EVERY["waiting"], made.NOW, odd).blocks)
    assert "<@here>" not in text
    assert "<!here>" not in text


def test_what_breaks_while_it_is_rendered_still_says_where_it_is() -> None:
    broken = msgspec.structs.replace(made.EVERY["waiting"], decide_by="soon")
    text = json.dumps(live(broken, made.NOW, made.RULE).blocks, ensure_ascii=False)
    assert "APPROVE?" in text
    assert "c-abcde12345" in text


def test_the_file_holds_the_whole_plan() -> None:
    change: Change = made.hostile(ChangeState.WAITING, "x" * 50)
    assert change.plan is not None
    text = card.in_full(change, change.plan)
    assert text.count(f"patch {'x' * 50}") == 40
    assert change.plan.digest in text
