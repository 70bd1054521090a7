"""Private addresses: their text, and the ways that are tried one after the other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.blocks import Message
from bot.slack.outbox import Outbox
from bot.slack.private_address import PrivateAddress, Way
from bot.slack.webapi import Declined, Unconfirmed
from tests.slack.recording_calls import RecordingCalls
from tests.slack.virtual_clock import VirtualClock

URL = "https://hooks.slack.com/commands/1"
WHOLE = PrivateAddress(channel="C1", user="U1", thread="1.5", response_url=URL)
ids = st.from_regex(r"[A-Z0-9]{1,12}", fullmatch=True)


@given(channel=ids, user=ids, thread=st.sampled_from(["", "1700000000.000100"]), url=st.booleans())
def test_an_address_survives_being_text(channel, user, thread, url) -> None:
    address = PrivateAddress(
        channel=channel, user=user, thread=thread, response_url=URL if url else ""
    )
    assert PrivateAddress.of(str(address)) == address


def test_a_response_url_alone_is_an_address() -> None:
    assert PrivateAddress.of(URL) == PrivateAddress(response_url=URL)
    assert str(PrivateAddress(response_url=URL)) == URL


@pytest.mark.parametrize("text", ["", "//", "C1", "C1/U1/x", "c1/u1/", "C1/U1/1.5/2", "C1/U 1/"])
def test_what_is_no_address_leads_nowhere(text: str) -> None:
    assert PrivateAddress.of(text).way is Way.NONE


@pytest.mark.parametrize(
    ("address", "reason", "after"),
    [
        (WHOLE, "http_404", PrivateAddress(channel="C1", user="U1", thread="1.5")),
        (PrivateAddress(response_url=URL), "http_404", None),
        (PrivateAddress(channel="C1", user="U1"), "user_not_in_channel", PrivateAddress(user="U1")),
        (
            PrivateAddress(channel="C1", user="U1", thread="1.5"),
            "thread_not_found",
            PrivateAddress(channel="C1", user="U1"),
        ),
        (PrivateAddress(channel="C1", user="U1"), "invalid_auth", None),
        (PrivateAddress(channel="D1", user="U1"), "channel_not_found", None),
        (PrivateAddress(user="U1"), "user_disabled", None),
    ],
)
def test_the_next_way(address: PrivateAddress, reason: str, after: PrivateAddress | None) -> None:
    assert address.after(reason) == after


async def told(*failures: tuple[str, Exception], to: PrivateAddress = WHOLE) -> list[str]:
    clock = VirtualClock()
    calls = RecordingCalls(clock)
    for method, error in failures:
        calls.fail(method, error)  # type: ignore[arg-type]
    outbox = Outbox(calls, clock)
    outbox.private(str(to), Message("no"), "once")
    await clock.advance(60)
    return [f"{call.method} {call.channel} {call.ts}".strip() for call in calls.called]


async def test_a_used_up_response_url_is_followed_by_an_ephemeral_message() -> None:
    assert await told(("respond", Declined("response_url", "http_404"))) == [
        f"respond {URL}",
        "whisper C1/U1 1.5",
    ]


async def test_somebody_who_is_not_in_the_channel_gets_a_direct_message() -> None:
    assert await told(
        ("respond", Declined("response_url", "http_404")),
        ("whisper", Declined("chat.postEphemeral", "user_not_in_channel")),
    ) == [f"respond {URL}", "whisper C1/U1 1.5", "open U1", "post D1"]


async def test_a_lost_reply_is_no_reason_to_go_another_way() -> None:
    lost = Unconfirmed("no reply")
    assert await told(("respond", lost)) == [f"respond {URL}"] * 2


async def test_in_direct_messages_it_is_posted() -> None:
    assert await told(to=PrivateAddress(channel="D1", user="U1")) == ["post D1"]


async def test_an_address_that_leads_nowhere_calls_nobody() -> None:
    assert await told(to=PrivateAddress()) == []
