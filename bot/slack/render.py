"""The first message of an answer: verdict, summary, recent change, findings, facts, gaps."""

from __future__ import annotations

from typing import NamedTuple

from bot.model.names import format_duration
from bot.model.report import Finding, Report, Verdict
from bot.model.run import RunRecord, RunState
from bot.slack import messages
from bot.slack.asked import Asked
from bot.slack.blocks import Message, Page, context, header, lines_within, section
from bot.slack.buttons import Button, row
from bot.slack.changes.offers import Offered, nothing_offered
from bot.slack.changes.offers import row as offers_row
from bot.slack.findings import not_seen, paragraph
from bot.slack.limits import FALLBACK
from bot.slack.mrkdwn import code, escape, plain, sentence
from bot.slack.pictures import ALONE, FALLEN_BACK, all_in_words

MOST_FINDINGS = 8
"""In the first message; a person at 3 a.m. reads no further, the thread has the rest."""

_RESERVE = 2_800
"""Characters kept for what follows the findings: their count, facts, gaps, small print."""


class Answer(NamedTuple):
    """The first message, and the findings it has no room for, worst first."""

    message: Message
    left: tuple[Finding, ...]


def answer(
    record: RunRecord,
    asked: Asked,
    *,
    alone: bool = False,
    offered: Offered = nothing_offered,
) -> Answer:
    """How a run ended, for ``record.state`` finished, cancelled or broken.

    ``alone``: no thread follows, so pictures are told in words. Remedies that are ``offered`` have
    a button under their finding.
    """
    verdict, summary = outcome(record)
    title = _title(record)
    room = ALONE if alone else FALLEN_BACK
    pictures = all_in_words(record, room)
    page = Page(reserve=_RESERVE + (room if pictures else 0))
    page.add(header(f"{verdict} · {title}"), section(sentence(summary, 900) or "."))
    left: tuple[Finding, ...] = ()
    tail: list[str] = []
    if record.report is not None:
        left = _add_findings(page, record.report, record.id, offered)
        tail = _tail(record.report, len(left))
    if pictures and alone:
        tail.append(pictures)
    message = Message(
        text=escape(f"{verdict} · {plain(title, 90)}: {summary}", FALLBACK),
        blocks=page.end(
            *map(section, tail),
            context(_small_print(record, asked)),
            row(record.id, Button.AGAIN),
        ),
    )
    return Answer(message, left)


def _title(record: RunRecord) -> str:
    """What the answer is about; it names the cluster, whatever the runbook's title says."""
    cluster = record.request.cluster
    if record.report is None:
        return cluster
    title = record.report.title
    return title if cluster in title else f"{title} · {cluster}"


def outcome(record: RunRecord) -> tuple[str, str]:
    """The verdict as word and sign, and the sentence that goes with it."""
    if record.state is RunState.CANCELLED:
        who = record.cancelled_by
        if who is not None:
            shown = f"@{who.name}" if who.name else who.id
            return messages.CANCELLED, messages.CANCELLED_BY.format(who=shown)
        return messages.CANCELLED, record.error or messages.CANCELLED_SUMMARY
    if record.report is None:
        broken = messages.VERDICTS[Verdict.UNKNOWN]
        return broken, record.error or messages.BROKEN_SUMMARY
    return messages.VERDICTS[record.report.verdict], record.report.summary


def _add_findings(page: Page, report: Report, run_id: str, offered: Offered) -> tuple[Finding, ...]:
    """Add what fits; returns the rest. Findings of one severity keep their runbook's order."""
    if report.recent_change:
        page.add(section(f"🕑 {sentence(report.recent_change, 400)}"))
    ordered = sorted(enumerate(report.findings), key=lambda pair: pair[1].severity.rank)
    for shown, (number, finding) in enumerate(ordered):
        said = paragraph(finding, said=report.summary)
        buttons = offers_row(run_id, number, finding, offered)
        if shown == MOST_FINDINGS or not page.add(said, *buttons):
            return tuple(finding for _, finding in ordered[shown:])
    return ()


def _tail(report: Report, left: int) -> list[str]:
    paragraphs = []
    if left:
        paragraphs.append(messages.MORE_FINDINGS.format(count=left))
    if report.facts:
        facts = (f"{escape(label, 60)}: {escape(value, 120)}" for label, value in report.facts)
        paragraphs.append(lines_within(facts, 700))
    if report.gaps:
        paragraphs.append(not_seen(report.gaps, 1_000))
    return paragraphs


def _small_print(record: RunRecord, asked: Asked) -> str:
    parts = [code(asked.command, 300), f"asked by {asked.by}"]
    if record.took:
        parts.append(f"took {format_duration(record.took)}")
    parts.append(escape(record.id, 40))
    if not record.recorded:
        parts.append(messages.NOT_RECORDED)
    return " · ".join(parts)
