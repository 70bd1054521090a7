"""Whether an operator leads, by its Lease. Pure."""

from __future__ import annotations

from datetime import datetime

from bot.clients.cilium.names import OPERATOR_LEASE
from bot.clients.kubernetes.objects import Lease
from bot.model.names import format_duration
from runbooks.agent.status.thresholds import LEASE_STALE


def why_nobody_leads(lease: Lease | None, now: datetime) -> str:
    """In words without a full stop; empty when one leads."""
    renewed = lease.spec.renew_time if lease else None
    if renewed is None:
        return f"No operator leads (Lease {OPERATOR_LEASE})"
    if now - renewed >= LEASE_STALE:
        age = format_duration((now - renewed).total_seconds())
        return f"No operator leads: its Lease was last renewed {age} ago"
    return ""
