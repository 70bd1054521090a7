"""How a cluster was when it was last looked at as a whole: a small record beside the runs."""

from __future__ import annotations

from datetime import datetime

import msgspec

from bot.model.report import Verdict
from bot.model.run import RunRecord, RunState

CLUSTER_WIDE = "status"
"""The runbook whose verdict is about the whole cluster when it is asked about no part of it."""
_NARROWS_NOTHING = frozenset(["deep"])


class ClusterVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the run ``run_id`` said of ``cluster`` when it ended, in UTC."""

    cluster: str
    verdict: Verdict
    summary: str
    run_id: str
    at: datetime


def verdict_on_cluster(record: RunRecord) -> ClusterVerdict | None:
    """What an ended run says of its whole cluster; ``None`` when it says nothing of it.

    A look that broke says ``unknown``: what was good before may not be any more.
    """
    request = record.request
    if request.runbook != CLUSTER_WIDE or not request.parameters.keys() <= _NARROWS_NOTHING:
        return None
    if record.started_at is None or record.finished_at is None:
        return None
    if record.state is RunState.FINISHED and record.report is not None:
        verdict, summary = record.report.verdict, record.report.summary
    elif record.state is RunState.BROKEN:
        verdict, summary = Verdict.UNKNOWN, record.error
    else:
        return None
    return ClusterVerdict(
        cluster=request.cluster,
        verdict=verdict,
        summary=summary,
        run_id=record.id,
        at=record.finished_at,
    )
