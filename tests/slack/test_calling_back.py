"""A run over 30 s rings its requester once at its end, whoever tells the end and how often."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from bot.model.run import Door, Requester, RunRecord, RunState
from bot.slack.calling_back import calls_back
from bot.slack.clock import SystemClock
from bot.slack.live_message import LiveMessage
from bot.slack.outbox import Outbox
from bot.slack.private_answer import PrivateAnswer
from bot.slack.store_pending import LEASE, StorePending
from bot.store.connection import Store
from bot.store.embedded import EmbeddedStore
from bot.store.outbox import OutboxEntries
from tests.slack.recording_calls import RecordingCalls
from tests.slack.reports import ASKED, BEGAN, FAILED, record
from tests.slack.virtual_clock import VirtualClock

ANA = Requester(door=Door.SLACK, id="U0ANA", name="ana")
BEN = Requester(door=Door.SLACK, id="U0BEN", name="ben")


def took(seconds: float, **changes: object) -> RunRecord:
    ended = BEGAN + timedelta(seconds=seconds)
    return msgspec.structs.replace(record(FAILED), finished_at=ended, **changes)


@pytest.mark.parametrize(
    ("run", "rings"),
    [
        (took(2), False),
        (took(30), False),
        (took(30.1), True),
        (took(600), True),
        (took(45, state=RunState.BROKEN, report=None, error="No answer within 40 s."), True),
        (took(45, state=RunState.CANCELLED, cancelled_by=BEN), True),
        (took(45, state=RunState.CANCELLED, cancelled_by=ANA), False),
        (took(45, state=RunState.CANCELLED, started_at=None), False),
    ],
)
def test_who_waited_over_thirty_seconds_is_rung(run: RunRecord, rings: bool) -> None:
    assert calls_back(run) is rings


async def test_it_rings_in_a_new_message_right_after_the_answer() -> None:
    """An edit would bring the mention, and nobody would hear of it."""
    clock = VirtualClock()
    calls = RecordingCalls(clock)
    live = LiveMessage(Outbox(calls, clock), ASKED)
    await live.started(took(40))
    await clock.settle()
    await live.finished(took(40))
    await clock.advance(60)
    assert not any("<@U0ANA>" in text for text in calls.texts("update"))
    looking, ring, *details = calls.texts("post")
    assert "<@U0ANA>" not in looking
    assert ring.startswith("<@U0ANA> your run has ended: ⛔ FAILED")
    assert not any("<@U0ANA>" in text for text in details)
    assert next(call for call in calls.called if call.text == ring).ts == "ts1"


async def test_a_private_answer_rings_by_a_direct_message() -> None:
    clock = VirtualClock()
    calls = RecordingCalls(clock)
    private = PrivateAnswer(Outbox(calls, clock), ASKED)
    await private.finished(took(40))
    await clock.advance(60)
    [ring] = calls.texts("post")
    assert ring.startswith("<@U0ANA>")
    await private.finished(took(20))
    await clock.advance(60)
    assert len(calls.texts("post")) == 1


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    server = EmbeddedStore(tmp_path / "store")
    await server.start()
    opened = Store(server.address)
    yield opened
    await opened.close()
    await server.stop()


async def test_it_rings_once_though_the_end_is_told_again_by_another_process(store: Store) -> None:
    calls = RecordingCalls(VirtualClock())
    for name in ("dies after telling", "tells again"):
        entries = OutboxEntries(store, name, lease=LEASE)
        outbox = Outbox(calls, SystemClock(), StorePending(entries, SystemClock()))
        outbox.open()
        live = LiveMessage(outbox, ASKED)
        await live.started(took(40))
        await live.finished(took(40))
        async with asyncio.timeout(5):
            while outbox.depth:
                await asyncio.sleep(0.02)
        await outbox.close(patience=1)
    rings = [text for text in calls.texts("post") if "<@U0ANA>" in text]
    assert len(rings) == 1
