"""What a home tab shows one person, as plain data: gathered by I/O, rendered by pure functions."""

from __future__ import annotations

from datetime import datetime

import msgspec

from bot.model.brakes import Freeze, LockState
from bot.model.cluster_verdict import ClusterVerdict
from bot.model.expiry import Expiry
from bot.model.report import Gap
from bot.model.run import Progress, RunRecord
from bot.slack.changes.lists import ChangeSeen


class ClusterSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster about which the person may ask.

    ``answers_in`` is the channel in which a status asked for here is answered, empty for their
    direct messages; ``may_ask`` whether they may run that status.
    """

    name: str
    pinned: bool = False
    last: ClusterVerdict | None = None
    answers_in: str = ""
    may_ask: bool = True


class RunSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A run the person may see; ``link`` leads to its message, where one is known."""

    record: RunRecord
    link: str = ""
    progress: Progress | None = None
    progress_at: datetime | None = None


class ChangesSeen(msgspec.Struct, frozen=True, kw_only=True):
    """What the person may see of changes; ``trouble`` says why that is less than there is."""

    trouble: str = ""
    waiting: tuple[ChangeSeen, ...] = ()
    recent: tuple[ChangeSeen, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    locks: tuple[LockState, ...] = ()
    gaps: tuple[Gap, ...] = ()
    expiries: tuple[Expiry, ...] = ()


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one person's home tab is made of.

    ``refusal`` says why there is nothing for them, ``trouble`` what could not be read, ``notice``
    what came of their last click.
    """

    at: datetime
    refusal: str = ""
    trouble: str = ""
    notice: str = ""
    clusters: tuple[ClusterSeen, ...] = ()
    running: tuple[RunSeen, ...] = ()
    recent: tuple[RunSeen, ...] = ()
    changes: ChangesSeen = ChangesSeen()
