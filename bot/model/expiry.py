"""Expiries: durable promises to take a time-boxed state back."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from bot.model.run import Requester


class ExpiryState(StrEnum):
    """``asks``: reverting failed or would change traffic by itself, and a human is asked."""

    OPEN = "open"
    ASKS = "asks"
    REVERTED = "reverted"
    GONE = "gone"
    """The state had ended before its time: somebody took it back by hand, or replaced it."""


class Expiry(msgspec.Struct, frozen=True, kw_only=True):
    """One promise: what the change ``change`` set up ends ``at``, by the same approval.

    ``what`` is the state in words, such as "node-7 is cordoned", ``then`` what ends it.
    """

    id: str
    change: str
    cluster: str
    what: str
    then: str
    at: datetime
    made_at: datetime
    by: Requester
    state: ExpiryState = ExpiryState.OPEN
    trouble: str = ""
    attempts: int = 0
    ended_at: datetime | None = None
