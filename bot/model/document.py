"""The machine-readable form of a finished run: what ``-o json`` prints.

Within a schema version fields are added, never renamed or removed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from bot.model.report import Report
from bot.model.run import RunRecord, RunState

SCHEMA_VERSION = 1


class RunDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One finished run. ``report`` is missing, and ``error`` says why, when it did not get far."""

    schema_version: int
    run: str
    runbook: str
    cluster: str
    parameters: dict[str, str]
    state: RunState
    started_at: datetime | None
    finished_at: datetime | None
    report: Report | None
    error: str


def document_of(record: RunRecord) -> RunDocument:
    """The document of a record."""
    return RunDocument(
        schema_version=SCHEMA_VERSION,
        run=record.id,
        runbook=record.request.runbook,
        cluster=record.request.cluster,
        parameters=record.request.parameters,
        state=record.state,
        started_at=record.started_at,
        finished_at=record.finished_at,
        report=record.report,
        error=record.error,
    )


def encode(record: RunRecord) -> str:
    """The document of ``record`` as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(document_of(record)), indent=2).decode()


def schema() -> dict[str, Any]:
    """JSON Schema of :class:`RunDocument`."""
    return msgspec.json.schema(RunDocument)
