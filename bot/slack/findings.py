"""A finding as a paragraph, gaps as a short list: readable on a phone, inert whatever they hold."""

from __future__ import annotations

from collections.abc import Iterable

from bot.model.names import natural
from bot.model.report import Confidence, Finding, Gap, grouped, named_once
from bot.slack.blocks import Block, lines_within, section
from bot.slack.messages import SEVERITIES
from bot.slack.mrkdwn import CUT, bold, code, escape, sentence

MOST_PROOF = 3
MOST_STEPS = 3
MOST_CHARACTERS = 1_400
"""Of one finding; its proof and steps are cut to lines that keep within it."""

MOST_REASONS = 5
MOST_SUBJECTS = 6


def paragraph(finding: Finding, *, said: str = "") -> Block:
    """Severity, subject and cause; then the proof in code; then what to do next.

    A cause that was ``said`` right above is not said again.
    """
    lines = [f"{SEVERITIES[finding.severity]} {bold(str(finding.subject), 200)}"]
    if finding.cause != said:
        lines.append(sentence(finding.cause, 400) + _doubt(finding.confidence))
    lines += [code(line, 320) for line in finding.proof[:MOST_PROOF]]
    if len(finding.proof) > MOST_PROOF:
        lines.append(f"+ {len(finding.proof) - MOST_PROOF} more of the same proof{CUT}")
    lines += [f"→ {sentence(step, 200)}" for step in finding.next_steps[:MOST_STEPS]]
    if len(finding.next_steps) > MOST_STEPS:
        lines.append(f"→ + {len(finding.next_steps) - MOST_STEPS} more{CUT}")
    return section(lines_within(lines, MOST_CHARACTERS))


def not_seen(gaps: Iterable[Gap], most: int = 1_000) -> str:
    """What could not be seen, grouped by reason, the largest group first."""
    ordered = sorted(grouped(tuple(gaps)), key=lambda group: -len(group[1]))
    lines = ["*Not seen*"]
    lines += [_group(gap, subjects) for gap, subjects in ordered[:MOST_REASONS]]
    left = sum(len(subjects) for _, subjects in ordered[MOST_REASONS:])
    if left:
        lines.append(f"• + {left} more for other reasons{CUT}")
    return lines_within(lines, most)


def _group(gap: Gap, subjects: list[str]) -> str:
    shown = escape(named_once(sorted(subjects, key=natural)[:MOST_SUBJECTS]), 300)
    more = f" + {len(subjects) - MOST_SUBJECTS} more{CUT}" if len(subjects) > MOST_SUBJECTS else ""
    count = f"{len(subjects)} × " if len(subjects) > 1 else ""
    hint = f" → {sentence(gap.hint, 160)}" if gap.hint else ""
    return f"• {count}{sentence(gap.reason.rstrip('.'), 160)}: {shown}{more}{hint}"


def _doubt(confidence: Confidence) -> str:
    return "" if confidence is Confidence.CERTAIN else f" ({confidence.value})"
