"""Which peers an agent reaches: ``cilium-health status -o json``.

An object that is missing was never probed; an empty ``status`` is reachable, any other text is the
error. Both paths missing for a node means unreachable. Source: api/v1/health/models, 1.14 - 1.20.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.clients.cilium.document import Document, document, inner, objects, text
from bot.model.errors import Malformed


class Path(StrEnum):
    """How one path to a peer is."""

    REACHABLE = "reachable"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer as one agent sees it, by the probes it sends.

    ``ping`` reaches the node itself, ``port`` the agent on it (TCP 4240), ``endpoint`` the health
    endpoint behind the overlay, which is where pods are.
    """

    node: str
    ping: Path
    port: Path
    endpoint: Path
    error: str

    @property
    def unreachable(self) -> bool:
        return Path.UNREACHABLE in (self.ping, self.port, self.endpoint)


@dataclass(frozen=True, slots=True)
class PeerHealth:
    """Every peer of one observer."""

    observer: str
    peers: tuple[Peer, ...]

    @property
    def unreachable(self) -> tuple[Peer, ...]:
        """The peers with a path that fails."""
        return tuple(peer for peer in self.peers if peer.unreachable)


def read_health(body: bytes) -> PeerHealth:
    """Parse a health report. Raises :class:`Malformed` when it names no nodes at all."""
    report = document(body, "The agent's health report")
    if not isinstance(inner(report, "nodes"), list):
        raise Malformed("The agent's health report lists no nodes.")
    peers = tuple(_peer(node) for node in objects(report, "nodes"))
    return PeerHealth(observer=_short(text(report, "local", "name")), peers=peers)


def _peer(node: Document) -> Peer:
    host = inner(node, "host", "primary-address")
    behind = inner(node, "health-endpoint", "primary-address") or inner(node, "endpoint")
    probes = [_probe(host, "icmp"), _probe(host, "http"), _both(behind)]
    errors = [error for _, error in probes if error]
    ping, port, endpoint = (path for path, _ in probes)
    return Peer(_short(text(node, "name")), ping, port, endpoint, errors[0] if errors else "")


def _probe(address: object, kind: str) -> tuple[Path, str]:
    probe = inner(address, kind)
    if not isinstance(probe, dict):
        return Path.UNKNOWN, ""
    error = text(probe, "status")
    return (Path.UNREACHABLE, error) if error else (Path.REACHABLE, "")


def _both(address: object) -> tuple[Path, str]:
    """A path that fails when either probe does."""
    probes = [_probe(address, "icmp"), _probe(address, "http")]
    for wanted in (Path.UNREACHABLE, Path.REACHABLE):
        for path, error in probes:
            if path is wanted:
                return path, error
    return Path.UNKNOWN, ""


def _short(name: str) -> str:
    """``node-7`` from ``cluster/node-7``."""
    return name.rpartition("/")[2]
