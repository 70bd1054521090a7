"""What one run's live message says when things do not go the usual way."""

from __future__ import annotations

import msgspec
import pytest

from bot.model.errors import UsageError
from bot.model.run import RunState
from bot.slack import whole_answer
from bot.slack.live_message import LiveMessage
from bot.slack.outbox import Outbox
from bot.slack.webapi import Declined
from tests.slack.recording_calls import RecordingCalls
from tests.slack.reports import ASKED, FAILED, NODE_MAP, record
from tests.slack.virtual_clock import VirtualClock


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def calls(clock: VirtualClock) -> RecordingCalls:
    return RecordingCalls(clock)


@pytest.fixture
def live(calls: RecordingCalls, clock: VirtualClock) -> LiveMessage:
    return LiveMessage(Outbox(calls, clock), ASKED)


async def test_refusal_reaches_only_the_person_who_asked(live, calls, clock):
    await live.refused(UsageError("There is no node 'x'.", usage="status [NODE]"))
    await clock.advance(60)
    assert [(call.method, call.channel) for call in calls.called] == [
        ("respond", ASKED.response_url)
    ]


async def test_run_cancelled_before_it_began_is_told_privately(live, calls, clock):
    never_began = msgspec.structs.replace(record(None, RunState.CANCELLED), started_at=None)
    await live.finished(never_began)
    await clock.advance(60)
    assert [call.method for call in calls.called] == ["respond"]
    assert "CANCELLED" in calls.called[0].text


async def test_answer_that_turns_private_tells_its_pictures_in_words(live, calls, clock):
    calls.fail("post", Declined("chat.postMessage", "not_in_channel"))
    await live.started(record(None, RunState.RUNNING))
    await clock.settle()
    await live.finished(record(msgspec.structs.replace(FAILED, pictures=(NODE_MAP,))))
    await clock.advance(5)
    [_, answer] = calls.responded
    assert f"🖼 {NODE_MAP.title}" in answer.blocks[-1]["elements"][0]["text"]


async def test_report_that_cannot_be_rendered_leaves_no_looking_behind(
    live, calls, clock, monkeypatch, caplog
):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(whole_answer, "answer", fail)
    await live.started(record(None, RunState.RUNNING))
    await clock.settle()
    await live.finished(record(FAILED))
    await clock.advance(5)
    assert "could not be written for Slack" in calls.texts("update")[0]
    assert ASKED.terminal in calls.texts("update")[0]
    assert "a bug" in caplog.text
