"""Who reaches whom, from a few agents' view of their peers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from bot.authoring import Confidence, Finding, Severity, Subject, natural
from bot.clients.cilium.health import Path, Peer
from runbooks.agent.status.evidence import Seen, node_is_gone
from runbooks.agent.status.judging.about import about_node

SEEN_BY = 0.5
"""The share of observers that must miss a node before it is the node's trouble."""


def judge(seen: Seen) -> Iterator[Finding]:
    """Nodes that others cannot reach, and nodes that cannot reach others."""
    missed = _missed(seen)
    isolated = _isolated(seen)
    for node in isolated:
        yield _is_isolated(seen, node)
    for node, views in sorted(missed.items()):
        views = {observer: peer for observer, peer in views.items() if observer not in isolated}
        explained = node in isolated or _explained(seen, node)
        if views and not explained and seen.node in (None, node, *views):
            yield _is_unreachable(seen, node, views)
    yield from _only_counted(seen, missed)


def _explained(seen: Seen, node: str) -> bool:
    """An agent that is known to be down explains that it does not answer; its node being gone
    does not: that nobody reaches the node proves it."""
    pod = (seen.agents or {}).get(node)
    return pod is not None and not pod.ready and not node_is_gone(seen, node)


def _missed(seen: Seen) -> dict[str, dict[str, Peer]]:
    """Per node the observers with a failing path to it."""
    missed: dict[str, dict[str, Peer]] = defaultdict(dict)
    for observer, health in seen.health.items():
        for peer in health.unreachable:
            if peer.node != observer:
                missed[peer.node][observer] = peer
    return missed


def _isolated(seen: Seen) -> list[str]:
    """Observers that miss more than half of their peers while others do not."""
    missing_most = [
        observer
        for observer, health in sorted(seen.health.items())
        if len(health.peers) > 2 and len(health.unreachable) > len(health.peers) / 2
    ]
    return missing_most if len(missing_most) < max(2, len(seen.health) / 2) else []


def _is_isolated(seen: Seen, node: str) -> Finding:
    health = seen.health[node]
    return about_node(
        "node-isolated",
        node,
        (
            f"The node reaches only {len(health.peers) - len(health.unreachable)} "
            f"of its {len(health.peers)} peers."
        ),
        proof=(f"cilium-health on {node}: {_error(health.unreachable[0])}",),
        next_steps=("Check the node's network: firewall, routes, MTU, and TCP 4240 and ICMP.",),
        confidence=Confidence.LIKELY,
    )


def _is_unreachable(seen: Seen, node: str, views: dict[str, Peer]) -> Finding:
    observers = [observer for observer in seen.health if observer != node]
    by_most = len(views) >= SEEN_BY * len(observers)
    identifier, cause = _what_fails(list(views.values()))
    if not by_most:
        identifier = "link-broken"
        cause = f"{_list(views)} cannot reach it, others can: the path between them is broken."
    return about_node(
        identifier,
        node,
        cause,
        proof=(
            f"{len(views)} of {len(observers)} agents asked do not reach it ({_list(views)})",
            *sorted({_error(peer) for peer in views.values()})[:2],
        ),
        confidence=Confidence.CERTAIN if by_most and len(views) > 1 else Confidence.LIKELY,
    )


def _what_fails(views: list[Peer]) -> tuple[str, str]:
    """Which of the three probes fails tells what is broken."""
    if any(peer.ping is Path.UNREACHABLE for peer in views):
        return "node-unreachable", "The node itself is unreachable: it does not answer ping."
    if any(peer.port is Path.UNREACHABLE for peer in views):
        return (
            "agent-unreachable",
            "The node answers ping, but its agent does not answer its peers: it hangs or is down, "
            "or TCP 4240 is blocked.",
        )
    return (
        "pods-unreachable",
        "Pods on the node are unreachable although node and agent answer: overlay, MTU or a "
        "firewall in between.",
    )


def _only_counted(seen: Seen, missed: dict[str, dict[str, Peer]]) -> Iterator[Finding]:
    """Agents count unreachable peers that no observer could name."""
    counting = {n: m.unreachable for n, m in sorted(seen.metrics.items()) if m.unreachable}
    if not counting or missed or max(counting.values()) <= _known_down(seen):
        return
    yield Finding(
        id="peers-unreachable",
        severity=Severity.WARNING,
        confidence=Confidence.LIKELY,
        subject=Subject("cluster", "cluster") if seen.node is None else Subject("node", seen.node),
        cause=f"{len(counting)} agents count unreachable peers; which ones is not known.",
        proof=tuple(f"{node}: {number} unreachable" for node, number in list(counting.items())[:8]),
    )


def _known_down(seen: Seen) -> int:
    """How many agents are known not to answer, which every other agent counts as unreachable."""
    agents = seen.agents or {}
    return sum(not pod.ready or node in seen.unknown for node, pod in agents.items())


def _list(views: dict[str, Peer]) -> str:
    names = sorted(views, key=natural)
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _error(peer: Peer) -> str:
    return peer.error[:200] or "no path answers"
