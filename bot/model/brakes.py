"""What can hold a change back: freezes, the lock of a cluster, and why a change may not begin."""

from __future__ import annotations

from datetime import datetime

import msgspec

from bot.model.run import Requester


class Freeze(msgspec.Struct, frozen=True, kw_only=True):
    """No changes on ``cluster`` until it is lifted or ``until``."""

    cluster: str
    reason: str
    by: Requester
    at: datetime
    until: datetime | None = None


class LockState(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds the lock of ``cluster``. ``holder`` is a change's id, or a person's for one taken
    by hand; ``until`` is when it lapses unless it is renewed."""

    cluster: str
    holder: str
    reason: str
    holder_name: str = ""
    since: datetime | None = None
    until: datetime | None = None
    by_hand: bool = False


class Brake(msgspec.Struct, frozen=True, kw_only=True):
    """Why a change may not begin now. ``name`` is stable: ``freeze``, ``lock``, ``cooldown``,
    ``restart-budget``, ``agent-unavailable``, ``critical-alert``. ``until`` is when it ends by
    itself; ``fix`` says how to release it."""

    name: str
    reason: str
    until: datetime | None = None
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"
