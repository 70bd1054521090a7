"""What everybody here works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.engine.changes.audit import Audit
from bot.engine.changes.brakes import Brakes, Gate
from bot.engine.changes.seal import Seal
from bot.engine.changes.teller import Teller
from bot.engine.registry import Registry
from bot.engine.remedy import Remedy
from bot.model.approval import ApprovalRules
from bot.model.change import Change
from bot.model.time_scale import TimeScale
from bot.store.audit import AuditChain
from bot.store.brakes import StoredBrakes
from bot.store.changes import StoredChanges
from bot.store.claims import Claims
from bot.store.connection import Store
from bot.store.expiries import StoredExpiries

if TYPE_CHECKING:
    from bot.clients.cluster import Cluster

DECIDE_BY = 15 * 60.0
DECIDE_BY_BREAKGLASS = 10 * 60.0
VALID = 15 * 60.0
"""Seconds after the decision in which an approved change may begin."""


@dataclass(slots=True)
class Parts:
    """Stores, rules and clusters of one bot. Nobody is told anything before ``teller`` is set."""

    registry: Registry
    clusters: Mapping[str, Cluster]
    rules: ApprovalRules
    seal: Seal
    audit: Audit
    changes: StoredChanges
    expiries: StoredExpiries
    brakes: Brakes
    claims: Claims
    time_scale: TimeScale
    teller: Teller = field(init=False)

    @classmethod
    def of(
        cls,
        store: Store,
        registry: Registry,
        clusters: Mapping[str, Cluster],
        rules: ApprovalRules,
        seal_key: bytes,
        gates: list[Gate] | None = None,
    ) -> Parts:
        """The parts on one store."""
        seal = Seal(seal_key)
        stored = StoredBrakes(store)
        return cls(
            registry=registry,
            clusters=clusters,
            rules=rules,
            seal=seal,
            audit=Audit(AuditChain(store), seal),
            changes=StoredChanges(store),
            expiries=StoredExpiries(store),
            claims=Claims(store),
            brakes=Brakes(stored, gates=gates or [], time_scale=store.time_scale),
            time_scale=store.time_scale,
        )

    def remedy(self, change: Change) -> Remedy:
        """The remedy of a change, with its parameters."""
        request = change.request
        return self.registry.remedy(request.remedy).make(request.parameters)

    def cluster(self, change: Change) -> Cluster:
        """The cluster of a change."""
        return self.clusters[change.request.cluster]

    def knows(self, change: Change) -> bool:
        """Whether this bot is configured for the change at all."""
        request = change.request
        names = {entry.name for entry in self.registry.remedies}
        return request.remedy in names and request.cluster in self.clusters
