"""The outbox: order, coalescing, politeness, and nothing sent twice."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from bot.model.errors import Throttled, Unreachable
from bot.slack.blocks import Message, section
from bot.slack.messages import LOOKING_ALONE
from bot.slack.outbox import Outbox
from bot.slack.pending import Entry, Fallback, Kind, overtaken
from bot.slack.private_address import PrivateAddress
from bot.slack.uploads import Upload
from bot.slack.webapi import Declined, Unconfirmed
from tests.slack.recording_calls import RecordingCalls
from tests.slack.virtual_clock import VirtualClock

URL = "https://hooks.slack.com/commands/1"
HOME = Fallback(URL, "in a terminal: x")


def says(text: str) -> Message:
    return Message(text, (section(text),))


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def calls(clock: VirtualClock) -> RecordingCalls:
    return RecordingCalls(clock)


@pytest.fixture
async def outbox(calls: RecordingCalls, clock: VirtualClock) -> AsyncIterator[Outbox]:
    box = Outbox(calls, clock)
    yield box
    await _end(box, clock)


async def _end(box: Outbox, clock: VirtualClock) -> None:
    closing = asyncio.create_task(box.close(patience=1.0))
    await clock.advance(2)
    await closing


async def test_placeholder_first_then_only_updates(outbox, calls, clock):
    outbox.post("C1", "r-1", says("looking"), HOME)
    await clock.settle()
    outbox.update("C1", "r-1", says("half"))
    await clock.advance(2)
    outbox.update("C1", "r-1", says("done"), final=True)
    await clock.advance(2)
    assert [(call.method, call.text, call.ts) for call in calls.called] == [
        ("post", "looking", ""),
        ("update", "half", "ts1"),
        ("update", "done", "ts1"),
    ]


async def test_progress_coalesces_to_one_update_a_second(outbox, calls, clock):
    outbox.post("C1", "r-1", says("looking"), HOME)
    await clock.settle()
    for tick in range(100):
        outbox.update("C1", "r-1", says(f"{tick} of 100"))
        await clock.advance(0.1)
    updates = [call for call in calls.called if call.method == "update"]
    assert 9 <= len(updates) <= 11
    gaps = [b.at - a.at for a, b in pairwise(updates)]
    assert min(gaps) >= 0.99


async def test_progress_slows_down_to_leave_room_for_results(outbox, calls, clock):
    for run in range(5):
        outbox.post(f"C{run}", f"r-{run}", says("looking"), HOME)
    await clock.settle()
    for tick in range(60):
        for run in range(5):
            outbox.update(f"C{run}", f"r-{run}", says(f"{tick}"))
        await clock.advance(1)
    before = len(calls.texts("update"))
    assert before <= 35 + 51  # the bucket less the reserve, and one minute's refill
    for run in range(5):
        outbox.update(f"C{run}", f"r-{run}", says("done"), final=True)
    await clock.settle()
    assert calls.texts("update").count("done") == 5


async def test_result_overtakes_progress_and_is_never_replaced_by_it(outbox, calls, clock):
    outbox.post("C1", "r-1", says("looking"), HOME)
    await clock.settle()
    calls.fail("update", Throttled("wait", retry_after=5))
    outbox.update("C1", "r-1", says("half"))
    await clock.settle()
    outbox.update("C1", "r-1", says("done"), final=True)
    outbox.update("C1", "r-1", says("late progress"))
    await clock.advance(10)
    assert calls.texts("update") == ["half", "done"]


async def test_update_joins_a_post_that_still_waits(outbox, calls, clock):
    calls.fail("post", Throttled("wait", retry_after=30))
    outbox.post("C1", "r-1", says("looking"), HOME)
    await clock.settle()
    outbox.update("C1", "r-1", says("done"), final=True)
    await clock.advance(31)
    assert calls.texts("post") == ["looking", "done"]
    assert calls.texts("update") == []


async def test_429_pauses_the_whole_channel_and_nobody_stampedes(outbox, calls, clock):
    calls.fail("post", Throttled("wait", retry_after=30))
    for run in range(20):
        outbox.post("C1", f"r-{run}", says(str(run)), HOME)
    await clock.advance(29)
    assert len(calls.texts("post")) == 1
    outbox.post("C2", "r-other", says("elsewhere"), HOME)
    await clock.settle()
    assert calls.texts("post")[-1] == "elsewhere"
    await clock.advance(1.5)
    assert len(calls.texts("post")) <= 2 + 4
    await clock.advance(60)
    assert calls.texts("post")[2:] == [str(run) for run in range(20)]


async def test_429_on_updates_pauses_every_channel(outbox, calls, clock):
    for channel in ("C1", "C2"):
        outbox.post(channel, f"r-{channel}", says("looking"), HOME)
    await clock.settle()
    calls.fail("update", Throttled("wait", retry_after=10))
    outbox.update("C1", "r-C1", says("done 1"), final=True)
    await clock.settle()
    outbox.update("C2", "r-C2", says("done 2"), final=True)
    await clock.advance(9)
    assert calls.texts("update") == ["done 1"]
    await clock.advance(2)
    assert sorted(calls.texts("update")) == ["done 1", "done 1", "done 2"]


async def test_posts_keep_their_order_and_slack_s_pace(outbox, calls, clock):
    for run in range(12):
        outbox.post("C1", f"r-{run}", says(str(run)), HOME)
    await clock.advance(20)
    assert calls.texts("post") == [str(run) for run in range(12)]
    begun = calls.called[0].at
    assert calls.called[-1].at - begun >= 7.9


async def test_update_with_a_lost_reply_is_sent_again_with_backoff(outbox, calls, clock):
    outbox.post("C1", "r-1", says("looking"), HOME)
    await clock.settle()
    calls.fail("update", Unconfirmed("503"), Unreachable("refused"), Unconfirmed("timeout"))
    outbox.update("C1", "r-1", says("done"), final=True)
    await clock.advance(60)
    assert calls.texts("update") == ["done"] * 4
    times = [call.at for call in calls.called if call.method == "update"]
    gaps = [b - a for a, b in pairwise(times)]
    assert gaps == sorted(gaps)
    assert gaps[0] >= 0.5


async def test_first_post_with_a_lost_reply_is_not_sent_twice(outbox, calls, clock):
    calls.fail("post", Unconfirmed("timeout"))
    outbox.post("C1", "r-1", says("looking"), HOME)
    await clock.settle()
    outbox.update("C1", "r-1", says("half"))
    outbox.update("C1", "r-1", says("done"), final=True)
    outbox.reply("C1", "r-1", says("detail"))
    await clock.advance(600)
    assert calls.texts("post") == ["looking"]
    assert calls.texts("update") == []
    assert calls.texts("respond") == [LOOKING_ALONE, "done"]


async def test_what_holds_gives_way_to_the_result_alone(outbox, calls, clock):
    outbox.post("C1", "r-1", says("looking"), HOME)
    await clock.settle()
    outbox.update("C1", "r-1", says("cancelling"), holds=True)
    outbox.update("C1", "r-1", says("half"))
    await clock.advance(5)
    outbox.update("C1", "r-1", says("three quarters"))
    await clock.advance(5)
    outbox.update("C1", "r-1", says("cancelled"), final=True)
    await clock.advance(5)
    assert calls.texts("update") == ["cancelling", "cancelled"]


async def test_first_post_that_was_never_sent_is_sent_again(outbox, calls, clock):
    calls.fail("post", Unreachable("refused"), Unreachable("refused"))
    outbox.post("C1", "r-1", says("looking"), HOME)
    await clock.advance(30)
    assert calls.texts("post") == ["looking"] * 3


@pytest.mark.parametrize("reason", ["not_in_channel", "channel_not_found"])
async def test_not_in_channel_turns_private(outbox, calls, clock, reason):
    calls.fail("post", Declined("chat.postMessage", reason))
    outbox.post("C1", "r-1", says("looking"), HOME)
    outbox.update("C1", "r-1", says("half"))
    await clock.settle()
    outbox.update("C1", "r-1", says("done"), final=True)
    await clock.advance(5)
    assert calls.texts("respond") == [LOOKING_ALONE, "done"]
    assert {call.channel for call in calls.called if call.method == "respond"} == {URL}


async def test_result_waiting_behind_a_refused_post_turns_private_at_once(outbox, calls, clock):
    gate = calls.hold("post")
    calls.fail("post", Declined("chat.postMessage", "is_archived"))
    outbox.post("C1", "r-1", says("looking"), HOME)
    await clock.settle()
    outbox.update("C1", "r-1", says("done"), final=True)
    outbox.reply("C1", "r-1", says("detail"))
    gate.set()
    await clock.advance(5)
    assert [text[:6] for text in calls.texts("respond")] == ["⏳ Look", "done"]
    assert calls.texts("post") == ["looking"]


async def test_refused_blocks_are_sent_as_bare_text(outbox, calls, clock):
    outbox.post("C1", "r-1", says("looking"), HOME)
    await clock.settle()
    calls.fail("update", Declined("chat.update", "invalid_blocks"))
    outbox.update("C1", "r-1", says("done"), final=True)
    await clock.advance(5)
    assert calls.texts("update") == ["done", "done"]
    assert calls.texts("respond") == []


async def test_deleted_message_sends_the_result_privately(outbox, calls, clock):
    outbox.post("C1", "r-1", says("looking"), HOME)
    await clock.settle()
    calls.fail("update", Declined("chat.update", "message_not_found"))
    outbox.update("C1", "r-1", says("done"), final=True)
    outbox.reply("C1", "r-1", says("detail"))
    await clock.advance(5)
    assert calls.texts("respond") == ["done"]
    assert calls.texts("post") == ["looking"]


async def test_result_goes_privately_after_ten_minutes_without_slack(outbox, calls, clock):
    outbox.post("C1", "r-1", says("looking"), HOME)
    await clock.settle()
    calls.fail("update", *[Unreachable("refused")] * 100)
    outbox.update("C1", "r-1", says("done"), final=True)
    await clock.advance(700)
    assert calls.texts("respond") == ["done"]


async def test_thread_follows_its_result_in_order(outbox, calls, clock):
    outbox.post("C1", "r-1", says("looking"), HOME)
    await clock.settle()
    calls.fail("update", Throttled("wait", retry_after=5))
    outbox.update("C1", "r-1", says("done"), final=True)
    outbox.reply("C1", "r-1", says("table"))
    outbox.reply("C1", "r-1", Upload("log.txt", "log", b"text"))
    outbox.reply("C1", "r-1", says("more"))
    outbox.post("C1", "r-2", says("another"), HOME)
    await clock.advance(20)
    seen = [(call.method, call.text) for call in calls.called]
    assert seen.index(("post", "another")) < seen.index(("update", "done"), 2)
    thread = [call for call in calls.called if call.ts == "ts1"]
    assert [call.text for call in thread] == ["done", "done", "table", "log.txt", "more"]


async def test_lost_reply_in_a_thread_is_not_repeated_and_blocks_nothing(outbox, calls, clock):
    outbox.post("C1", "r-1", says("looking"), HOME)
    await clock.settle()
    calls.fail("post", Unconfirmed("timeout"))
    outbox.reply("C1", "r-1", says("table"))
    outbox.reply("C1", "r-1", says("more"))
    await clock.advance(10)
    assert calls.texts("post") == ["looking", "table", "more"]


async def test_private_message_is_sent_again_and_given_up_in_the_end(outbox, calls, clock):
    calls.fail("respond", *[Unreachable("refused")] * 100)
    outbox.private(URL, says("usage"))
    await clock.advance(2_000)
    assert 3 < len(calls.texts("respond")) < 40
    assert not outbox._lanes


async def test_unexpected_error_does_not_silence_the_channel(outbox, calls, clock, caplog):
    calls._failures["post"].append(RuntimeError("a bug"))
    outbox.post("C1", "r-1", says("first"), HOME)
    outbox.post("C1", "r-2", says("second"), HOME)
    await clock.advance(5)
    assert calls.texts("post") == ["first", "second"]
    assert "could not be sent" in caplog.text


async def test_full_says_so_and_drops_only_details(calls, clock, caplog):
    outbox = Outbox(calls, clock, most_waiting=3)
    calls.fail("post", Throttled("wait", retry_after=1_000))
    for run in range(3):
        outbox.post("C1", f"r-{run}", says("looking"), HOME)
    assert outbox.full
    await clock.settle()
    outbox.reply("C1", "r-0", says("detail"))
    outbox.update("C1", "r-0", says("done"), final=True)
    assert len(outbox._pending) == 3
    assert "a detail of r-0 is dropped" in caplog.text
    await _end(outbox, clock)


async def test_close_sends_results_but_no_progress(outbox, calls, clock):
    outbox.post("C1", "r-1", says("looking"), HOME)
    outbox.post("C1", "r-2", says("looking"), HOME)
    await clock.settle()
    calls.fail("update", Throttled("wait", retry_after=2))
    outbox.update("C1", "r-1", says("half"))
    outbox.update("C1", "r-2", says("done"), final=True)
    closing = asyncio.create_task(outbox.close(patience=5.0))
    await clock.advance(3)
    await closing
    assert calls.texts("update") == ["done", "done"]


async def test_close_ends_in_time_and_counts_what_is_lost(calls, clock, caplog):
    outbox = Outbox(calls, clock)
    calls.fail("post", Throttled("wait", retry_after=3_600))
    outbox.post("C1", "r-1", says("looking"), HOME)
    closing = asyncio.create_task(outbox.close(patience=5.0))
    await clock.advance(5.1)
    await asyncio.wait_for(closing, 1)
    assert "1 messages for Slack were not sent" in caplog.text
    with caplog.at_level(logging.WARNING):
        outbox.private(URL, says("late"))
    assert "after the end" in caplog.text


async def test_a_result_that_comes_after_the_end_wakes_nobody(calls, clock):
    outbox = Outbox(calls, clock)
    calls.fail("post", Throttled("wait", retry_after=3_600))
    outbox.post("C1", "r-1", says("looking"), HOME)
    closing = asyncio.create_task(outbox.close(patience=5.0))
    await clock.advance(5.1)
    await asyncio.wait_for(closing, 1)
    outbox.update("C1", "r-1", says("done"), final=True)  # its post still waits, unsent
    assert not outbox._lanes


async def test_nothing_is_left_behind_after_many_runs(outbox, calls, clock):
    for run in range(300):
        outbox.post(f"C{run}", f"r-{run}", says("looking"), HOME)
        await clock.settle()
        outbox.update(f"C{run}", f"r-{run}", says("done"), final=True)
        await clock.advance(2)
    assert len(outbox._pending) == 0
    assert not outbox._lanes


async def test_every_state_of_a_message_is_shown_unless_a_later_one_waits(outbox, calls, clock):
    outbox.post("C1", "c-1", Message("planning"), Fallback())
    await clock.settle()
    gate = calls.hold("update")
    outbox.update("C1", "c-1", Message("waiting"), final=True, part="waiting", rank=1)
    await clock.settle()
    for rank, text in ((2, "approved"), (3, "executing"), (4, "done")):
        outbox.update("C1", "c-1", Message(text), final=True, part=text, rank=rank)
    gate.set()
    await clock.advance(30)
    assert calls.texts("update") == ["waiting", "done"]


def test_what_is_overtaken_is_left_out_but_nothing_else():
    def update(part, rank, *, final=True, key="c-1"):
        return Entry(
            id=f"{key}/{part}", kind=Kind.UPDATE, lane="C1", key=key, content=Message(part),
            queued_at=0.0, final=final, rank=rank,
        )  # fmt: skip

    first, second, other = update("a", 1), update("b", 2), update("a", 1, key="c-2")
    answer, progress = update("answer", 0, key="r-1"), update("progress", 2, final=False)
    assert overtaken([first, other, second, answer, progress]) == [first]
    assert overtaken([second, first]) == [first]
    assert overtaken([second]) == []


async def test_a_live_message_in_direct_messages_is_opened_once_and_kept_up_to_date(
    outbox, calls, clock
):
    lane = str(PrivateAddress(user="U0BEN"))
    outbox.post(lane, "c-1/U0BEN", Message("approve?"), Fallback())
    await clock.advance(5)
    outbox.update(lane, "c-1/U0BEN", Message("done"), final=True, part="done", rank=1)
    await clock.advance(5)
    assert [(call.method, call.channel) for call in calls.called] == [
        ("open", "U0BEN"),
        ("post", "D0BEN"),
        ("update", "D0BEN"),
    ]


async def test_a_person_who_cannot_be_written_to_holds_nobody_up(outbox, calls, clock):
    calls.fail("open", Declined("conversations.open", "user_disabled"))
    outbox.post(str(PrivateAddress(user="U0EVA")), "c-1/U0EVA", Message("approve?"), Fallback())
    await clock.advance(5)
    assert calls.texts("post") == []
    assert outbox.depth == 0
