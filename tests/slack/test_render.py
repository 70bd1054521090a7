"""Reports within Slack's limits, and as they were agreed to look (tests/slack/golden).

Write the golden files anew with ``REGENERATE_GOLDEN=1`` and read the difference.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from msgspec import structs

from bot.model.pictures import Picture
from bot.model.report import Gap, Report, Table
from bot.model.run import Progress, RunState
from bot.playground.slack.blocks import characters as counted_by_slack
from bot.playground.slack.limits import SIZES
from bot.slack import messages, pictures
from bot.slack.blocks import Message, characters
from bot.slack.details import details
from bot.slack.findings import MOST_CHARACTERS
from bot.slack.pictures import FALLEN_BACK, all_in_words, picture_replies
from bot.slack.progress import looking
from bot.slack.render import answer
from bot.slack.tables import table_reply
from bot.slack.uploads import Detail, Upload
from tests.slack.payloads import PNG, assert_inert, assert_within_limits
from tests.slack.reports import (
    ASKED,
    CRASH_LOOP,
    FAILED,
    HOSTILE,
    LONG,
    OK,
    PICTURES,
    REPORTS,
    record,
)

GOLDEN = Path(__file__).parent / "golden"


@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking a report takes minutes
)
@given(REPORTS)
def test_any_report_stays_within_slack_s_limits_and_is_inert(report: Report) -> None:
    for alone in (False, True):
        said = answer(record(report), ASKED, alone=alone)
        first = said.message
        words = all_in_words(record(report), FALLEN_BACK)
        note = f"{words}\n{messages.IN_PRIVATE.format(command='x' * 300)}"
        private = messages.in_private(first, "not_in_channel", note)
        assert counted_by_slack(list(private.blocks)) < SIZES["message.blocks_characters"]
        for part in (first, private, *details(record(report), said)):
            assert_within_limits(part) if part is not private else None
            assert_inert(part)


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(PICTURES)
async def test_any_picture_becomes_a_file_with_alt_text(picture: Picture) -> None:
    report = structs.replace(OK, pictures=(picture,))
    [part] = await picture_replies(record(report))
    assert isinstance(part, Upload)
    assert part.content.startswith(PNG)
    assert part.alt
    assert_within_limits(part)
    assert_inert(part)


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(REPORTS)
def test_no_finding_is_lost(report: Report) -> None:
    first, left = answer(record(report), ASKED)
    shown = sum(_is_finding(block) for block in first.blocks)
    assert shown + len(left) == len(report.findings)


def _is_finding(block: dict[str, Any]) -> bool:
    text = block["text"]["text"] if block["type"] == "section" else ""
    return text.startswith(("⛔ *", "⚠️ *", "🔹 *"))


def test_worst_findings_come_first_and_the_rest_goes_to_the_thread() -> None:
    many = tuple(structs.replace(CRASH_LOOP, cause=f"cause {n}.") for n in range(120))
    mild = structs.replace(FAILED.findings[1], cause="mild.")
    report = structs.replace(FAILED, findings=(mild, *many))
    said = answer(record(report), ASKED)
    text = json.dumps(said.message.blocks)
    assert "cause 0." in text
    assert "mild." not in text
    assert "+ 113 more in the thread" in text
    parts = details(record(report), said)
    file = next(part for part in parts if isinstance(part, Upload))
    assert b"mild." in file.content


def test_one_long_finding_leaves_room_for_the_others() -> None:
    long = structs.replace(
        CRASH_LOOP, cause="&" * 900, proof=("x" * 900,) * 9, next_steps=("y" * 900,) * 9
    )
    first, left = answer(record(structs.replace(FAILED, findings=(long,) * 6)), ASKED)
    assert left == ()
    assert all(characters(block) <= MOST_CHARACTERS for block in first.blocks if _is_finding(block))


def test_verdict_is_a_word_and_a_sign_and_names_the_cluster() -> None:
    first, _ = answer(record(FAILED), ASKED)
    assert first.blocks[0]["text"]["text"] == "⛔ FAILED · Status of node-7 · prod-eu"
    assert first.text.startswith("⛔ FAILED · Status of node-7 · prod-eu: The agent of node-7 is")


@pytest.mark.parametrize(
    ("state", "error", "word"),
    [
        (RunState.BROKEN, "The API server of prod-eu does not answer.", "❔ UNKNOWN"),
        (RunState.CANCELLED, "The run was cancelled before it ended.", "🚫 CANCELLED"),
    ],
)
def test_runs_without_a_report_say_why(state: RunState, error: str, word: str) -> None:
    first, left = answer(record(None, state, error), ASKED)
    assert first.blocks[0]["text"]["text"] == f"{word} · prod-eu"
    assert first.blocks[1]["text"]["text"] == error
    assert left == ()


@pytest.mark.parametrize(
    ("columns", "rows", "cell", "kind"),
    [
        (3, 99, 10, Message),
        (3, 100, 10, Upload),
        (20, 2, 10, Message),
        (21, 2, 10, Upload),
        (2, 2, 2_000, Message),
        (1, 1, 2_001, Upload),
        (10, 90, 11, Message),
        (10, 90, 12, Upload),
    ],
)
def test_table_is_a_block_within_its_limits_and_a_file_beyond(
    columns: int, rows: int, cell: int, kind: type
) -> None:
    table = Table(
        title="Agents",
        columns=tuple(f"c{index}" for index in range(columns)),
        rows=(("x" * cell,) * columns,) * rows,
    )
    part = table_reply(table, "r-1")
    assert isinstance(part, kind)
    assert_within_limits(part)
    if isinstance(part, Upload):
        assert part.content.decode().count("x" * cell) == columns * rows


def test_table_s_words_stand_beside_its_block() -> None:
    table = structs.replace(FAILED.tables[0], note="3 more are fine.")
    part = table_reply(table, "r-1")
    assert isinstance(part, Message)
    title, block = part.blocks
    assert title["text"]["text"] == "*Agents*\n3 more are fine."
    assert [cell["text"] for cell in block["rows"][1]] == ["node-7", "CrashLoopBackOff", "14"]
    assert [column["align"] for column in block["column_settings"]] == ["left", "left", "right"]
    assert "node-7  CrashLoopBackOff  14" in part.text


async def test_picture_that_cannot_be_drawn_is_told_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def broken(picture: Picture) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr(pictures, "png", broken)
    [part] = await picture_replies(record(FAILED))
    assert isinstance(part, Message)
    assert_within_limits(part)
    assert "1 agent crash loop (node-7)" in part.blocks[0]["text"]["text"]


def test_answer_without_a_thread_tells_pictures_in_words() -> None:
    first, _ = answer(record(FAILED), ASKED, alone=True)
    words = "🖼 Agents by zone. 3 nodes in 2 zones. 1 agent crash loop (node-7). 2 ok."
    assert words in [block["text"]["text"] for block in first.blocks if block["type"] == "section"]
    assert words not in json.dumps(answer(record(FAILED), ASKED)[0].blocks, ensure_ascii=False)


LONG_WORDS = "word " * 500 + "end"
MANY_GAPS = tuple(Gap(f"node-{n}", f"reason {n}") for n in range(9))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"title": LONG_WORDS}, LONG_WORDS),
        ({"summary": LONG_WORDS}, LONG_WORDS),
        ({"recent_change": LONG_WORDS}, LONG_WORDS),
        ({"findings": (structs.replace(CRASH_LOOP, cause=LONG_WORDS),)}, LONG_WORDS),
        ({"findings": (structs.replace(CRASH_LOOP, proof=(LONG_WORDS,)),)}, LONG_WORDS),
        ({"findings": (structs.replace(CRASH_LOOP, proof=tuple("abcde")),)}, "    e"),
        ({"findings": (structs.replace(CRASH_LOOP, next_steps=tuple("abcd")),)}, "  → d"),
        ({"facts": tuple((f"fact {n}", "v" * 100) for n in range(20))}, "fact 19: v"),
        ({"facts": (("fact", LONG_WORDS),)}, LONG_WORDS),
        ({"gaps": MANY_GAPS}, "node-8: reason 8"),
        ({"gaps": (Gap("node-1", LONG_WORDS),)}, LONG_WORDS),
        ({"gaps": tuple(Gap(f"node-{n}", "silent") for n in range(9))}, "node-8: silent"),
    ],
)
def test_what_a_message_had_to_cut_stands_in_full_in_a_file(
    changes: dict[str, Any], told: str
) -> None:
    report = structs.replace(OK, **changes)
    [file] = details(record(report), answer(record(report), ASKED))
    assert isinstance(file, Upload)
    assert file.title == "The whole report"
    assert told in file.content.decode()


def test_what_others_cut_needs_no_file() -> None:
    report = structs.replace(FAILED, tables=(), attachments=(), summary="node-1, node-2 …")
    assert details(record(report), answer(record(report), ASKED)) == []


def test_progress_bar_survives_odd_figures() -> None:
    for done, total in ((-3, 5), (9, 5), (0, 0), (5, 5)):
        message = looking(record(None), ASKED, Progress(what="agents", done=done, total=total))
        assert_within_limits(message)


def _documents(report: Report) -> dict[str, Any]:
    said = answer(record(report), ASKED)
    parts = [_shown(part) for part in details(record(report), said)]
    return {"first": msgspec.to_builtins(said.message), "thread": parts}


def _shown(part: Detail) -> Any:
    """A part as it is read; files of text with their lines."""
    shown = msgspec.to_builtins(part)
    if isinstance(part, Upload):
        shown["content"] = part.content.decode().splitlines()
    return shown


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("failed", _documents(FAILED)),
        ("ok", _documents(OK)),
        ("hostile", _documents(HOSTILE)),
        ("long", _documents(LONG)),
        ("alone", msgspec.to_builtins(answer(record(FAILED), ASKED, alone=True).message)),
        ("looking", msgspec.to_builtins(looking(record(None), ASKED))),
        (
            "progress",
            msgspec.to_builtins(
                looking(record(None), ASKED, Progress(what="asking agents", done=37, total=120))
            ),
        ),
    ],
)
def test_golden(name: str, document: Any) -> None:
    path = GOLDEN / f"{name}.json"
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    if os.environ.get("REGENERATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text
