"""Which of two forms of a change is the later one, whoever tells it. Pure.

What a change goes through only ever adds to it: rounds of approval, steps that began and ended,
what people said. So the order follows from the record alone, and needs no clock.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import msgspec

from bot.model.change import Change, ChangeState, StepState, Word
from bot.slack.blocks import Message

_PHASES = {
    ChangeState.PLANNING: 0,
    ChangeState.WAITING: 1,
    ChangeState.APPROVED: 2,
    ChangeState.CONFIRMING: 3,
    ChangeState.EXECUTING: 3,
    ChangeState.UNKNOWN: 3,
    ChangeState.VERIFYING: 4,
}
_ENDED = 5


@dataclass(frozen=True, slots=True)
class Version:
    """One form of a change: ``part`` names it, ``rank`` grows from form to form."""

    part: str
    rank: int

    @classmethod
    def of(cls, change: Change, message: Message) -> Version:
        """The version that ``message`` shows."""
        shown = msgspec.json.encode((change, message), order="sorted")
        digest = hashlib.sha256(shown).hexdigest()[:16]
        return cls(part=f"{change.state}-{digest}", rank=rank_of(change))


def rank_of(change: Change) -> int:
    """At least 1, at most 2^48.

    What a carrier tells may lack the latest words, so steps count before them; a step that a human
    says did not happen is taken out again, which that word makes up for. What is told anew, because
    the store may have lost what was told last, is later than all of that.
    """
    acted = sum(1 if step.state is StepState.STARTED else 2 for step in change.steps)
    acted += 3 * len(change.said(Word.DID_NOT))
    ended = change.state.terminal
    parts = (
        (change.tellings, 10),
        (int(ended), 1),
        (change.round, 6),
        (_ENDED if ended else _PHASES[change.state], 3),
        (acted, 14),
        (len(change.decisions), 14),
    )
    rank = 0
    for value, bits in parts:
        rank = (rank << bits) + min(value, (1 << bits) - 1)
    return rank + 1
