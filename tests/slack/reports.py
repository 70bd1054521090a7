"""Reports to render: a few real-looking ones, and arbitrary ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from bot.model.pictures import Matrix, NodeMap, Picture, Series, State, Timeline, Tone, Zone
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
NODE_MAP = NodeMap(
    title="Agents by zone",
    states=(State("agent crash loop", Tone.BAD), State("ok", Tone.GOOD)),
    zones=(
        Zone("zone-a", (("node-7", "agent crash loop"), ("node-8", "ok"))),
        Zone("zone-b", (("node-9", "ok"),)),
    ),
)
DROPS = Timeline(
    title="Drops by reason",
    unit="drops/s",
    start=BEGAN,
    step=60.0,
    series=(Series("Policy denied", (0.0, 12.0, None, 3.5)), Series("MTU", (0.0,) * 4)),
)
PAIRS = Matrix(
    title="Drops between workloads",
    unit="drops",
    row_axis="sources",
    column_axis="destinations",
    rows=("shop/cart", "shop/web"),
    columns=("db/orders", "kube-system/dns"),
    values=((0.0, 41.0), (None, 2.0)),
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
    pictures=(NODE_MAP,),
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
    tables=(
        Table(
            title="*<!here>*",
            columns=("<@U1>", "`"),
            rows=(("```\n<!channel>", ""), ("https://evil.example", "\u202e=1+1")),
            note="<#C1>",
        ),
    ),
    attachments=(Attachment(title="<!channel>", text="```\n<@U1>\u202e", filename="<!x>"),),
)

LONG = Report(
    title="Flows",
    verdict=Verdict.DEGRADED,
    summary="More than a phone wants to read.",
    tables=(
        Table(
            title="Drops <by> pod",
            columns=("pod", "drops"),
            rows=tuple((f"shop/cart-{number}", str(number)) for number in range(110)),
            note="5,000 pods without drops are not shown.",
        ),
    ),
    attachments=(
        Attachment(
            title="All lines",
            text="\n".join(f"line {number} <!channel>" for number in range(200)),
            filename="../flows.log",
        ),
    ),
)

HOSTILE_PARTS = (
    *("<!channel>", "<!here|x>", "<@U1>", "<#C1>", "<!subteam^S1>", "<!date^1^{date}|x>"),
    *("<https://evil.example|click>", "http://evil.example", "&lt;!channel&gt;", "&amp;"),
    *("`", "``", "```", "*", "_", "~", ":tada:", "> ", "\n", "\r", "\t", "\x1b[31m", "\x00"),
    *(
        "\u202e",
        "\u2066",
        "\u200f",
        "\u061c",
        "\u200b",
        "\u2060",
        "\ud800",
        "kubectl get x",
        "node-7",
    ),
)
TEXT = st.one_of(
    st.text(max_size=80),
    st.lists(st.sampled_from(HOSTILE_PARTS), max_size=8).map("".join),
    st.sampled_from(["&" * 5_000, "x" * 9_000, "`" * 99, "<!channel>`\u202e" * 400, ""]),
)
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
_FIGURES = st.one_of(st.none(), st.floats(0, 1e18))


@st.composite
def _node_maps(draw: st.DrawFn) -> NodeMap:
    names = draw(st.lists(TEXT, min_size=1, max_size=5, unique=True))
    states = tuple(State(name, draw(st.sampled_from(Tone))) for name in names)
    node = st.tuples(TEXT, st.sampled_from(names))
    zone = st.builds(Zone, name=TEXT, nodes=st.lists(node, max_size=8).map(tuple))
    zones = tuple(draw(st.lists(zone, max_size=12)))
    return NodeMap(title=draw(TEXT), note=draw(TEXT), states=states, zones=zones)


@st.composite
def _timelines(draw: st.DrawFn) -> Timeline:
    steps = draw(st.integers(0, 5))
    values = st.lists(_FIGURES, min_size=steps, max_size=steps).map(tuple)
    series = tuple(draw(st.lists(st.builds(Series, name=TEXT, values=values), max_size=10)))
    step = draw(st.floats(0.1, 1e5))
    return Timeline(title=draw(TEXT), unit=draw(TEXT), start=BEGAN, step=step, series=series)


@st.composite
def _matrices(draw: st.DrawFn) -> Matrix:
    rows, columns = draw(st.lists(TEXT, max_size=4)), draw(st.lists(TEXT, max_size=4))
    row = st.lists(_FIGURES, min_size=len(columns), max_size=len(columns)).map(tuple)
    return Matrix(
        title=draw(TEXT),
        unit=draw(TEXT),
        row_axis=draw(TEXT),
        column_axis=draw(TEXT),
        rows=tuple(rows),
        columns=tuple(columns),
        values=tuple(draw(row) for _ in rows),
    )


PICTURES: st.SearchStrategy[Picture] = st.one_of(_node_maps(), _timelines(), _matrices())
REPORTS = st.builds(
    Report,
    title=TEXT,
    verdict=st.sampled_from(Verdict),
    summary=TEXT,
    recent_change=TEXT,
    findings=_FEW_OR_MANY.map(tuple),
    gaps=st.lists(st.builds(Gap, subject=TEXT, reason=TEXT, hint=TEXT), max_size=40).map(tuple),
    facts=st.lists(st.tuples(TEXT, TEXT), max_size=20).map(tuple),
    pictures=st.lists(PICTURES, max_size=2).map(tuple),
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
