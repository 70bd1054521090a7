"""The audit of a change without a bot: Events beside the lock, in Cilium's namespace.

The API server forgets Events after an hour unless told otherwise, so at the end the person is told
what to keep. Source of the fields: Kubernetes API reference, core/v1 Event; a namespaced event must
be about an object of its own namespace, and the lock is one.
"""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from bot.engine.changes.lock import NAME
from bot.model.change import Change

if TYPE_CHECKING:
    from bot.clients.cluster import Cluster

COMPONENT = "cilium-oncall"
LONGEST = 1_024
"""Characters the API server takes."""


class Reason(StrEnum):
    """What an event tells of."""

    BEGAN = "BreakglassBegan"
    STEP = "BreakglassStep"
    ENDED = "BreakglassEnded"


class AuditEvents:
    """Writes the events of one change."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._number = 0

    async def write(self, reason: Reason, change: Change, what: str) -> None:
        """One event: who, which plan, which incident, and ``what``. Raises ``ClientError``."""
        self._number += 1
        namespace = self._cluster.namespace
        request = change.request
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        body: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {
                "name": f"cilium-oncall.{change.id}.{self._number}",
                "namespace": namespace,
                "annotations": {
                    "cilium-oncall.io/change": change.id,
                    "cilium-oncall.io/who": request.requester.name,
                    "cilium-oncall.io/plan-digest": change.plan.digest if change.plan else "",
                    "cilium-oncall.io/incident": request.incident,
                },
            },
            "involvedObject": {
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "namespace": namespace,
                "name": NAME,
            },
            "reason": str(reason),
            "message": message(change, what),
            "type": "Warning",
            "source": {"component": COMPONENT, "host": platform.node()},
            "reportingComponent": COMPONENT,
            "reportingInstance": platform.node(),
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }
        await self._cluster.api.create(f"/api/v1/namespaces/{quote(namespace)}/events", body)


def message(change: Change, what: str) -> str:
    """Everything in one line: annotations are rarely looked at."""
    request = change.request
    digest = change.plan.digest[:16] if change.plan else "none"
    title = change.plan.title if change.plan else request.remedy
    said = (
        f"{what} | {title} | by {request.requester.name} | incident {request.incident} | "
        f"change {change.id}, plan {digest} | reason: {request.reason}"
    )
    return said[:LONGEST]
