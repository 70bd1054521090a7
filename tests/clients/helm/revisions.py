"""Revisions for tables: only what matters is said."""

from __future__ import annotations

from typing import Any

from bot.clients.helm.names import ReleaseName
from bot.clients.helm.release import ReleaseState, Revision

CILIUM = ReleaseName("kube-system", "cilium")
SAME: dict[str, Any] = {"debug": {"enabled": False}}


def revision(
    number: int,
    state: str = "superseded",
    version: str = "1.18.6",
    values: dict[str, Any] | None = None,
    description: str = "Upgrade complete",
    **more: Any,
) -> Revision:
    """One revision of Cilium's release."""
    return Revision(
        release=CILIUM,
        number=number,
        state=ReleaseState(state),
        chart="cilium",
        chart_version=version,
        app_version=version,
        values=SAME if values is None else values,
        description=description,
        **more,
    )
