"""The few agent metrics that ``status`` reads, from the agent's Prometheus text.

Source: pkg/metrics of Cilium 1.14 - 1.20; ``ipam_capacity`` exists from 1.15.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.model.errors import Malformed

_WANTED = (
    "unreachable_nodes",
    "unreachable_health_endpoints",
    "controllers_failing",
    "endpoint_state",
    "ip_addresses",
    "ipam_capacity",
)
_LINE = re.compile(
    rb"(?:\{(?P<labels>[^}\n]*)\})? "
    rb"(?P<value>[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d{1,2})?)[ \r]*(?:\n|\Z)"
)
_LABEL = re.compile(rb'(\w+)="([^"]*)"')


@dataclass(slots=True)
class AgentMetrics:
    """What one agent's metrics say; ``None`` where the agent does not export the series."""

    unreachable_nodes: int | None = None
    unreachable_health_endpoints: int | None = None
    controllers_failing: int | None = None
    addresses: int | None = None
    capacity: int | None = None
    endpoint_states: dict[str, int] = field(default_factory=dict)

    @property
    def unreachable(self) -> int:
        """Peers with a path that fails, as far as known."""
        return max(self.unreachable_nodes or 0, self.unreachable_health_endpoints or 0)


def served_port(config: Mapping[str, str]) -> int | None:
    """The port on which agents serve metrics by ``cilium-config``; ``None`` where they are off."""
    _, _, port = config.get("prometheus-serve-metrics-addr", "").rpartition(":")
    return int(port) if port.isdecimal() else None


def read_metrics(body: bytes) -> AgentMetrics:
    """Parse an exposition. Raises :class:`Malformed` when it has none of the agent's series.

    An exposition has thousands of lines (hundreds of kilobytes) and we want a dozen of them, so
    names are searched for instead of reading line by line.
    """
    metrics = AgentMetrics()
    seen = False
    text = b"\n" + body
    for name in _WANTED:
        start = f"\ncilium_{name}".encode()
        found = text.find(start)
        while found >= 0:
            end = found + len(start)
            if match := _LINE.match(text, end):
                seen = True
                labels = dict(_LABEL.findall(match["labels"] or b""))
                _take(metrics, name, labels, int(float(match["value"])))
            found = text.find(start, end)
    if not seen:
        raise Malformed("The agent's metrics have none of the agent's series.")
    return metrics


def _take(metrics: AgentMetrics, name: str, labels: dict[bytes, bytes], value: int) -> None:
    match name:
        case "endpoint_state":
            state = labels.get(b"endpoint_state", b"").decode(errors="replace")
            metrics.endpoint_states[state] = value
        case "ip_addresses":
            metrics.addresses = max(metrics.addresses or 0, value)
        case "ipam_capacity":
            metrics.capacity = max(metrics.capacity or 0, value)
        case _:
            setattr(metrics, name, value)
