"""Audit records: who did what, where and when, in a chain that shows what was altered."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class Event(StrEnum):
    """Every kind of record there is."""

    REQUESTED = "requested"
    REFUSED = "refused"
    ASKED = "asked"
    """A plan was put before its approvers."""
    DECIDED = "decided"
    VOIDED = "voided"
    """The plan made again differed from the approved one."""
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    BEGAN = "began"
    STEP = "step"
    CHECKED = "checked"
    ENDED = "ended"
    ANSWERED = "answered"
    """A human said what became of a step in doubt."""
    NOT_ALLOWED = "not-allowed"
    """A word that does not count: of the requester, a bystander, too late, forged or replayed."""
    OVERRIDE = "override"
    """An option was used that widens the rules: ``safe_when_broken``, ``solo_after``."""
    FROZEN = "frozen"
    UNFROZEN = "unfrozen"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    EXPIRY = "expiry"
    HEAD = "head"
    """The head was made public, such as daily in Slack."""


class AuditEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What happened, before it is linked. ``id`` is the same when it is written twice.

    ``detail`` never holds a secret: plans, reasons and object names only.
    """

    id: str
    at: datetime
    event: Event
    cluster: str = ""
    who: str = ""
    where: str = ""
    change: str = ""
    remedy: str = ""
    digest: str = ""
    detail: str = ""
    seal: str = ""


class AuditRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One link. ``hash`` is SHA-256 over ``previous`` and everything in ``event``."""

    number: int
    event: AuditEvent
    previous: str
    hash: str
