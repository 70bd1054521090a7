"""Runs: one execution of a runbook, who asked for it, and what happened step by step."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime
from enum import StrEnum

import msgspec

from bot.model.report import Report


class Door(StrEnum):
    """Where a run comes from."""

    SLACK = "slack"
    ALERTS = "alerts"
    TERMINAL = "terminal"
    SCHEDULE = "schedule"


class Requester(msgspec.Struct, frozen=True, kw_only=True):
    """Who asked. ``id`` is the door's own stable id (a Slack user id), never a display name."""

    door: Door
    id: str
    name: str = ""


class RunRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a door asks of the engine. ``parameters`` are text as the grammar read them.

    ``origin`` is the door's own: whatever it needs to answer from another process, as text.
    """

    runbook: str
    cluster: str
    parameters: dict[str, str]
    requester: Requester
    deadline: float | None = None
    origin: dict[str, str] = {}


class RunState(StrEnum):
    """``queued`` and ``running`` go on; the others are terminal."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    BROKEN = "broken"

    @property
    def terminal(self) -> bool:
        """Whether nothing more will happen."""
        return self not in (RunState.QUEUED, RunState.RUNNING)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A journaled part of a run; ``finished_at`` is missing while (or if never) done."""

    name: str
    started_at: datetime
    finished_at: datetime | None = None
    result: str = ""


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The whole truth about one run."""

    id: str
    request: RunRequest
    state: RunState
    queued_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    steps: tuple[Step, ...] = ()
    report: Report | None = None
    error: str = ""
    cancelled_by: Requester | None = None
    recorded: bool = True

    @property
    def took(self) -> float | None:
        """Seconds from start to end, at least a tenth; ``None`` when it never ran or ended."""
        if self.started_at is None or self.finished_at is None:
            return None
        return max(0.1, (self.finished_at - self.started_at).total_seconds())


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a run is: ``done`` of ``total`` (0 when the total is not known) of ``what``."""

    what: str
    done: int = 0
    total: int = 0

    def __str__(self) -> str:
        return f"{self.what} ({self.done} of {self.total})" if self.total else self.what


ALPHABET = "abcdefghjkmnpqrstvwxyz0123456789"
_RUN_ID = re.compile(rf"r-[{ALPHABET}]{{10}}\Z")


def is_run_id(text: str) -> bool:
    """Whether ``text`` is written as a run's id is; not whether there is such a run."""
    return bool(_RUN_ID.match(text))


def new_run_id(once: str = "") -> str:
    """The id of a run: short enough to read aloud, long enough not to collide.

    The same ``once`` gives the same id: what is asked twice by one request becomes one run.
    """
    return id_of("r", once)


def id_of(letter: str, once: str = "") -> str:
    """``letter``, a dash and ten of base 32; drawn by lot without ``once``."""
    drawn = hashlib.sha256(once.encode()).digest() if once else secrets.token_bytes(10)
    return f"{letter}-" + "".join(ALPHABET[byte % 32] for byte in drawn[:10])
