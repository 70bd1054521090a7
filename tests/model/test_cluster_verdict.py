"""Which runs say something of their whole cluster."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from bot.model.cluster_verdict import verdict_on_cluster
from bot.model.report import Report, Verdict
from bot.model.run import Door, Requester, RunRecord, RunRequest, RunState

BEGAN = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
DEGRADED = Report(title="Cilium", verdict=Verdict.DEGRADED, summary="One agent is slow.")
WHOLE = RunRecord(
    id="r-abcde12345",
    request=RunRequest(
        runbook="status",
        cluster="eu",
        parameters={},
        requester=Requester(door=Door.SCHEDULE, id="nightly"),
    ),
    state=RunState.FINISHED,
    queued_at=BEGAN,
    started_at=BEGAN,
    finished_at=BEGAN + timedelta(seconds=2),
    report=DEGRADED,
)


def run(**changed: Any) -> RunRecord:
    request = {k: changed.pop(k) for k in ("runbook", "parameters") if k in changed}
    return msgspec.structs.replace(
        WHOLE, request=msgspec.structs.replace(WHOLE.request, **request), **changed
    )


@pytest.mark.parametrize(
    ("record", "verdict"),
    [
        (run(), Verdict.DEGRADED),
        (run(parameters={"deep": "true"}), Verdict.DEGRADED),
        (run(parameters={"node": "node-7"}), None),
        (run(parameters={"zone": "a"}), None),
        (run(runbook="flows"), None),
        (run(state=RunState.BROKEN, report=None, error="No answer."), Verdict.UNKNOWN),
        (run(state=RunState.BROKEN, report=None, started_at=None), None),
        (run(state=RunState.CANCELLED, report=None), None),
        (run(state=RunState.RUNNING, finished_at=None, report=None), None),
    ],
)
def test_what_a_run_says_of_its_cluster(record: RunRecord, verdict: Verdict | None) -> None:
    said = verdict_on_cluster(record)
    assert (said and said.verdict) == verdict
    if said is not None:
        assert (said.cluster, said.run_id, said.at) == ("eu", record.id, record.finished_at)
        assert said.summary
