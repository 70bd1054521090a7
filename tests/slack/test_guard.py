"""The guard as a whole: whatever arrives, never an error, never in unless signed."""

from __future__ import annotations

import asyncio
import logging
from unittest import mock

import pytest
from aiohttp import StreamReader, web
from aiohttp.test_utils import make_mocked_request
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.slack.guard import Guard
from bot.slack.replays import MemoryReplays
from tests.slack.test_signature import SECRET, sign
from tests.slack.virtual_clock import VirtualClock

NOW = "1000000"
_HEADER = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=80)


async def ask(guard: Guard, headers: list[tuple[str, str]], body: bytes, status: int = 200) -> int:
    """The status of a request through ``guard`` to a handler that always says ``status``."""

    async def inside(request: web.Request) -> web.Response:
        assert await request.read() == body
        return web.Response(status=status)

    payload = StreamReader(mock.Mock(), 2**16, loop=asyncio.get_running_loop())
    payload.feed_data(body)
    payload.feed_eof()
    request = make_mocked_request("POST", "/slack/events", dict(headers), payload=payload)
    return (await guard.protect(inside)(request)).status


def guard() -> Guard:
    return Guard(SECRET, MemoryReplays(), VirtualClock(float(NOW)))


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["X-Slack-Signature", "X-Slack-Request-Timestamp", "Content-Length"]),
        st.one_of(_HEADER.filter(lambda text: not text.isdigit()), st.just(NOW)),
    ),
    st.binary(max_size=200),
)
def test_unsigned_requests_stay_outside(headers: dict[str, str], body: bytes) -> None:
    headers.pop("Content-Length", None)
    assert asyncio.run(ask(guard(), list(headers.items()), body)) == 401


@settings(deadline=None)
@given(st.binary(max_size=2_000), st.integers(-400, 400))
def test_signed_requests_get_in_within_the_window(body: bytes, age: int) -> None:
    timestamp = str(int(NOW) - age)
    headers = [
        ("X-Slack-Request-Timestamp", timestamp),
        ("X-Slack-Signature", sign(timestamp, body)),
    ]
    assert asyncio.run(ask(guard(), headers, body)) == (200 if abs(age) <= 300 else 401)


async def test_five_times_the_same_signed_request_runs_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    one = guard()
    headers = [("X-Slack-Request-Timestamp", NOW), ("X-Slack-Signature", sign(NOW, b"x"))]
    assert [await ask(one, headers, b"x") for _ in range(5)] == [200, 401, 401, 401, 401]
    assert caplog.text.count("seen before") == 4


async def test_what_came_to_nothing_may_come_again_within_the_same_second() -> None:
    one = guard()
    headers = [("X-Slack-Request-Timestamp", NOW), ("X-Slack-Signature", sign(NOW, b"x"))]
    assert [await ask(one, headers, b"x", status) for status in (503, 500, 200, 200)] == [
        *(503, 500, 200),
        401,
    ]


def test_empty_secret_is_refused_at_construction() -> None:
    with pytest.raises(ValueError, match="let anybody in"):
        Guard("", MemoryReplays(), VirtualClock())
