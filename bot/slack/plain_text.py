"""A report as plain text for a file: in full, each finding as a paragraph."""

from __future__ import annotations

from bot.model.report import Finding, Gap, Report
from bot.model.visible import visible


def in_plain_text(report: Report) -> str:
    """All but pictures, tables and attachments, which have messages or files of their own."""
    paragraphs = [
        [f"{report.verdict.value.upper()}  {report.title}", report.summary, report.recent_change],
        *map(_finding, report.findings),
        ["Not seen", *map(_gap, report.gaps)] if report.gaps else [],
        [f"{label}: {value}" for label, value in report.facts],
    ]
    return "\n\n".join(
        "\n".join(visible(line) for line in lines if line) for lines in paragraphs if lines
    )


def _finding(finding: Finding) -> list[str]:
    return [
        f"{finding.severity.value} {finding.subject} ({finding.confidence.value})",
        finding.cause,
        *(f"    {line}" for line in finding.proof),
        *(f"  → {step}" for step in finding.next_steps),
    ]


def _gap(gap: Gap) -> str:
    hint = f" → {gap.hint}" if gap.hint else ""
    return f"    {gap.subject}: {gap.reason}{hint}"
