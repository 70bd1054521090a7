"""The endpoints of one node: ``cilium-dbg endpoint list -o json``.

Source: api/v1/models Endpoint, 1.14 - 1.20. States other than ``ready`` are normal for seconds
while pods start; ``not-ready``, ``invalid`` and ``waiting-for-identity`` are not for long.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.clients.cilium.document import Document, count, documents, objects, text

READY = "ready"
STUCK_STATES = ("not-ready", "invalid", "waiting-for-identity")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint; ``pod`` is ``namespace/name``, empty for the host and health endpoints."""

    id: int
    state: str
    pod: str
    last_error: str


def read_endpoints(body: bytes) -> tuple[Endpoint, ...]:
    """Parse an endpoint list. Raises :class:`Malformed`."""
    return tuple(_endpoint(item) for item in documents(body, "The agent's endpoint list"))


def _endpoint(item: Document) -> Endpoint:
    identifiers = ("status", "external-identifiers")
    namespace = text(item, *identifiers, "k8s-namespace")
    name = text(item, *identifiers, "k8s-pod-name")
    return Endpoint(
        id=count(item, "id"),
        state=text(item, "status", "state") or "unknown",
        pod=text(item, *identifiers, "pod-name") or (f"{namespace}/{name}" if name else ""),
        last_error=_last_error(objects(item, "status", "log")),
    )


def _last_error(log: list[Document]) -> str:
    failed = (text(entry, "message") for entry in log if text(entry, "code").lower() == "failed")
    return " ".join(next((message for message in failed if message), "").split())
