"""A finding as a paragraph, gaps as a short list: readable on a phone, inert whatever they hold."""

from __future__ import annotations

from collections.abc import Iterable

from bot.model.report import Confidence, Finding, Gap, Subject
from bot.slack.blocks import Block, lines_within, section
from bot.slack.messages import SEVERITIES
from bot.slack.mrkdwn import bold, code, escape, sentence

MOST_PROOF = 3
MOST_STEPS = 3
MOST_CHARACTERS = 1_400
"""Of one finding; its proof and steps are cut to lines that keep within it."""

MOST_REASONS = 5
MOST_SUBJECTS = 6
_PLAIN_KINDS = frozenset(["node", "pod", "cluster"])


def paragraph(finding: Finding) -> Block:
    """Severity, subject and cause; then the proof in code; then what to do next."""
    lines = [f"{SEVERITIES[finding.severity]} {bold(_named(finding.subject), 200)}"]
    lines.append(sentence(finding.cause, 400) + _doubt(finding.confidence))
    lines += [code(line, 200) for line in finding.proof[:MOST_PROOF]]
    if len(finding.proof) > MOST_PROOF:
        lines.append(f"+ {len(finding.proof) - MOST_PROOF} more of the same proof")
    lines += [f"→ {sentence(step, 200)}" for step in finding.next_steps[:MOST_STEPS]]
    return section(lines_within(lines, MOST_CHARACTERS))


def not_seen(gaps: Iterable[Gap], most: int = 1_000) -> str:
    """What could not be seen, grouped by reason, the largest group first."""
    groups: dict[str, list[Gap]] = {}
    for gap in gaps:
        groups.setdefault(gap.reason, []).append(gap)
    ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
    lines = ["*Not seen*"]
    lines += [_group(reason, members) for reason, members in ordered[:MOST_REASONS]]
    left = sum(len(members) for _, members in ordered[MOST_REASONS:])
    if left:
        lines.append(f"• + {left} more for other reasons")
    return lines_within(lines, most)


def _group(reason: str, members: list[Gap]) -> str:
    shown = ", ".join(escape(gap.subject, 60) for gap in members[:MOST_SUBJECTS])
    more = f" + {len(members) - MOST_SUBJECTS} more" if len(members) > MOST_SUBJECTS else ""
    count = f"{len(members)} × " if len(members) > 1 else ""
    hint = next((f" → {sentence(gap.hint, 160)}" for gap in members if gap.hint), "")
    return f"• {count}{sentence(reason, 160)}: {shown}{more}{hint}"


def _named(subject: Subject) -> str:
    known = subject.kind.lower() in _PLAIN_KINDS
    return str(subject) if known else f"{subject.kind} {subject}"


def _doubt(confidence: Confidence) -> str:
    return "" if confidence is Confidence.CERTAIN else f" ({confidence.value})"
