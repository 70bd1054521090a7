"""A home tab to render: real-looking, and hostile."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from bot.model.brakes import Freeze, LockState
from bot.model.change import ChangeState
from bot.model.cluster_verdict import ClusterVerdict
from bot.model.expiry import Expiry, ExpiryState
from bot.model.report import Gap, Verdict
from bot.model.run import Progress, RunRecord, RunState
from bot.slack.changes.lists import ChangeSeen
from bot.slack.home.seen import ChangesSeen, ClusterSeen, RunSeen, Seen
from tests.slack.changes import made
from tests.slack.reports import BEGAN, FAILED, OK, record

NOW = BEGAN + timedelta(minutes=5)
HOSTILE_TEXT = "<!channel> *x* `y` <https://evil|click> \u202e_a_ :tada:" + "&" * 400


def verdict(cluster: str, word: Verdict, summary: str) -> ClusterVerdict:
    return ClusterVerdict(cluster=cluster, verdict=word, summary=summary, run_id="r-1", at=BEGAN)


def going_on(state: RunState = RunState.RUNNING) -> RunRecord:
    return msgspec.structs.replace(record(None, state), finished_at=None)


FULL = Seen(
    at=NOW,
    notice="⏳ Looking at *lab*. The answer comes in the Messages tab here.",
    clusters=(
        ClusterSeen(
            name="prod-eu",
            pinned=True,
            last=verdict("prod-eu", Verdict.FAILED, "The agent of node-7 crashes again and again."),
            answers_in="C0PLAYONCALL",
        ),
        ClusterSeen(name="lab", pinned=True),
        ClusterSeen(name="prod-us", may_ask=False),
    ),
    running=(
        RunSeen(
            record=going_on(),
            progress=Progress(what="asking agents", done=37, total=120),
            progress_at=BEGAN + timedelta(seconds=4),
        ),
        RunSeen(record=going_on(RunState.QUEUED)),
    ),
    recent=(
        RunSeen(record=record(FAILED), link="https://ours.slack.com/archives/C1/p1600000000000100"),
        RunSeen(record=record(OK)),
        RunSeen(record=record(None, RunState.BROKEN, "The API server does not answer.")),
        RunSeen(record=record(None, RunState.CANCELLED, "Cancelled.")),
    ),
)
HELD = ChangesSeen(
    waiting=(
        ChangeSeen(
            change=made.EVERY["waiting"],
            may_decide=True,
            link="https://ours.slack.com/archives/C1/p1600000000000200",
        ),
        ChangeSeen(change=made.EVERY["waiting-breakglass"]),
    ),
    recent=(
        ChangeSeen(change=made.EVERY["executing"]),
        ChangeSeen(change=made.EVERY["done-alone"]),
        ChangeSeen(change=made.EVERY["refused"]),
    ),
    freezes=(
        Freeze(
            cluster="prod-eu",
            reason="black friday",
            by=made.BEN,
            at=BEGAN,
            until=BEGAN + timedelta(hours=8),
        ),
    ),
    locks=(
        LockState(
            cluster="lab",
            holder="c-abcde12345",
            reason="Restart the Cilium agent on node-7",
            holder_name="ana",
            since=BEGAN,
            until=NOW,
        ),
    ),
    gaps=(Gap("the lock of prod-us", "No answer in 5 s."),),
    expiries=(
        Expiry(
            id="e-abcde12345",
            change="c-abcde12345",
            cluster="prod-eu",
            what="node-7 is cordoned",
            then="it is uncordoned",
            at=NOW + timedelta(hours=1),
            made_at=BEGAN,
            by=made.ANA,
            state=ExpiryState.ASKS,
            trouble="The API server does not answer.",
        ),
    ),
)
CHANGING = msgspec.structs.replace(FULL, changes=HELD)
EMPTY = Seen(at=NOW, clusters=(ClusterSeen(name="prod-eu"),))
REFUSED = Seen(at=NOW, refusal="There is nothing here for you: Guests may not use the bot.")
AWAY = msgspec.structs.replace(
    EMPTY, trouble="The store at 10.0.0.1:6379 cannot be reached. Check that it runs."
)


def hostile(text: str = HOSTILE_TEXT, most: int = 300) -> Seen:
    """As much of everything as there can be, all of it hostile."""
    request = msgspec.structs.replace(
        record(None).request,
        cluster=text,
        parameters={"node": text},
        requester=msgspec.structs.replace(record(None).request.requester, name=text, id=text),
    )
    run = RunSeen(
        record=msgspec.structs.replace(going_on(), request=request),
        progress=Progress(what=text),
        progress_at=BEGAN,
    )
    ended = msgspec.structs.replace(record(None, RunState.BROKEN, text), request=request)
    clusters = [
        ClusterSeen(name=f"{text[:60]}{number}", last=verdict(text, Verdict.DEGRADED, text))
        for number in range(most)
    ]
    return Seen(
        at=NOW,
        notice="n" * 900,
        trouble=text,
        clusters=tuple(clusters),
        running=(run,) * most,
        recent=(RunSeen(record=ended),) * most,
        changes=hostile_changes(text, most),
    )


def hostile_changes(text: str, most: int) -> ChangesSeen:
    """As much as there can be of changes."""
    change = made.hostile(ChangeState.WAITING, text)
    seen = [
        ChangeSeen(change=msgspec.structs.replace(change, ask=f"a-{number}"), may_decide=True)
        for number in range(most)
    ]
    by = change.request.requester
    freeze = Freeze(cluster=text, reason=text, by=by, at=BEGAN, until=NOW)
    lock = LockState(cluster=text, holder=text, reason=text, until=NOW, by_hand=True)
    expiry = Expiry(
        id="e-1", change=text, cluster=text, what=text, then=text, at=NOW, made_at=BEGAN, by=by,
        state=ExpiryState.ASKS, trouble=text,
    )  # fmt: skip
    return ChangesSeen(
        waiting=tuple(seen),
        recent=tuple(seen),
        freezes=(freeze,) * most,
        locks=(lock,) * most,
        gaps=(Gap(text, text),) * most,
        expiries=(expiry,) * most,
    )
