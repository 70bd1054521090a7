"""Bodies of Slack's requests, readable or not."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.asked import Asked
from bot.slack.payload import Unreadable, body_of

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("raw", "content_type", "body"),
    [
        (
            b"command=%2Fcilium&text=status+node-7",
            FORM,
            {"command": "/cilium", "text": "status node-7"},
        ),
        (b"command=%2Fcilium&text=payload", FORM, {"command": "/cilium", "text": "payload"}),
        (b"text=", FORM, {"text": ""}),
        (b"payload=%7B%22type%22%3A%22block_actions%22%7D", FORM, {"type": "block_actions"}),
        (b'{"type":"event_callback"}', "application/json", {"type": "event_callback"}),
        (b"", FORM, {}),
    ],
)
def test_the_three_forms(raw: bytes, content_type: str, body: dict[str, str]) -> None:
    assert body_of(raw, content_type) == body


@given(st.binary(), st.sampled_from([FORM, "application/json", ""]))
def test_anything_is_read_or_unreadable(raw: bytes, content_type: str) -> None:
    with contextlib.suppress(Unreadable):
        Asked.of(body_of(raw, content_type))


def test_the_complaint_does_not_repeat_the_body() -> None:
    with pytest.raises(Unreadable) as caught:
        body_of(b'{"token": "sekret"', "application/json")
    assert "sekret" not in str(caught.value)


def test_fields_of_a_wrong_type_are_empty() -> None:
    assert Asked.of({"text": None, "user_id": 7}).text == ""
