"""When the end of a run is worth a ring: whoever asked has looked away by then."""

from __future__ import annotations

from bot.model.run import RunRecord

LONG_RUN = 30.0
"""Seconds. Under it nobody is rung."""


def calls_back(record: RunRecord, long_run: float = LONG_RUN) -> bool:
    """Whether the requester of a run that has ended is mentioned; not who ended it themselves."""
    by = record.cancelled_by
    ended_it = by is not None and by.id == record.request.requester.id
    return record.took is not None and record.took > long_run and not ended_it
