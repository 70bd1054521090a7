"""What a run hands back. Knows nothing of Slack, terminals or colours: doors render it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from bot.model.names import natural
from bot.model.pictures import Picture


class Verdict(StrEnum):
    """The first word of an answer."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """How much a finding matters, worst first."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 is the worst."""
        return list(Severity).index(self)


class Confidence(StrEnum):
    """How sure a judgement is. Only a ``certain`` finding may be called a cause."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"

    @property
    def rank(self) -> int:
        """0 is the surest."""
        return list(Confidence).index(self)


class Subject(msgspec.Struct, frozen=True):
    """What a finding is about: a node, a pod, a Deployment ... or the cluster itself."""

    kind: str
    name: str
    namespace: str = ""

    def __str__(self) -> str:
        if self.kind == "cluster":
            return "the cluster"
        name = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return name if self.kind in ("node", "nodes", "pod", "part") else f"{self.kind} {name}"


class RemedyOffer(msgspec.Struct, frozen=True):
    """A change that can cure a finding, by name and parameters; the engine resolves it."""

    remedy: str
    parameters: dict[str, str] = {}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A judgement drawn from evidence.

    ``id`` is stable and kebab-case; ``cause`` is one line; ``proof`` are the values it was drawn
    from, with their source; ``next_steps`` are sentences or commands for a human.
    """

    id: str
    severity: Severity
    confidence: Confidence
    subject: Subject
    cause: str
    proof: tuple[str, ...] = ()
    next_steps: tuple[str, ...] = ()
    remedies: tuple[RemedyOffer, ...] = ()


class Gap(msgspec.Struct, frozen=True):
    """What could not be seen, and why. ``hint`` says how to see it next time.

    ``blinding`` marks a gap without which no verdict can be given at all.
    """

    subject: str
    reason: str
    hint: str = ""
    blinding: bool = False


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of text under named columns; ``note`` says what was left out."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A longer text that belongs to the report, such as the last error lines of a log."""

    title: str
    text: str
    filename: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of a run: verdict first, then findings, gaps and detail.

    ``recent_change`` is the first line when a change finished less than an hour ago.
    ``facts`` are short label/value pairs worth reading even when all is well.
    """

    title: str
    verdict: Verdict
    summary: str
    recent_change: str = ""
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()
    attachments: tuple[Attachment, ...] = ()


def ranked(findings: list[Finding]) -> tuple[Finding, ...]:
    """Worst first, then surest, then by kind and name, so that two runs read the same."""
    return tuple(
        sorted(
            findings,
            key=lambda f: (f.severity.rank, f.confidence.rank, f.id, natural(str(f.subject))),
        )
    )


def verdict_of(findings: tuple[Finding, ...], gaps: tuple[Gap, ...]) -> Verdict:
    """The verdict that findings and gaps allow.

    A critical finding fails it and a warning degrades it whatever else could not be seen; without
    either, a blinding gap leaves it unknown.
    """
    severities = {finding.severity for finding in findings}
    if Severity.CRITICAL in severities:
        return Verdict.FAILED
    if Severity.WARNING in severities:
        return Verdict.DEGRADED
    if any(gap.blinding for gap in gaps):
        return Verdict.UNKNOWN
    return Verdict.OK


def grouped(gaps: tuple[Gap, ...]) -> list[tuple[Gap, list[str]]]:
    """Gaps of one reason told together: one that stands for them, with a hint if any has one,
    and all their subjects."""
    groups: dict[str, list[Gap]] = {}
    for gap in gaps:
        groups.setdefault(gap.reason, []).append(gap)
    return [
        (next((gap for gap in alike if gap.hint), alike[0]), [gap.subject for gap in alike])
        for alike in groups.values()
    ]


def named_once(subjects: list[str]) -> str:
    """``inside the agent on node-1, node-2``: what all have in common is said once."""
    beginnings = {subject[: subject.rfind(" ") + 1] for subject in subjects}
    common = beginnings.pop() if len(beginnings) == 1 else ""
    return common + ", ".join(subject.removeprefix(common) for subject in subjects)
