"""Reports to render: a few real-looking ones, and arbitrary ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from bot.model.report import (
    Attachment,
    Confidence,
    Finding,
    Gap,
    Report,
    Severity,
    Subject,
    Table,
    Verdict,
)
from bot.model.run import Door, Requester, RunRecord, RunRequest, RunState
from bot.slack.asked import Asked

BEGAN = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
ASKED = Asked(
    channel="C1",
    user="U0ANA",
    user_name="ana",
    text="status node-7",
    response_url="https://hooks.slack.com/commands/1",
    command="/cilium status node-7",
    terminal="cilium-oncall status node-7 --cluster prod-eu",
)


def record(
    report: Report | None, state: RunState = RunState.FINISHED, error: str = ""
) -> RunRecord:
    """A run that took 2.3 s."""
    return RunRecord(
        id="r-abcde12345",
        request=RunRequest(
            runbook="status",
            cluster="prod-eu",
            parameters={"node": "node-7"},
            requester=Requester(door=Door.SLACK, id="U0ANA", name="ana"),
        ),
        state=state,
        queued_at=BEGAN,
        started_at=BEGAN,
        finished_at=BEGAN + timedelta(seconds=2.3),
        report=report,
        error=error,
        recorded=False,
    )


CRASH_LOOP = Finding(
    id="agent-crash-loop",
    severity=Severity.CRITICAL,
    confidence=Confidence.CERTAIN,
    subject=Subject("node", "node-7"),
    cause="The Cilium agent restarts again and again: it is killed for using too much memory.",
    proof=("cilium-x7k2p: 14 restarts, last: OOMKilled, exit 137, 2m ago", "memory limit 512Mi"),
    next_steps=(
        "Raise the memory limit of the cilium DaemonSet.",
        "kubectl -n kube-system logs cilium-x7k2p --previous --tail=50",
    ),
)
FAILED = Report(
    title="Status of node-7",
    verdict=Verdict.FAILED,
    summary="The agent of node-7 is down; pods there cannot be started or changed.",
    recent_change="The DaemonSet cilium was changed 12m ago (revision 8): image v1.18.6.",
    findings=(
        CRASH_LOOP,
        Finding(
            id="version-skew",
            severity=Severity.WARNING,
            confidence=Confidence.LIKELY,
            subject=Subject("DaemonSet", "cilium", "kube-system"),
            cause="Two versions of the agent run side by side.",
            proof=("v1.18.5: 9 nodes", "v1.18.6: 3 nodes"),
        ),
    ),
    gaps=(
        Gap("node-3", "the agent did not answer within 10 s", hint="Try `--deep`."),
        Gap("node-9", "the agent did not answer within 10 s"),
        Gap("node-12", "the agent did not answer within 10 s"),
        Gap("agent metrics", "metrics are switched off"),
    ),
    facts=(("Agents", "11 of 12 ready"), ("Cilium", "1.18.6")),
    tables=(
        Table(
            title="Agents",
            columns=("Node", "State", "Restarts"),
            rows=(("node-7", "CrashLoopBackOff", "14"), ("node-8", "ok", "0")),
        ),
    ),
    attachments=(
        Attachment(title="Last errors", text='level=error msg="<!channel> `x`"', filename="a.log"),
    ),
)
OK = Report(
    title="Status",
    verdict=Verdict.OK,
    summary="All 12 agents are healthy.",
    facts=(("Agents", "12 of 12 ready"),),
)
HOSTILE = Report(
    title="<!channel>",
    verdict=Verdict.UNKNOWN,
    summary="<!channel> *look* `here` :white_check_mark: https://evil.example \u202etxt",
    findings=(
        Finding(
            id="x",
            severity=Severity.INFO,
            confidence=Confidence.POSSIBLE,
            subject=Subject("pod", "<@U1>", "*_~"),
            cause="`` ` ``<https://evil.example|click>",
            proof=("```\n<!here>\n```", ""),
            next_steps=("`", "> quote\n# two"),
        ),
    ),
    gaps=(Gap("<!everyone>", "_why_", hint="*"),),
    facts=(("*", "<#C1>"),),
)

TEXT = st.one_of(st.text(max_size=80), st.sampled_from(["&" * 5_000, "x" * 9_000, "`" * 99, ""]))
_SHORT = st.lists(TEXT, max_size=6).map(tuple)
_FINDINGS = st.builds(
    Finding,
    id=TEXT,
    severity=st.sampled_from(Severity),
    confidence=st.sampled_from(Confidence),
    subject=st.builds(Subject, kind=TEXT, name=TEXT, namespace=TEXT),
    cause=TEXT,
    proof=_SHORT,
    next_steps=_SHORT,
)
_FEW_OR_MANY = st.one_of(
    st.lists(_FINDINGS, max_size=4),
    st.builds(lambda one, n: [one] * n, _FINDINGS, st.integers(5, 90)),
)
REPORTS = st.builds(
    Report,
    title=TEXT,
    verdict=st.sampled_from(Verdict),
    summary=TEXT,
    recent_change=TEXT,
    findings=_FEW_OR_MANY.map(tuple),
    gaps=st.lists(st.builds(Gap, subject=TEXT, reason=TEXT, hint=TEXT), max_size=40).map(tuple),
    facts=st.lists(st.tuples(TEXT, TEXT), max_size=20).map(tuple),
    tables=st.lists(
        st.builds(
            Table,
            title=TEXT,
            columns=_SHORT,
            rows=st.lists(_SHORT, max_size=30).map(tuple),
            note=TEXT,
        ),
        max_size=2,
    ).map(tuple),
    attachments=st.lists(
        st.builds(Attachment, title=TEXT, text=TEXT, filename=TEXT), max_size=2
    ).map(tuple),
)
