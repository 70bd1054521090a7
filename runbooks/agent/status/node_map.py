"""Where the trouble is: all nodes by zone and state, when there are too many to list."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection

from bot.authoring import Finding, NodeMap, Severity, State, Tone, Zone, natural
from runbooks.agent.status.evidence import Seen

FROM = 11
"""Nodes: up to ten are read faster in the table."""

OK = State("ok", Tone.GOOD)
NOT_READY = State("not ready", Tone.WARNING)
UNKNOWN = State("not answering", Tone.UNSEEN)


def node_maps_of(seen: Seen, worst: dict[str, Finding]) -> list[NodeMap]:
    """The map of a cluster's agents; none for one node, a small cluster, or unread pods."""
    nodes = sorted((seen.agents or {}).keys() | worst.keys(), key=natural)
    if seen.node is not None or seen.agents is None or len(nodes) < FROM:
        return []
    states = {node: _state(seen, node, worst.get(node)) for node in nodes}
    zones: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for node in nodes:
        zones[_zone(seen, node)].append((node, states[node].name))
    return [
        NodeMap(
            title="Agents by zone" if len(zones) > 1 else "Agents by node",
            states=_legend(states.values()),
            zones=tuple(Zone(name, tuple(zones[name])) for name in sorted(zones, key=natural)),
        )
    ]


def _state(seen: Seen, node: str, worst: Finding | None) -> State:
    if worst is not None:
        bad = worst.severity is Severity.CRITICAL
        return State(worst.id.replace("-", " "), Tone.BAD if bad else Tone.WARNING)
    if node in seen.unknown:
        return UNKNOWN
    pod = (seen.agents or {}).get(node)
    return OK if pod is not None and pod.ready else NOT_READY


def _zone(seen: Seen, node: str) -> str:
    object_ = (seen.nodes or {}).get(node)
    return object_.zone if object_ is not None else ""


def _legend(states: Collection[State]) -> tuple[State, ...]:
    """Each state once, as its worst node takes it; the worst first, then the most frequent."""
    tones = list(Tone)
    counts = Counter(state.name for state in states)
    worst: dict[str, int] = {}
    for state in states:
        worst[state.name] = min(worst.get(state.name, len(tones)), tones.index(state.tone))
    ordered = sorted(worst, key=lambda name: (worst[name], -counts[name], name))
    return tuple(State(name, tones[worst[name]]) for name in ordered)
