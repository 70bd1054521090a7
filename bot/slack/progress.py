"""The live message while a run is under way."""

from __future__ import annotations

from bot.model.run import Progress, RunRecord
from bot.slack import messages
from bot.slack.asked import Asked
from bot.slack.blocks import Message, context, header, section
from bot.slack.limits import FALLBACK
from bot.slack.mrkdwn import code, escape

BAR = 12
"""Squares of a progress bar: a phone shows them on one line beside the figures."""


def looking(record: RunRecord, asked: Asked, progress: Progress | None = None) -> Message:
    """That a run is under way: cluster, command, who asked and, once known, how far it is."""
    cluster = escape(record.request.cluster, 80)
    lines = [code(asked.command, 400)]
    if progress is not None:
        lines.append(_how_far(progress))
    return Message(
        text=escape(f"{messages.LOOKING} {cluster}: {asked.command}", FALLBACK),
        blocks=(
            header(f"{messages.LOOKING} · {record.request.cluster}"),
            section("\n".join(lines)),
            context(" · ".join([*_by(asked), escape(record.id, 40)])),
        ),
    )


def _by(asked: Asked) -> list[str]:
    """Who asked, where that rings nobody; the answer, which is an update, always says it."""
    return [f"asked by {asked.by}"] if asked.user_name else []


def _how_far(progress: Progress) -> str:
    what = escape(progress.what, 300)
    if progress.total <= 0:
        return what
    done = min(max(progress.done, 0), progress.total)
    filled = BAR * done // progress.total
    return f"{what}\n{'▰' * filled}{'▱' * (BAR - filled)} {done} of {progress.total}"
