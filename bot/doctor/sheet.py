"""What one part of the bot was found to be like; another joins by the protocol."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from bot.model.report import Confidence, Finding, Gap, Severity, Subject

IN_ORDER = "in order"


@dataclass(slots=True)
class Sheet:
    """Checks of one part with their results; findings and gaps drawn from them."""

    part: str
    rows: list[tuple[str, str, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)

    def well(self, check: str, result: str = IN_ORDER) -> None:
        """A check that found nothing wrong."""
        self.rows.append((self.part, check, result))

    def wrong(
        self,
        check: str,
        id: str,  # noqa: A002  the word of Finding
        cause: str,
        *next_steps: str,
        severity: Severity = Severity.WARNING,
        proof: tuple[str, ...] = (),
    ) -> None:
        """A check that found something to mend; ``next_steps`` say how."""
        self.rows.append((self.part, check, cause))
        finding = Finding(
            id=id,
            severity=severity,
            confidence=Confidence.CERTAIN,
            subject=Subject("part", self.part),
            cause=cause,
            proof=proof,
            next_steps=tuple(step for step in next_steps if step),
        )
        self.findings.append(finding)

    def unseen(self, check: str, reason: str, hint: str = "", *, blinding: bool = False) -> None:
        """A check that could not be made."""
        self.rows.append((self.part, check, "not seen"))
        self.gaps.append(Gap(f"{self.part}: {check}", reason, hint, blinding))


class Part(Protocol):
    """One part of the bot that can be examined."""

    @property
    def name(self) -> str:
        """Unique among the parts."""

    async def examine(self, within: float) -> Sheet:
        """Look, for at most ``within`` seconds; raises :class:`ClientError` for what is not a
        finding of its own."""
