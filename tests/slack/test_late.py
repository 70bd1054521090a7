"""What comes late says so: once, truly, and only when it was Slack's doing does it name Slack."""

from __future__ import annotations

import pytest

from bot.model.errors import Throttled, Unreachable
from bot.observability.health import outbox_line
from bot.slack.blocks import Message, section
from bot.slack.buttons import ROW, Button, row
from bot.slack.delivery import LATE
from bot.slack.outbox import Outbox
from bot.slack.pending import Fallback
from bot.slack.webapi import Unconfirmed
from tests.slack.recording_calls import RecordingCalls
from tests.slack.virtual_clock import VirtualClock

ANSWER = Message("answer", (section("answer"), row("r-abcde12345", Button.AGAIN)))


class Calls(RecordingCalls):
    """Remembers the blocks of what was said, too."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self.shown: list[Message] = []

    async def update(self, channel: str, ts: str, message: Message) -> None:
        await super().update(channel, ts, message)
        self.shown.append(message)

    async def respond(self, response_url: str, message: Message) -> None:
        await super().respond(response_url, message)
        self.shown.append(message)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def calls(clock: VirtualClock) -> Calls:
    return Calls(clock)


@pytest.fixture
async def outbox(calls: Calls, clock: VirtualClock) -> Outbox:
    outbox = Outbox(calls, clock)
    outbox.post("C1", "r-1", Message("looking"), Fallback())
    await clock.settle()
    return outbox


def small_print(message: Message) -> str:
    return "\n".join(e["text"] for b in message.blocks if b["type"] == "context"
                     for e in b["elements"])  # fmt: skip


async def test_a_result_held_back_by_a_429_says_how_long_and_when_it_was_of(outbox, calls, clock):
    calls.fail("update", Throttled("wait", retry_after=180))
    ended = int(clock.now)
    outbox.update("C1", "r-1", ANSWER, final=True)
    await clock.advance(200)
    [said] = calls.shown
    assert small_print(said).startswith("delayed 3m by Slack; run ended <!date^")
    assert f"^{ended}^" in small_print(said).replace("<!date", "")
    assert said.blocks[-1]["block_id"] == ROW


@pytest.mark.parametrize("trouble", [Unreachable("gone"), Unconfirmed("500")])
async def test_a_result_that_slack_failed_on_says_so_too(outbox, calls, clock, trouble):
    calls.fail("update", *[trouble] * 6)
    outbox.update("C1", "r-1", ANSWER, final=True)
    await clock.advance(200)
    assert "by Slack" in small_print(calls.shown[-1])


async def test_a_pause_of_the_whole_workspace_counts_for_every_channel(outbox, calls, clock):
    outbox.post("C2", "r-2", Message("looking"), Fallback())
    await clock.settle()
    calls.fail("update", Throttled("wait", retry_after=60))
    outbox.update("C1", "r-1", ANSWER, final=True)
    await clock.settle()
    outbox.update("C2", "r-2", ANSWER, final=True)
    await clock.advance(70)
    assert len(calls.shown) == 2
    assert all("by Slack" in small_print(said) for said in calls.shown)


async def test_a_private_answer_says_it_as_well(calls, clock):
    outbox = Outbox(calls, clock)
    calls.fail("respond", Throttled("wait", retry_after=45))
    outbox.private("https://hooks.slack.com/commands/1", ANSWER)
    await clock.advance(60)
    assert "delayed 45s by Slack; written" in small_print(calls.shown[0])


async def test_what_comes_in_time_says_nothing(outbox, calls, clock):
    calls.fail("update", Throttled("wait", retry_after=int(LATE) - 1))
    outbox.update("C1", "r-1", ANSWER, final=True)
    await clock.advance(60)
    assert calls.shown == [ANSWER]


async def test_lateness_of_our_own_is_not_called_slack_s(outbox, calls, clock, monkeypatch):
    """As after a restart: the entry is old, and Slack was never asked."""
    outbox.update("C1", "r-1", ANSWER, final=True)
    [entry] = outbox._pending.lane("C1")
    entry.queued_at -= 100
    await clock.advance(1)
    assert small_print(calls.shown[0]).startswith("delivered 1m 40s late; run ended")


async def test_a_run_that_ends_while_its_post_is_held_back_is_late_by_its_own_time(calls, clock):
    outbox = Outbox(calls, clock)
    calls.fail("post", Throttled("wait", retry_after=100))
    outbox.post("C1", "r-1", Message("looking"), Fallback())
    await clock.advance(90)
    outbox.update("C1", "r-1", ANSWER, final=True)
    await clock.advance(20)
    assert calls.texts("post") == ["looking", "answer"]


async def test_readiness_names_slack_while_messages_age(outbox, calls, clock):
    calls.fail("update", Throttled("wait", retry_after=300))
    outbox.update("C1", "r-1", ANSWER, final=True)
    await clock.advance(20)
    assert "delays" not in outbox_line(outbox).why
    await clock.advance(100)
    line = outbox_line(outbox)
    assert line.ok
    assert line.why == "Slack delays messages: 1 wait, the oldest for 2m"
