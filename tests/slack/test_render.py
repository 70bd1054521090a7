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
from hypothesis import HealthCheck, given, settings

from bot.model.report import Report
from bot.model.run import Progress, RunState
from bot.playground.slack.blocks import problems
from bot.slack import limits
from bot.slack.blocks import Message, characters
from bot.slack.details import Upload, details
from bot.slack.findings import MOST_CHARACTERS
from bot.slack.progress import looking
from bot.slack.render import answer
from tests.slack.reports import ASKED, CRASH_LOOP, FAILED, HOSTILE, OK, REPORTS, record

GOLDEN = Path(__file__).parent / "golden"


def assert_within_limits(message: Message) -> None:
    blocks = list(message.blocks)
    assert not problems(blocks)
    assert len(blocks) <= limits.BLOCKS
    assert sum(map(characters, blocks)) <= limits.MESSAGE_CHARACTERS
    assert 0 < len(message.text) <= limits.FALLBACK
    json.dumps(blocks, ensure_ascii=False).encode()


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(REPORTS)
def test_any_report_stays_within_slack_s_limits(report: Report) -> None:
    first, left = answer(record(report), ASKED)
    assert_within_limits(first)
    for detail in details(record(report), left):
        if isinstance(detail, Message):
            assert_within_limits(detail)
        else:
            assert "/" not in detail.filename
            assert 0 < len(detail.filename) <= 130
            assert detail.content.encode()


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
    many = tuple(msgspec.structs.replace(CRASH_LOOP, cause=f"cause {n}.") for n in range(120))
    mild = msgspec.structs.replace(FAILED.findings[1], cause="mild.")
    report = msgspec.structs.replace(FAILED, findings=(mild, *many))
    first, left = answer(record(report), ASKED)
    text = json.dumps(first.blocks)
    assert "cause 0." in text
    assert "mild." not in text
    assert "+ 113 more in the thread" in text
    parts = details(record(report), left)
    file = next(part for part in parts if isinstance(part, Upload))
    assert "mild." in file.content


def test_one_long_finding_leaves_room_for_the_others() -> None:
    long = msgspec.structs.replace(
        CRASH_LOOP, cause="&" * 900, proof=("x" * 900,) * 9, next_steps=("y" * 900,) * 9
    )
    first, left = answer(record(msgspec.structs.replace(FAILED, findings=(long,) * 6)), ASKED)
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


def test_wide_table_becomes_a_file_and_a_narrow_one_stays() -> None:
    table = FAILED.tables[0]
    wide = msgspec.structs.replace(table, columns=("Node" * 20, "State", "Restarts"))
    report = msgspec.structs.replace(FAILED, tables=(table, wide), attachments=())
    narrow, file = details(record(report), ())
    assert isinstance(narrow, Message)
    assert isinstance(file, Upload)
    assert file.content.splitlines()[1].startswith("node-7")


def test_progress_bar_survives_odd_figures() -> None:
    for done, total in ((-3, 5), (9, 5), (0, 0), (5, 5)):
        message = looking(record(None), ASKED, Progress(what="agents", done=done, total=total))
        assert_within_limits(message)


def _documents(report: Report) -> dict[str, Any]:
    first, left = answer(record(report), ASKED)
    parts = [msgspec.to_builtins(part) for part in details(record(report), left)]
    return {"first": msgspec.to_builtins(first), "thread": parts}


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("failed", _documents(FAILED)),
        ("ok", _documents(OK)),
        ("hostile", _documents(HOSTILE)),
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
