"""What was done and what was seen: steps with their state, checks before and after. Pure."""

from __future__ import annotations

from bot.model.change import Change, ChangeStep, Check, StepState
from bot.model.names import format_duration
from bot.slack.blocks import Block, lines_within, table
from bot.slack.changes import words
from bot.slack.changes.people import who
from bot.slack.mrkdwn import bold, escape, sentence

MOST_STEPS = 12
MOST_CHECKS = 12
_CHARACTERS = 1_800
_CELL = 90


def steps(change: Change, *, said: str = "") -> str:
    """Every step with its state; ``said`` is how far the one under way is."""
    if not change.steps:
        return words.STEPS_NONE if change.state.terminal else ""
    shown = change.steps[-MOST_STEPS:]
    lines = [words.STEPS_TITLE]
    if len(shown) < len(change.steps):
        lines.append(words.MORE.format(count=len(change.steps) - len(shown)))
    lines += [_step(step) for step in shown]
    if said:
        lines.append(f"   {escape(said, 300)}")
    if change.state.terminal and any(step.state is not StepState.DONE for step in change.steps):
        lines.append(words.NO_MORE_STEPS)
    return lines_within(lines, _CHARACTERS)


def _step(step: ChangeStep) -> str:
    took = ""
    if step.ended_at is not None and step.state is StepState.DONE:
        seconds = max(0.1, (step.ended_at - step.started_at).total_seconds())
        took = f" · {format_duration(seconds)}"
    by = f" · {who(step.said_by)}" if step.said_by is not None else ""
    error = f": {sentence(step.error, 300)}" if step.error else ""
    return f"{words.STEPS[step.state]} {escape(step.name, 160)}{took}{by}{error}"


def checks_in_lines(checks: tuple[Check, ...], most: int = MOST_CHECKS) -> str:
    """Each check and whether it holds, in short lines."""
    lines = [
        f"{words.HELD[check.held].split(' ', 1)[0]} {escape(check.name, 160)}{_said(check)}"
        for check in checks[:most]
    ]
    return lines_within(lines, _CHARACTERS)


def not_held(checks: tuple[Check, ...]) -> str:
    """What does not hold, each on a line, with what was seen instead."""
    lines = [
        f"{words.HELD[check.held].split(' ', 1)[0]} {bold(check.name, 160)}{_said(check)}"
        for check in checks
        if not check.held
    ]
    return lines_within(lines, _CHARACTERS)


def before_and_after(change: Change) -> tuple[Block, ...]:
    """The checks as a table; none when neither time was anything asked."""
    before = {check.name: check for check in change.checks_before}
    after = {check.name: check for check in change.checks}
    names = list(dict.fromkeys([*before, *after]))[:MOST_CHECKS]
    if not names:
        return ()
    body = [[name[:_CELL], _seen(before.get(name)), _seen(after.get(name))] for name in names]
    return (table([list(words.CHECK_COLUMNS), *body]),)


def _seen(check: Check | None) -> str:
    if check is None:
        return words.NOT_ASKED
    held = words.HELD[check.held]
    return words.SAID.format(held=held, said=check.said[:_CELL]) if check.said else held


def _said(check: Check) -> str:
    return f": {escape(check.said, 160)}" if check.said else ""
