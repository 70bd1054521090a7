"""A record as text for a terminal: verdict first, then findings, gaps and detail.

Colours and boxes only on a terminal; piped, the same words come without them and lines are never
folded, so that they can be grepped.
"""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from bot.model.names import format_duration, natural
from bot.model.report import (
    Attachment,
    Confidence,
    Finding,
    Gap,
    Report,
    Severity,
    Table,
    Verdict,
    grouped,
    named_once,
)
from bot.model.run import RunRecord, RunState
from bot.model.visible import visible
from bot.terminal.lines import print_line
from bot.terminal.pictures import print_picture

VERDICT_STYLE = {
    Verdict.OK: ("✔", "bold green"),
    Verdict.DEGRADED: ("▲", "bold yellow"),
    Verdict.FAILED: ("✖", "bold red"),
    Verdict.UNKNOWN: ("?", "bold magenta"),
}
SEVERITY_STYLE = {
    Severity.CRITICAL: ("✖", "red"),
    Severity.WARNING: ("▲", "yellow"),
    Severity.INFO: ("·", "blue"),
}
INDENT = "    "
MOST_SUBJECTS = 12


def print_record(console: Console, record: RunRecord) -> None:
    """Print the answer of a run that has ended."""
    if record.report is not None:
        _print_report(console, record.report)
    else:
        mark, style = VERDICT_STYLE[Verdict.UNKNOWN]
        word = "CANCELLED" if record.state is RunState.CANCELLED else "UNKNOWN"
        print_line(console, (f"{mark} {word}  ", style), (record.error, ""))
    print_line(console, (_footer(record), "dim"))


def _print_report(console: Console, report: Report) -> None:
    mark, style = VERDICT_STYLE[report.verdict]
    print_line(console, (f"{mark} {report.verdict.upper()}  ", style), (report.title, "bold"))
    print_line(console, (report.summary, ""))
    if report.recent_change:
        print_line(console, ("↻ " + report.recent_change, "cyan"))
    for finding in report.findings:
        _print_finding(console, finding, said=report.summary)
    if report.gaps:
        _print_gaps(console, report.gaps)
    if report.facts:
        _print_facts(console, report.facts)
    for picture in report.pictures:
        print_picture(console, picture)
    for table in report.tables:
        _print_table(console, table)
    for attachment in report.attachments:
        _print_attachment(console, attachment)
    console.print()


def _print_finding(console: Console, finding: Finding, *, said: str) -> None:
    mark, style = SEVERITY_STYLE[finding.severity]
    sure = "" if finding.confidence is Confidence.CERTAIN else f" ({finding.confidence})"
    console.print()
    print_line(
        console,
        (f"{mark} {finding.subject}", f"bold {style}"),
        ("" if finding.cause == said else f"  {finding.cause}{sure}", ""),
        (f"  [{finding.id}]", "dim"),
    )
    for proof in finding.proof:
        print_line(console, (INDENT + proof, "dim"))
    for step in finding.next_steps:
        print_line(console, (INDENT + "→ ", style), (step, ""))


def _print_gaps(console: Console, gaps: tuple[Gap, ...]) -> None:
    console.print()
    print_line(console, ("Not seen", "bold magenta"))
    for gap, subjects in grouped(gaps):
        named = named_once(sorted(subjects, key=natural)[:MOST_SUBJECTS])
        more = f" and {len(subjects) - MOST_SUBJECTS} more" if len(subjects) > MOST_SUBJECTS else ""
        count = f"{len(subjects)}: " if len(subjects) > 1 else ""
        print_line(console, (f"{INDENT}{count}{named}{more}", ""), (f" - {gap.reason}", "dim"))
        if gap.hint:
            print_line(console, (f"{INDENT}→ {gap.hint}", ""))


def _print_facts(console: Console, facts: tuple[tuple[str, str], ...]) -> None:
    console.print()
    width = max(len(label) for label, _ in facts)
    for label, value in facts:
        print_line(console, (f"{label:<{width}}  ", "dim"), (value, ""))


def _print_table(console: Console, table: Table) -> None:
    console.print()
    print_line(console, (table.title, "bold"))
    rows = [[visible(cell) for cell in row] for row in (table.columns, *table.rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if not console.is_terminal:
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            print_line(console, ("  ".join(cells).rstrip(), ""))
    elif sum(widths) + 3 * len(widths) <= console.width:
        _print_grid(console, rows)
    else:
        _print_rows(console, rows)
    if table.note:
        print_line(console, (table.note, "dim"))


def _print_grid(console: Console, rows: list[list[str]]) -> None:
    grid = Grid(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in rows[0]:
        grid.add_column(Text(column))
    for row in rows[1:]:
        grid.add_row(*map(Text, row))
    console.print(grid)


def _print_rows(console: Console, rows: list[list[str]]) -> None:
    """A row as a line of its own, each cell under its name: where a grid has no room."""
    names = rows[0][1:]
    for row in rows[1:]:
        cells = (f"{name} {cell}" for name, cell in zip(names, row[1:], strict=True))
        print_line(console, (f"{row[0]}: ", "bold"), (", ".join(cells), ""))


def _print_attachment(console: Console, attachment: Attachment) -> None:
    console.print()
    print_line(console, (attachment.title, "bold"))
    for line in attachment.text.splitlines():
        print_line(console, (INDENT + line, "dim"))


def _footer(record: RunRecord) -> str:
    given = record.request.parameters.items()
    shown = [f"--{name}" if value == "true" else value for name, value in given]
    words = " ".join([record.request.runbook, *shown])
    took = f" took {format_duration(record.took)}" if record.took else ""
    return f"{words} on {record.request.cluster}{took} · run {record.id}"
