"""What an agent says of itself: ``cilium-dbg status -o json`` (models.StatusResponse).

Exit status 0 means nothing here: with ``-o json`` the tool exits 0 whenever the daemon answers.
Source: api/v1/models of Cilium 1.14 - 1.20.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from bot.clients.cilium.document import Document, count, document, inner, mapping, objects, text
from bot.model.errors import Malformed

GOOD_STATES = ("Ok", "Disabled")

_PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("cilium", ("cilium",)),
    ("kubernetes", ("kubernetes",)),
    ("kvstore", ("kvstore",)),
    ("container-runtime", ("container-runtime",)),
    ("cni-file", ("cni-file",)),
    ("cilium-health", ("cluster", "ciliumHealth")),
    ("hubble", ("hubble",)),
)
_ALLOCATED = re.compile(r"IPv[46]: (\d+)/(\d+) allocated")


@dataclass(frozen=True, slots=True)
class Part:
    """A subsystem as the agent reports it: ``Ok``, ``Warning``, ``Failure`` or ``Disabled``."""

    name: str
    state: str
    message: str

    @property
    def good(self) -> bool:
        return self.state in GOOD_STATES


@dataclass(frozen=True, slots=True)
class Controller:
    """A background task of the agent that failed ``failures`` times in a row."""

    name: str
    failures: int
    message: str


@dataclass(frozen=True, slots=True)
class AgentStatus:
    """One agent's status. ``stale`` maps probes that hang to the time of their last answer."""

    parts: tuple[Part, ...]
    failing_controllers: tuple[Controller, ...]
    controllers: int
    stale: tuple[tuple[str, datetime | None], ...]
    allocated: int | None
    capacity: int | None

    def part(self, name: str) -> Part | None:
        """The subsystem ``name``, if reported."""
        return next((part for part in self.parts if part.name == name), None)


def read_status(body: bytes) -> AgentStatus:
    """Parse a status. Raises :class:`Malformed` when it does not say how the agent itself is."""
    status = document(body, "The agent's status")
    if not text(status, "cilium", "state"):
        raise Malformed("The agent's status does not say how the agent is (no cilium.state).")
    controllers = objects(status, "controllers")
    allocated, capacity = _ipam(status)
    return AgentStatus(
        parts=tuple(_parts(status)),
        failing_controllers=tuple(_failing(controllers)),
        controllers=len(controllers),
        stale=tuple((probe, _time(since)) for probe, since in mapping(status, "stale").items()),
        allocated=allocated,
        capacity=capacity,
    )


def _parts(status: Document) -> list[Part]:
    return [
        Part(name, state, " ".join(text(status, *path, "msg").split()))
        for name, path in _PARTS
        if (state := text(status, *path, "state"))
    ]


def _failing(controllers: list[Document]) -> list[Controller]:
    failing = [
        Controller(
            name=text(controller, "name") or "a controller without a name",
            failures=count(controller, "status", "consecutive-failure-count"),
            message=" ".join(text(controller, "status", "last-failure-msg").split()),
        )
        for controller in controllers
    ]
    return sorted((c for c in failing if c.failures > 0), key=lambda c: (-c.failures, c.name))


def _ipam(status: Document) -> tuple[int | None, int | None]:
    """Addresses allocated and there are: IPv4's or IPv6's, whichever comes first in the text.

    Multi-pool IPAM prints pools instead, without a capacity.
    """
    match = _ALLOCATED.search(text(status, "ipam", "status"))
    if match:
        return int(match[1]), int(match[2])
    allocations = inner(status, "ipam", "allocations")
    return (len(allocations), None) if isinstance(allocations, dict) else (None, None)


def _time(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
