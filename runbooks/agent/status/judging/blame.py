"""Whether a change just before the trouble may be its cause: then the way back is offered."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from bot.authoring import Confidence, Finding, RemedyOffer, Severity, Subject, natural
from bot.clients.cilium.names import AGENT_DAEMONSET
from bot.model.names import counted
from runbooks.agent.status.evidence import Seen
from runbooks.agent.status.judging.change import finished_change, recent_change

LEAST_NODES = 2
"""One troubled node has causes of its own; a change of the release is everywhere."""
_SHOWN = 8


def judge(seen: Seen, troubled: Collection[str]) -> Iterator[Finding]:
    """``troubled`` are the nodes whose agents are. Source: facts on runbooks, A (remediation): a
    rollback when at least two nodes fail within 60 minutes of a change."""
    change = finished_change(seen)
    if change is None or change.first or len(troubled) < LEAST_NODES:
        return
    names = sorted(troubled, key=natural)
    shown = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
    yield Finding(
        id="trouble-after-change",
        severity=Severity.WARNING,
        confidence=Confidence.POSSIBLE,
        subject=Subject("daemonset", AGENT_DAEMONSET, seen.namespace),
        cause=f"{counted(len(names), 'agent')} in trouble less than an hour after a change.",
        proof=(recent_change(seen), shown),
        next_steps=(
            "`release history` shows what changed. The plan of a rollback shows what it would "
            "take back, and asking for it changes nothing.",
        ),
        remedies=(RemedyOffer("rollback", {}),),
    )
