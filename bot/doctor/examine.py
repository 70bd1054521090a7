"""All parts at once, within a deadline, as a report like any other."""

from __future__ import annotations

from collections.abc import Sequence

from bot.doctor.sheet import Part, Sheet
from bot.engine.concurrent import ask_all
from bot.model.report import Gap, Report, Table, ranked, verdict_of

RESERVE = 0.2
"""Seconds kept for answering."""


async def examine(parts: Sequence[Part], *, title: str, within: float) -> Report:
    """A part that fails or does not answer in time is a gap; the others are shown."""
    named = {part.name: part for part in parts}
    time = max(0.1, within - RESERVE)
    answers = await ask_all(named, lambda name: named[name].examine(time * 0.9), within=time)
    sheets = [answers.values[name] for name in named if name in answers.values]
    gaps = [gap for sheet in sheets for gap in sheet.gaps]
    for name, error in answers.errors.items():
        gaps.append(Gap(name, error.message, error.hint, blinding=True))
    for name in sorted(answers.silent):
        gaps.append(Gap(name, "No answer in time.", "Try again with --deadline 60s.", True))
    return _report(title, sheets, tuple(gaps))


def _report(title: str, sheets: list[Sheet], gaps: tuple[Gap, ...]) -> Report:
    findings = ranked([finding for sheet in sheets for finding in sheet.findings])
    rows = tuple(row for sheet in sheets for row in sheet.rows)
    count = f"{len(rows)} checks"
    if findings:
        summary = f"{len(findings)} of {count} found something to mend."
    elif gaps:
        summary = f"Of {count} none found anything wrong; {len(gaps)} could not be made."
    else:
        summary = f"{count}, all in order."
    return Report(
        title=title,
        verdict=verdict_of(findings, gaps),
        summary=summary,
        findings=findings,
        gaps=gaps,
        facts=tuple(fact for sheet in sheets for fact in sheet.facts),
        tables=(Table(title="Checks", columns=("part", "check", "result"), rows=rows),),
    )
