"""Rows for those who want to look closer: agents of a cluster, subsystems of one agent."""

from __future__ import annotations

from bot.authoring import Finding, Table, natural
from bot.clients.cilium.commands import AGENT_CONTAINER
from bot.clients.cilium.endpoints import READY
from bot.clients.cilium.versions import version_of
from runbooks.agent.status.evidence import Seen, image_of
from runbooks.agent.status.judging.insides import addresses, endpoint_states

MOST_ROWS = 30
_DULL_WHEN_ALIKE = ("version", "restarts")
"""Columns left out when they say the same of every agent: a phone is narrow."""


def tables_of(seen: Seen, worst: dict[str, Finding]) -> list[Table]:
    """The tables of a report; ``worst`` is the worst finding of each node that has any."""
    if seen.node is not None:
        return _subsystems(seen, seen.node)
    agents = seen.agents or {}
    troubled = {node: finding.id.replace("-", " ") for node, finding in worst.items()}
    if len(agents) <= MOST_ROWS:
        shown = sorted(agents, key=natural)
    else:
        shown = sorted(agents.keys() & (troubled.keys() | seen.unknown), key=natural)[:MOST_ROWS]
    if not shown:
        return []
    left_out = len(agents) - len(shown)
    columns = ("node", "agent", "version", "restarts", "endpoints", "addresses")
    rows = [_row(seen, node, troubled) for node in shown]
    differing = [
        index
        for index, column in enumerate(columns)
        if column not in _DULL_WHEN_ALIKE or len({row[index] for row in rows}) > 1
    ]
    return [
        Table(
            title="Agents",
            columns=tuple(columns[index] for index in differing),
            rows=tuple(tuple(row[index] for index in differing) for row in rows),
            note=f"{left_out} agents without findings are not shown." if left_out else "",
        )
    ]


def _row(seen: Seen, node: str, troubled: dict[str, str]) -> tuple[str, ...]:
    pod = (seen.agents or {})[node]
    container = pod.container(AGENT_CONTAINER)
    states = endpoint_states(seen, node)
    used, capacity, _ = addresses(seen, node)
    usual = "unknown" if node in seen.unknown else "ok" if pod.ready else "not ready"
    return (
        node,
        troubled.get(node, usual),
        version_of(image_of(pod)) or "?",
        str(container.restart_count) if container else "?",
        f"{states.get(READY, 0)}/{sum(states.values())}" if states else "-",
        f"{used}/{capacity}" if capacity else "-",
    )


def _subsystems(seen: Seen, node: str) -> list[Table]:
    status = seen.statuses.get(node)
    if status is None:
        return []
    rows = [(part.name, part.state, part.message[:80] or "-") for part in status.parts]
    failing = len(status.failing_controllers)
    healthy = status.controllers - failing
    rows.append(
        ("controllers", "Ok" if not failing else "failing", f"{healthy}/{status.controllers}")
    )
    return [Table(title="Subsystems", columns=("part", "state", "message"), rows=tuple(rows))]
