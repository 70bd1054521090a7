"""What follows in the thread: the other findings, tables, attachments; a file when too long.

Whatever a message had to cut stands in full in a file of its thread.
Pictures stand before all this (:mod:`bot.slack.pictures`).
"""

from __future__ import annotations

from bot.model.report import Attachment, Finding, Report
from bot.model.run import RunRecord
from bot.model.visible import visible
from bot.slack import messages
from bot.slack.blocks import Message, Page, section
from bot.slack.findings import paragraph
from bot.slack.limits import FALLBACK, FILE_TITLE, SECTION
from bot.slack.mrkdwn import CUT, bold, characters, escape, fenced, plain
from bot.slack.plain_text import in_plain_text
from bot.slack.render import Answer
from bot.slack.tables import table_reply
from bot.slack.uploads import Detail, Upload, filename

MOST_PAGES = 2
"""Messages of further findings before the rest is better read as a file."""

_FENCED = SECTION - 400


def details(record: RunRecord, said: Answer) -> list[Detail]:
    """The replies of a run's thread, in reading order; empty when the first message says all."""
    if record.report is None:
        return []
    report = record.report
    pages, rest = _further_findings(said.left)
    abridged = rest or any(map(is_abridged, (said.message, *pages)))
    return [
        *pages,
        *([_whole(report, record.id)] if abridged else []),
        *(table_reply(table, record.id) for table in report.tables if table.rows),
        *(_attachment(attached, record.id) for attached in report.attachments),
    ]


def is_abridged(message: Message) -> bool:
    """Whether something of the report was cut to fit; the small print does not count."""
    blocks = [block for block in message.blocks if block["type"] in ("header", "section")]
    return any(CUT in block["text"]["text"] for block in blocks)


def _further_findings(left: tuple[Finding, ...]) -> tuple[list[Message], bool]:
    """Findings that the first message has no room for, and whether some are left even then."""
    rest = list(left)
    pages: list[Message] = []
    while rest and len(pages) < MOST_PAGES:
        page = Page()
        while rest and page.add(paragraph(rest[0])):
            rest.pop(0)
        text = messages.FURTHER_FINDINGS.format(count=len(page.blocks))
        pages.append(Message(text=text, blocks=page.end()))
    return pages, bool(rest)


def _whole(report: Report, run_id: str) -> Upload:
    """All findings, facts and gaps with nothing cut, as text."""
    return Upload(
        filename=filename(run_id, "report.txt"),
        title=messages.WHOLE_REPORT,
        content=f"{in_plain_text(report)}\n".encode(),
    )


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
