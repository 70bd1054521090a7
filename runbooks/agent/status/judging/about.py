"""A finding about one node, in the form most of them have."""

from __future__ import annotations

from bot.authoring import Confidence, Finding, RemedyOffer, Severity, Subject


def about_node(
    identifier: str,
    node: str,
    cause: str,
    *,
    proof: tuple[str, ...] = (),
    next_steps: tuple[str, ...] = (),
    remedies: tuple[RemedyOffer, ...] = (),
    severity: Severity = Severity.WARNING,
    confidence: Confidence = Confidence.CERTAIN,
) -> Finding:
    """A warning that is certain, unless it says otherwise."""
    return Finding(
        id=identifier,
        severity=severity,
        confidence=confidence,
        subject=Subject("node", node),
        cause=cause,
        proof=proof,
        next_steps=next_steps,
        remedies=remedies,
    )
