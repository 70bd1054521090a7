"""What travels over a Socket Mode connection: Slack's frames in, acknowledgements out. Pure.

Source: "Using Socket Mode", docs.slack.dev: ``hello``, ``disconnect``, and envelopes, each of which
is acknowledged by its ``envelope_id``, with a payload where it accepts one.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
from slack_bolt.response import BoltResponse

HELLO = "hello"
GOODBYE = "disconnect"


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """One frame of Slack. An envelope has an ``envelope_id``; its ``type`` may be a new one."""

    type: str = ""
    envelope_id: str = ""
    payload: Any = None
    accepts_response_payload: bool = False
    reason: str = ""
    """Of a ``disconnect``: ``warning``, ``refresh_requested``, ``link_disabled`` ..."""
    num_connections: int = 0
    """Of a ``hello``: how many connections the app has, this one included."""

    @property
    def body(self) -> dict[str, Any]:
        """The payload as a request's body; empty where it is no object."""
        return self.payload if isinstance(self.payload, dict) else {}


def frame_of(text: str) -> Frame | None:
    """The frame in ``text``; ``None`` when it cannot be read."""
    try:
        return msgspec.json.decode(text, type=Frame)
    except (ValueError, RecursionError):
        return None


def acknowledgement(envelope: Frame, response: BoltResponse) -> str:
    """The frame that says ``envelope`` was taken, with the listener's answer where it may have one.

    Plain text becomes a message, as it does over HTTP.
    """
    said: dict[str, Any] = {"envelope_id": envelope.envelope_id}
    if envelope.accepts_response_payload and response.body:
        said["payload"] = _object(response.body)
    return json.dumps(said)


def _object(body: str) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {"text": body}
