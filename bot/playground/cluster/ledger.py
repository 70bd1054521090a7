"""What was asked of the API server: every mutation in full, every request counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .store import Stored

Action = tuple[str, str, str, str]
"""(verb, API group, resource, subresource), as RBAC names them."""


@dataclass
class Outcome:
    """What a write found and what it left; filled in while it is carried out."""

    before: Stored | None = None
    after: Stored | None = None
    collected: list[str] = field(default_factory=list)
    """UIDs that a deletecollection deleted, or began to."""

    def found(self, stored: Stored) -> None:
        """The object is there; so far it stays as it is."""
        self.before = self.after = stored

    @property
    def moved(self) -> bool:
        """Whether anything is stored otherwise than before."""
        return bool(self.collected) or self.after is not self.before

    def identities(self) -> dict[str, str]:
        """UIDs and resourceVersions before and after, as a `Mutation` has them."""
        before, after = self.before, self.after
        return {
            "uid_before": before.uid if before else "",
            "uid_after": after.uid if after else "",
            "version_before": before.resource_version if before else "",
            "version_after": after.resource_version if after else "",
        }


@dataclass(frozen=True)
class Mutation:
    """One request that could change something, how it was answered and what it changed.

    That a change happened exactly once is read from ``effective``: it is true of requests that
    changed what is stored, whatever became of their answer. A second delete of a pod that
    terminates already, or a patch that changes nothing, is answered 200 and is not effective.
    """

    time: datetime
    """When it was answered, or would have been."""
    user: str
    user_agent: str
    verb: str
    group: str
    resource: str
    subresource: str
    namespace: str
    name: str
    """With ``generateName``, the name that came of it."""
    code: int
    """The HTTP status; 0 when the API server died before it did anything."""
    dry_run: bool
    effective: bool
    """Whether it changed what is stored."""
    reply_lost: bool
    """Whether the connection was broken in place of an answer, by a fault."""
    uid_before: str
    """UID of the object when the request came; empty when there was none."""
    uid_after: str
    """UID afterwards; empty when it is gone. A pod that terminates is still there."""
    version_before: str
    version_after: str
    """resourceVersions, likewise."""
    collected: tuple[str, ...]
    """UIDs that a deletecollection deleted."""
    body: Any
    """The request's body as it was sent (decoded), or None."""


class Ledger:
    """The record of one cluster's requests."""

    def __init__(self) -> None:
        self.mutations: list[Mutation] = []
        self.requests: Counter[Action] = Counter()
        self.execs_in_flight = 0
        self.execs_in_flight_peak = 0

    def note(
        self, time: datetime, user: str, verb: str, outcome: Outcome, *, subresource: str = ""
    ) -> None:
        """Write down what another client of the cluster did, because a fault made it do so."""
        stored = outcome.before or outcome.after
        if stored is None:
            raise ValueError("a mutation of nothing")
        self.mutations.append(
            Mutation(
                time=time, user=user, user_agent=user.rpartition(":")[2], verb=verb,
                group=stored.kind.group, resource=stored.kind.plural, subresource=subresource,
                namespace=stored.namespace, name=stored.name, code=200, dry_run=False,
                effective=outcome.moved, reply_lost=False, collected=(), body=None,
                **outcome.identities(),
            )
        )  # fmt: skip

    def exec_began(self) -> None:
        """An exec session is open."""
        self.execs_in_flight += 1
        self.execs_in_flight_peak = max(self.execs_in_flight_peak, self.execs_in_flight)

    def exec_ended(self) -> None:
        """An exec session is over."""
        self.execs_in_flight -= 1
