"""A table in the thread: Slack's table block, or a file when the block does not take it.

The file is columns of spaces and not CSV: it reads on a phone without another program, and no
spreadsheet takes a pod's name for a formula.
"""

from __future__ import annotations

import re

from bot.model.report import Table
from bot.model.visible import visible
from bot.slack import limits
from bot.slack.blocks import Block, Message, section, table
from bot.slack.mrkdwn import bold, escape, fenced, plain
from bot.slack.uploads import Detail, Upload, filename

_FIGURE = re.compile(r"[-+]?[\d.,/%]*\d[\d.,/%]*\s?[A-Za-z%]{0,3}|-?", re.ASCII)
_IN_WORDS = 2_000


def table_reply(shown: Table, run_id: str) -> Detail:
    """A message with the table, or a file."""
    rows = _whole_rows(shown)
    if _fits(rows):
        return _in_a_block(shown, rows)
    return Upload(
        filename=filename(run_id, f"{shown.title}.txt"),
        title=plain(shown.title, limits.FILE_TITLE),
        content=f"{aligned(shown)}\n".encode(),
    )


def aligned(shown: Table) -> str:
    """A table in columns of spaces, header first, note last."""
    rows = _whole_rows(shown)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join([*lines, *([visible(shown.note)] if shown.note else [])])


def _whole_rows(shown: Table) -> list[list[str]]:
    """The names and the rows, as visible text, every row as long as the longest."""
    rows = [[visible(cell) for cell in row] for row in (shown.columns, *shown.rows)]
    columns = max(map(len, rows))
    return [[*row, *([""] * (columns - len(row)))] for row in rows]


def _fits(rows: list[list[str]]) -> bool:
    longest = max((len(cell) for row in rows for cell in row), default=0)
    in_all = sum(len(plain(cell, limits.CELL)) or 1 for row in rows for cell in row)
    return (
        len(rows) <= limits.TABLE_ROWS
        and 0 < len(rows[0]) <= limits.TABLE_COLUMNS
        and longest <= limits.CELL
        and in_all <= limits.TABLE_CHARACTERS
    )


def _in_a_block(shown: Table, rows: list[list[str]]) -> Message:
    """The block under its title. The text tells it once more: for those who hear it, and for the
    day on which Slack does not take the block."""
    figures = [
        column
        for column in range(len(rows[0]))
        if all(_FIGURE.fullmatch(row[column]) for row in rows[1:])
    ]
    title: list[Block] = [section(_titled(shown))]
    text = f"{escape(shown.title, limits.FALLBACK) or 'Table'}\n{fenced(aligned(shown), _IN_WORDS)}"
    return Message(text=text, blocks=(*title, table(rows, right=figures)))


def _titled(shown: Table) -> str:
    note = f"\n{escape(shown.note, 900)}" if shown.note.strip() else ""
    return bold(shown.title, 200) + note
