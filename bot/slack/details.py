"""What follows in the thread: the other findings, tables, attachments; a file when too long."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from bot.model.report import Attachment, Finding, Table
from bot.model.run import RunRecord
from bot.model.visible import visible
from bot.slack.blocks import Message, Page, section
from bot.slack.findings import paragraph
from bot.slack.limits import FALLBACK, PHONE_COLUMNS, SECTION
from bot.slack.mrkdwn import bold, characters, escape, fenced, plain

MOST_PAGES = 2
"""Messages of further findings before the rest is better read as a file."""

_FENCED = SECTION - 400
_FILENAME = re.compile(r"[^A-Za-z0-9._-]+")


class Upload(msgspec.Struct, frozen=True):
    """A text file for the thread. ``content`` is plain text, nothing in it acts."""

    filename: str
    title: str
    content: str


Detail = Message | Upload


def details(record: RunRecord, left: tuple[Finding, ...]) -> list[Detail]:
    """The replies of a run's thread, in reading order; empty when the first message says all."""
    if record.report is None:
        return []
    report = record.report
    return [
        *_further_findings(left, record.id),
        *(_table(table, record.id) for table in report.tables if table.rows),
        *(_attachment(attached, record.id) for attached in report.attachments),
    ]


def aligned(table: Table) -> str:
    """A table in columns of spaces, header first, note last."""
    rows = [[visible(cell) for cell in row] for row in (table.columns, *table.rows)]
    widths = [
        max(len(row[index]) for row in rows if index < len(row))
        for index in range(max(map(len, rows), default=0))
    ]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()
        for row in rows
    ]
    return "\n".join([*lines, *([visible(table.note)] if table.note else [])])


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
            filename=_filename(run_id, "findings.txt"),
            title=f"{len(rest)} more findings",
            content="\n\n".join(map(_in_plain_text, rest)) + "\n",
        )


def _in_plain_text(finding: Finding) -> str:
    lines = [
        f"{finding.severity.value} {finding.subject} ({finding.confidence.value})",
        finding.cause,
        *(f"    {line}" for line in finding.proof),
        *(f"  → {step}" for step in finding.next_steps),
    ]
    return "\n".join(map(visible, lines))


def _table(table: Table, run_id: str) -> Detail:
    text = aligned(table)
    narrow = max(map(len, text.splitlines()), default=0) <= PHONE_COLUMNS
    if narrow and characters(text) <= _FENCED:
        return _monospace(table.title, text)
    return Upload(_filename(run_id, f"{table.title}.txt"), plain(table.title, 200), text + "\n")


def _attachment(attached: Attachment, run_id: str) -> Detail:
    text = visible(attached.text, lines=True)
    if characters(text) <= _FENCED:
        return _monospace(attached.title, text)
    return Upload(
        filename=_filename(run_id, attached.filename),
        title=plain(attached.title, 200),
        content=text,
    )


def _monospace(title: str, text: str) -> Message:
    block = section(f"{bold(title, 200)}\n{fenced(text, SECTION - 300)}")
    return Message(text=escape(title, FALLBACK) or "Detail", blocks=(block,))


def _filename(run_id: str, wanted: str) -> str:
    """A name that is nothing but a name: no folders, no spaces, at most 120 characters."""
    safe = _FILENAME.sub("-", wanted).strip("-.") or "detail.txt"
    return f"{_FILENAME.sub('-', run_id)}-{safe[-80:]}"
