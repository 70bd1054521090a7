"""Frames of Socket Mode, and the memory of what was answered."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_bolt.response import BoltResponse

from bot.slack.answered import Answered, key_of
from bot.slack.envelope import Frame, acknowledgement, frame_of


def test_frames_as_slack_sends_them() -> None:
    hello = frame_of('{"type":"hello","num_connections":3,"debug_info":{"host":"x"}}')
    assert hello is not None
    assert (hello.type, hello.num_connections) == ("hello", 3)
    command = frame_of(
        '{"type":"slash_commands","envelope_id":"e","accepts_response_payload":true,'
        '"payload":{"text":"status"},"retry_attempt":1,"retry_reason":"timeout"}'
    )
    assert command is not None
    assert (command.envelope_id, command.body) == ("e", {"text": "status"})


@pytest.mark.parametrize("text", ["", "x", "[]", "3", '{"type": 3}', "[" * 100_000, "\ud800"])
def test_what_is_no_frame_is_none(text: str) -> None:
    assert frame_of(text) is None


@given(st.text() | st.recursive(st.integers() | st.text(), st.lists).map(json.dumps))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert frame_of(text) is None or isinstance(frame_of(text), Frame)


@pytest.mark.parametrize("payload", [None, [], "x", 3])
def test_a_payload_that_is_no_object_is_an_empty_body(payload: object) -> None:
    assert Frame(payload=payload).body == {}


@pytest.mark.parametrize(
    ("accepts", "body", "payload"),
    [
        (True, "", None),
        (True, '{"text": "x"}', {"text": "x"}),
        (True, "plain", {"text": "plain"}),
        (True, "[1]", {"text": "[1]"}),
        (False, '{"text": "x"}', None),
    ],
)
def test_an_acknowledgement_carries_an_answer_where_slack_takes_one(
    accepts: bool, body: str, payload: object
) -> None:
    frame = Frame(envelope_id="e", accepts_response_payload=accepts)
    said = json.loads(acknowledgement(frame, BoltResponse(status=200, body=body)))
    assert said.pop("envelope_id") == "e"
    assert said == ({} if payload is None else {"payload": payload})


@pytest.mark.parametrize(
    ("body", "envelope", "key"),
    [
        ({"event_id": "Ev1"}, "e", "event_id Ev1"),
        ({"trigger_id": "1.2"}, "e", "trigger_id 1.2"),
        ({}, "e", "envelope e"),
        ({"trigger_id": 3, "event_id": ""}, "", ""),
    ],
)
def test_a_request_is_known_by_what_every_delivery_has(
    body: dict[str, object], envelope: str, key: str
) -> None:
    assert key_of(body, envelope) == key


async def test_an_answer_that_failed_may_be_asked_for_again() -> None:
    answered, calls = Answered(), 0

    async def answering() -> BoltResponse:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise RuntimeError("a bug")
        return BoltResponse(status=404 if calls == 2 else 200, body="done")

    with pytest.raises(RuntimeError):
        await answered.once("k", answering)
    assert [(await answered.once("k", answering)).status for _ in range(4)] == [404, 200, 200, 200]
    assert calls == 3


async def test_who_comes_meanwhile_gets_the_same_answer_though_the_first_gave_up() -> None:
    answered, go_on = Answered(), asyncio.Event()

    async def answering() -> BoltResponse:
        await go_on.wait()
        return BoltResponse(status=200, body="done")

    first = asyncio.create_task(answered.once("k", answering))
    await asyncio.sleep(0)
    second = asyncio.create_task(answered.once("k", answering))
    await asyncio.sleep(0)
    first.cancel()
    go_on.set()
    assert (await second).body == "done"
    assert (await answered.once("k", answering)).body == ""


async def test_memory_is_bounded_and_what_has_no_key_is_not_remembered() -> None:
    answered = Answered(kept=3)

    async def answering() -> BoltResponse:
        return BoltResponse(status=200)

    for number in range(10):
        await answered.once(f"k{number}", answering)
        await answered.once("", answering)
    assert len(answered._seen) == 3
