"""How long to wait, within the run's deadline."""

from __future__ import annotations

from bot.authoring import Run

RESERVE = 0.3
"""Seconds kept for judging and answering."""


def time_left(run: Run) -> float:
    """Seconds that all questions together may still take."""
    return max(0.1, run.remaining - RESERVE)


def patience(run: Run) -> float:
    """Seconds for one question: an agent that hangs must not hold a slot for the whole run."""
    return max(1.0, run.deadline / 4)
