"""The decision whether a request is Slack's own."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.replays import KEPT, MemoryReplays
from bot.slack.signature import WINDOW, Claim, Reason, claim, holds

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
NOW = 1_531_420_618.0
GOOD = "v0=" + "a" * 64


def sign(timestamp: str, body: bytes, secret: str = SECRET) -> str:
    """As Slack's page says, written down a second time."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def test_the_example_of_slack_s_own_page() -> None:
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&"
        b"channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&"
        b"command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2F"
        b"T1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121."
        b"803a0bc887a14d10d2c447fce8b6703c"
    )
    signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    claimed = claim(["1531420618"], [signature], NOW)
    assert isinstance(claimed, Claim)
    assert holds(claimed, "1531420618", body, SECRET)


@pytest.mark.parametrize(
    ("timestamps", "signatures", "reason"),
    [
        ([], [], Reason.NO_SIGNATURE),
        (["1531420618"], [], Reason.NO_SIGNATURE),
        ([], [GOOD], Reason.NO_TIMESTAMP),
        (["1531420618"], [""], Reason.MALFORMED_SIGNATURE),
        (["1531420618"], ["v0=" + "A" * 64], Reason.MALFORMED_SIGNATURE),
        (["1531420618"], ["v1=" + "a" * 64], Reason.MALFORMED_SIGNATURE),
        (["1531420618"], [GOOD + "\n"], Reason.MALFORMED_SIGNATURE),
        (["1531420618"], [GOOD, GOOD], Reason.MALFORMED_SIGNATURE),
        (["now"], [GOOD], Reason.MALFORMED_TIMESTAMP),
        ([""], [GOOD], Reason.MALFORMED_TIMESTAMP),
        (["-1531420618"], [GOOD], Reason.MALFORMED_TIMESTAMP),
        (["1531420618.5"], [GOOD], Reason.MALFORMED_TIMESTAMP),
        (["1e9"], [GOOD], Reason.MALFORMED_TIMESTAMP),
        (["１５３１４２０６１８"], [GOOD], Reason.MALFORMED_TIMESTAMP),
        (["9" * 5_000], [GOOD], Reason.MALFORMED_TIMESTAMP),
        (["1531420618", "1531420618"], [GOOD], Reason.MALFORMED_TIMESTAMP),
        (["1531420317"], [GOOD], Reason.STALE),
        (["1531420919"], [GOOD], Reason.STALE),
        (["0"], [GOOD], Reason.STALE),
    ],
)
def test_malformed_claims(timestamps: list[str], signatures: list[str], reason: Reason) -> None:
    assert claim(timestamps, signatures, NOW) is reason


@pytest.mark.parametrize("age", [-WINDOW, 0, WINDOW])
def test_the_window_s_edges_are_inside(age: int) -> None:
    assert isinstance(claim([str(int(NOW) - age)], [GOOD], NOW), Claim)


@given(st.lists(st.text(), max_size=2), st.lists(st.text(), max_size=2), st.binary())
def test_nothing_random_is_accepted(
    timestamps: list[str], signatures: list[str], body: bytes
) -> None:
    claimed = claim(timestamps, signatures, NOW)
    if isinstance(claimed, Claim):
        assert not holds(claimed, timestamps[0], body, SECRET)


@given(st.binary(), st.binary())
def test_a_signature_is_good_for_its_body_and_secret_only(body: bytes, other: bytes) -> None:
    claimed = Claim(1, sign("1", body))
    assert holds(claimed, "1", body, SECRET)
    assert holds(claimed, "1", other, SECRET) == (body == other)
    assert not holds(claimed, "1", body, SECRET + "x")
    assert not holds(claimed, "2", body, SECRET)


async def test_a_replay_is_refused_for_longer_than_the_window() -> None:
    replays = MemoryReplays()
    seen = Claim(int(NOW), GOOD)
    assert await replays.is_new(seen, NOW)
    assert not await replays.is_new(seen, NOW + 2 * WINDOW)
    assert await replays.is_new(Claim(int(NOW) + 1, GOOD), NOW)


async def test_replays_are_forgotten_in_time_and_bounded() -> None:
    replays = MemoryReplays(most=100)
    for second in range(1_000):
        assert await replays.is_new(Claim(second, GOOD), NOW)
    assert len(replays) == 100
    await replays.is_new(Claim(5_000, GOOD), NOW + KEPT + 1)
    assert len(replays) == 1
