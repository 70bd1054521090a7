"""The public surface for runbook authors.

    @runbook("status", alerts=["CiliumAgentDown"])
    async def status(run: Run, node: NodeName | None = None, *, deep: bool = False) -> Report:
        \"\"\"Health of the Cilium agents, cluster-wide or on one node.\"\"\"

The signature is the command's grammar, the docstring its help. See CONTRIBUTING.md.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Concatenate, ParamSpec

from bot.engine.registry import MARK, RunbookMark
from bot.engine.run import Run
from bot.model.names import Duration, Namespace, NodeName, PodName, Version, natural
from bot.model.pictures import Matrix, NodeMap, Picture, Series, State, Timeline, Tone, Zone
from bot.model.report import (
    Attachment,
    Confidence,
    Finding,
    Gap,
    RemedyOffer,
    Report,
    Severity,
    Subject,
    Table,
    Verdict,
    ranked,
    verdict_of,
)

__all__ = [
    "Attachment",
    "Confidence",
    "Duration",
    "Finding",
    "Gap",
    "Matrix",
    "Namespace",
    "NodeMap",
    "NodeName",
    "Picture",
    "PodName",
    "RemedyOffer",
    "Report",
    "Run",
    "Series",
    "Severity",
    "State",
    "Subject",
    "Table",
    "Timeline",
    "Tone",
    "Verdict",
    "Version",
    "Zone",
    "natural",
    "ranked",
    "runbook",
    "verdict_of",
]

P = ParamSpec("P")
Procedure = Callable[Concatenate[Run, P], Awaitable[Report]]


def runbook(
    name: str,
    *,
    alerts: Sequence[str] = (),
    patient_when: Sequence[str] = (),
) -> Callable[[Procedure[P]], Procedure[P]]:
    """Mark an async function as the runbook ``name``. Only marks: registering is explicit.

    ``alerts`` are the alertnames it answers. One of the flags in ``patient_when`` gives a run the
    longer of the configured deadlines.
    """
    mark = RunbookMark(name, tuple(alerts), tuple(patient_when))

    def leave_mark(function: Procedure[P]) -> Procedure[P]:
        setattr(function, MARK, mark)
        return function

    return leave_mark
