"""The public surface for runbook authors.

    @runbook("status", alerts=["CiliumAgentDown"])
    async def status(run: Run, node: NodeName | None = None, *, deep: bool = False) -> Report:
        \"\"\"Health of the Cilium agents, cluster-wide or on one node.\"\"\"

The signature is the command's grammar, the docstring its help. A remedy is a class whose fields are
the grammar. See CONTRIBUTING.md.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Concatenate, ParamSpec, TypeVar, dataclass_transform

from bot.engine.registry import MARK, RunbookMark
from bot.engine.remedy import (
    REMEDY_MARK,
    Acting,
    Effect,
    Looking,
    NotYet,
    PlanRefused,
    Remedy,
    RemedyMark,
)
from bot.engine.run import Run
from bot.model.change import Check
from bot.model.names import (
    Duration,
    Namespace,
    NodeName,
    PodName,
    RevisionNumber,
    Version,
    natural,
)
from bot.model.pictures import Matrix, NodeMap, Picture, Series, State, Timeline, Tone, Zone
from bot.model.plan import BlastRadius, Bounds, Call, ObjectRef, Plan, Risk
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
    "Acting",
    "Attachment",
    "BlastRadius",
    "Bounds",
    "Call",
    "Check",
    "Confidence",
    "Duration",
    "Effect",
    "Finding",
    "Gap",
    "Looking",
    "Matrix",
    "Namespace",
    "NodeMap",
    "NodeName",
    "NotYet",
    "ObjectRef",
    "Picture",
    "Plan",
    "PlanRefused",
    "PodName",
    "Remedy",
    "RemedyOffer",
    "Report",
    "RevisionNumber",
    "Risk",
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
    "remedy",
    "runbook",
    "verdict_of",
]

P = ParamSpec("P")
R = TypeVar("R", bound=Remedy)
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


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def remedy(name: str) -> Callable[[type[R]], type[R]]:
    """Mark a class as the remedy ``name``, and make it a frozen dataclass: its annotated fields are
    the parameters. Only marks: registering is explicit."""

    def leave_mark(cls: type[R]) -> type[R]:
        text = cls.__doc__
        marked = dataclass(frozen=True)(cls)
        marked.__doc__ = text  # dataclass would fill in a signature, and there is no help in that
        setattr(marked, REMEDY_MARK, RemedyMark(name))
        return marked

    return leave_mark
