"""Whether a request is Slack's own: the signature decision, pure.

Source: "Verifying requests from Slack", docs.slack.dev: HMAC-SHA256 over ``v0:TIMESTAMP:BODY``
with the signing secret, sent as ``v0=HEX``; requests older than five minutes are not to be taken.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from enum import StrEnum

import msgspec

WINDOW = 300
"""Seconds a timestamp may lie in the past or in the future."""

_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)


class Reason(StrEnum):
    """Why a request is refused; goes to the log, never to the caller."""

    BODY_TOO_LARGE = "the body is too large"
    BODY_TOO_SLOW = "the body did not arrive in time"
    BODY_ENCODED = "the body is compressed"
    BODY_BROKEN = "the body is broken off"
    NO_SIGNATURE = "no signature"
    NO_TIMESTAMP = "no timestamp"
    MALFORMED_SIGNATURE = "the signature is malformed"
    MALFORMED_TIMESTAMP = "the timestamp is not a number"
    STALE = "the timestamp is too far from now; check the clock of this host"
    WRONG_SIGNATURE = "the signature is wrong; check SLACK_SIGNING_SECRET"
    REPLAYED = "seen before"


class Claim(msgspec.Struct, frozen=True):
    """What a request says of itself: well formed, not yet believed."""

    timestamp: int
    signature: str


def claim(timestamps: Sequence[str], signatures: Sequence[str], now: float) -> Claim | Reason:
    """The claim in the two headers (every value received), or why there is none."""
    if not signatures:
        return Reason.NO_SIGNATURE
    if not timestamps:
        return Reason.NO_TIMESTAMP
    if len(signatures) > 1 or not _SIGNATURE.fullmatch(signatures[0]):
        return Reason.MALFORMED_SIGNATURE
    if len(timestamps) > 1 or not _TIMESTAMP.fullmatch(timestamps[0]):
        return Reason.MALFORMED_TIMESTAMP
    timestamp = int(timestamps[0])
    if abs(now - timestamp) > WINDOW:
        return Reason.STALE
    return Claim(timestamp, signatures[0])


def holds(claimed: Claim, timestamp_text: str, body: bytes, secret: str) -> bool:
    """Whether ``claimed`` is the signature of ``body``; compares in constant time."""
    signed = b"v0:" + timestamp_text.encode() + b":" + body
    expected = "v0=" + hmac.new(secret.encode(), signed, "sha256").hexdigest()
    return hmac.compare_digest(expected, claimed.signature)
