"""What was asked of the API server: every mutation in full, every request counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Action = tuple[str, str, str, str]
"""(verb, API group, resource, subresource), as RBAC names them."""


@dataclass(frozen=True)
class Mutation:
    """One request that could change something, and how it was answered."""

    time: datetime
    user: str
    verb: str
    group: str
    resource: str
    subresource: str
    namespace: str
    name: str
    code: int
    dry_run: bool
    body: Any
    """The request's body as it was sent (decoded), or None."""

    @property
    def effective(self) -> bool:
        """Whether it changed the cluster."""
        return not self.dry_run and 200 <= self.code < 300


class Ledger:
    """The record of one cluster's requests."""

    def __init__(self) -> None:
        self.mutations: list[Mutation] = []
        self.requests: Counter[Action] = Counter()
        self.execs_in_flight = 0
        self.execs_in_flight_peak = 0

    def exec_began(self) -> None:
        """An exec session is open."""
        self.execs_in_flight += 1
        self.execs_in_flight_peak = max(self.execs_in_flight_peak, self.execs_in_flight)

    def exec_ended(self) -> None:
        """An exec session is over."""
        self.execs_in_flight -= 1
