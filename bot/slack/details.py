"""What follows in the thread: the other findings, tables, attachments; a file when too long.

Pictures stand before all this (:mod:`bot.slack.pictures`).
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.model.report import Attachment, Finding
from bot.model.run import RunRecord
from bot.model.visible import visible
from bot.slack.blocks import Message, Page, section
from bot.slack.findings import paragraph
from bot.slack.limits import FALLBACK, FILE_TITLE, SECTION
from bot.slack.mrkdwn import bold, characters, escape, fenced, plain
from bot.slack.tables import table_reply
from bot.slack.uploads import Detail, Upload, filename

MOST_PAGES = 2
"""Messages of further findings before the rest is better read as a file."""

_FENCED = SECTION - 400


def details(record: RunRecord, left: tuple[Finding, ...]) -> list[Detail]:
    """The replies of a run's thread, in reading order; empty when the first message says all."""
    if record.report is None:
        return []
    report = record.report
    return [
        *_further_findings(left, record.id),
        *(table_reply(table, record.id) for table in report.tables if table.rows),
        *(_attachment(attached, record.id) for attached in report.attachments),
    ]


def _further_findings(left: tuple[Finding, ...], run_id: str) -> Iterator[Detail]:
    rest = list(left)
    for _ in range(MOST_PAGES):
        if not rest:
            return
        page = Page()
        while rest and page.add(paragraph(rest[0])):
            rest.pop(0)
        yield Message(text=f"{len(page.blocks)} more findings", blocks=page.end())
    if rest:
        yield Upload(
            filename=filename(run_id, "findings.txt"),
            title=f"{len(rest)} more findings",
            content=("\n\n".join(map(_in_plain_text, rest)) + "\n").encode(),
        )


def _in_plain_text(finding: Finding) -> str:
    lines = [
        f"{finding.severity.value} {finding.subject} ({finding.confidence.value})",
        finding.cause,
        *(f"    {line}" for line in finding.proof),
        *(f"  → {step}" for step in finding.next_steps),
    ]
    return "\n".join(map(visible, lines))


def _attachment(attached: Attachment, run_id: str) -> Detail:
    text = visible(attached.text, lines=True)
    if characters(text) <= _FENCED:
        return _monospace(attached.title, text)
    return Upload(
        filename=filename(run_id, attached.filename),
        title=plain(attached.title, FILE_TITLE),
        content=text.encode(),
    )


def _monospace(title: str, text: str) -> Message:
    block = section(f"{bold(title, 200)}\n{fenced(text, SECTION - 300)}")
    return Message(text=escape(title, FALLBACK) or "Detail", blocks=(block,))
