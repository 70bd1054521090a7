"""Changes: one request of a remedy, from its plan over its approval to its proof.

A change is a run that may write: it has a plan, an approval and a state machine in the store.
"""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from enum import StrEnum

import msgspec

from bot.model.plan import Plan
from bot.model.run import ALPHABET, Requester, id_of


class ChangeState(StrEnum):
    """Where a change is.

    ``planning`` → ``waiting`` (for approval) → ``approved`` → ``executing`` → ``verifying`` →
    ``done``. ``confirming`` waits for the word before a step of a breakglass change, ``unknown``
    for a human to say what happened. The others are ends.
    """

    PLANNING = "planning"
    WAITING = "waiting"
    APPROVED = "approved"
    CONFIRMING = "confirming"
    EXECUTING = "executing"
    VERIFYING = "verifying"
    UNKNOWN = "unknown"
    DONE = "done"
    UNVERIFIED = "unverified"
    FAILED = "failed"
    REFUSED = "refused"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    STOPPED = "stopped"

    @property
    def terminal(self) -> bool:
        """Whether nothing more happens by itself."""
        return self not in _OPEN

    @property
    def acted(self) -> bool:
        """Whether the cluster may have been changed already."""
        return self in _ACTED


_OPEN = frozenset(
    [
        *(ChangeState.PLANNING, ChangeState.WAITING, ChangeState.APPROVED, ChangeState.CONFIRMING),
        *(ChangeState.EXECUTING, ChangeState.VERIFYING, ChangeState.UNKNOWN),
    ]
)
_ACTED = frozenset(
    [
        *(ChangeState.CONFIRMING, ChangeState.EXECUTING, ChangeState.VERIFYING),
        *(ChangeState.UNKNOWN, ChangeState.DONE, ChangeState.UNVERIFIED, ChangeState.FAILED),
        *(ChangeState.CANCELLED, ChangeState.STOPPED),
    ]
)


class Word(StrEnum):
    """What a person can say to a change, through a button or the terminal."""

    APPROVE = "approve"
    REJECT = "reject"
    SOLO = "solo"
    """Go on alone, where the rule allows it after a time: reason, announcement, review."""
    WITHDRAW = "withdraw"
    CONFIRM = "confirm"
    """Carry out the next step of a breakglass change."""
    HAPPENED = "happened"
    DID_NOT = "did-not"
    STOP = "stop"
    CANCEL = "cancel"
    CHECK = "check"
    """Look once more whether the checks hold, after ``unverified``."""
    REVIEWED = "reviewed"
    """Somebody else looked at what one person did alone."""


class ChangeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a door asks for. ``channel`` is where approvers look, a Slack channel id.

    ``origin`` is the door's own. ``incident`` and ``reason`` are the requester's words.
    """

    remedy: str
    cluster: str
    parameters: dict[str, str]
    requester: Requester
    channel: str = ""
    reason: str = ""
    incident: str = ""
    origin: dict[str, str] = {}


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One person's word on one plan. ``by`` is compared by its id alone.

    ``about`` is the step it is about, where it is about one. ``seal`` is an HMAC over change,
    digest, person, word and time, whose key is not in the store.
    """

    word: Word
    by: Requester
    at: datetime
    digest: str
    about: str = ""
    reason: str = ""
    seal: str = ""


class StepState(StrEnum):
    """``started`` is written before a step acts, ``done`` or ``failed`` after."""

    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    DOUBTFUL = "doubtful"
    """It may have acted, and its probe could not tell: a human is asked."""


class ChangeStep(msgspec.Struct, frozen=True, kw_only=True):
    """A journaled step. ``result`` is text for a later step; ``said_by`` who settled a doubt."""

    name: str
    state: StepState
    started_at: datetime
    ended_at: datetime | None = None
    result: str = ""
    error: str = ""
    said_by: Requester | None = None


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """Whether one of the plan's checks holds: ``held`` is ``None`` when it could not be seen."""

    name: str
    held: bool | None
    said: str = ""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """The whole truth about one change.

    ``ask`` is the id of the present request for approval, the only thing a button carries;
    ``round`` counts such requests: a plan that changed is asked for anew. It was put before the
    approvers at ``posted_at`` and needs ``needed`` of them until ``decide_by``, then it may begin
    until ``valid_until``; ``rule`` names the approval rule, ``solo_from`` is when one person may go
    on alone. ``voided`` says why the plan
    before this one was not carried out. ``checks_before`` and ``checks`` are what was seen before
    and after; ``held_since`` is when all checks first held, ``checks_end`` when they are given up.
    ``seal`` and ``plan_seal`` are HMACs over the request and over the plan as it was asked for.
    ``outcome`` is the last word, or the step that waits for one.
    ``review_due``: one person went on alone and nobody has looked at it yet. ``tellings`` counts
    how often its state had to be told anew because the store may have forgotten something.
    """

    id: str
    request: ChangeRequest
    state: ChangeState
    asked_at: datetime
    plan: Plan | None = None
    ask: str = ""
    round: int = 0
    rule: str = ""
    needed: int = 0
    posted_at: datetime | None = None
    solo_from: datetime | None = None
    decide_by: datetime | None = None
    valid_until: datetime | None = None
    decisions: tuple[Decision, ...] = ()
    seal: str = ""
    plan_seal: str = ""
    voided: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()
    steps: tuple[ChangeStep, ...] = ()
    checks_before: tuple[Check, ...] = ()
    checks: tuple[Check, ...] = ()
    held_since: datetime | None = None
    checks_end: datetime | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str = ""
    hint: str = ""
    cancelled_by: Requester | None = None
    review_due: bool = False
    reminded: bool = False
    tellings: int = 0

    @property
    def doubt(self) -> ChangeStep | None:
        """The step of which a human must say whether it happened."""
        doubtful = (step for step in self.steps if step.state is StepState.DOUBTFUL)
        return next(doubtful, None)

    @property
    def step_that_waits(self) -> str:
        """The step in doubt, or the one that waits for a word; empty when none does."""
        if self.doubt is not None:
            return self.doubt.name
        return self.outcome if self.state is ChangeState.CONFIRMING else ""

    @property
    def approvals(self) -> tuple[Decision, ...]:
        """Words in favour of the present plan."""
        return tuple(said for said in self.said(Word.APPROVE, Word.SOLO) if said.about == self.ask)

    def said(self, *words: Word) -> tuple[Decision, ...]:
        """What people said, of these words, oldest first."""
        return tuple(said for said in self.decisions if said.word in words)

    @property
    def half_time(self) -> datetime | None:
        """When approvers are reminded and the second group is asked."""
        if self.decide_by is None or self.posted_at is None:
            return None
        return self.posted_at + (self.decide_by - self.posted_at) / 2


_ID = re.compile(rf"[cae]-[{ALPHABET}]{{10}}\Z")


def is_change_id(text: str) -> bool:
    """Whether ``text`` is written as the id of a change."""
    return bool(_ID.match(text)) and text[0] == "c"


def is_ask_id(text: str) -> bool:
    """Whether ``text`` is written as the id of a request for approval."""
    return bool(_ID.match(text)) and text[0] == "a"


def new_change_id(once: str = "") -> str:
    """``c-`` and ten characters; the same ``once`` gives the same id."""
    return id_of("c", once)


def ask_id(change: str, digest: str, number: int) -> str:
    """The id of the ``number``-th request for approval of a change."""
    return id_of("a", f"{change} {digest} {number}")


def new_expiry_id(once: str = "") -> str:
    """``e-`` and ten characters; the same ``once`` gives the same id."""
    return id_of("e", once or secrets.token_hex(16))
