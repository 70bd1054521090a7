"""A home tab to render: real-looking, and hostile."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from bot.model.cluster_verdict import ClusterVerdict
from bot.model.report import Verdict
from bot.model.run import Progress, RunRecord, RunState
from bot.slack.home.seen import ClusterSeen, RunSeen, Seen
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
    )
