"""cilium-health: what one agent sees of its peers.

A path is healthy when both ICMP and HTTP answer (pkg/health/client PathIsHealthy); the metrics
``unreachable_nodes`` and ``unreachable_health_endpoints`` count host and endpoint paths that are
not. Probes are as fresh as the question: the real interval of a minute or more is not modelled.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import msgspec

from bot.playground.cluster.clock import rfc3339, rfc3339_milli
from bot.playground.cluster.machines import Fleet, Machine

from .view import AgentView

JsonObject = dict[str, Any]
PORT = 4240
_DATED_SINCE = 19  # lastProbed came with 1.19
_TIMED_OUT = "Connection timed out"


class Summary(NamedTuple):
    """How many peers cannot be reached."""

    unreachable_nodes: int
    unreachable_endpoints: int


class _Trouble(NamedTuple):
    """What a probe of one peer runs into; empty texts are success."""

    host_icmp: str = ""
    host_http: str = ""
    endpoint_icmp: str = ""
    endpoint_http: str = ""


def _hello(address: str, why: str) -> str:
    return f'Get "http://{address}:{PORT}/hello": {why}'


def _dial(address: str, why: str) -> str:
    return _hello(address, f"dial tcp {address}:{PORT}: {why}")


def _trouble(here: Machine, peer: Machine) -> _Trouble:
    if peer is here:
        return _Trouble()
    host, endpoint = peer.address, peer.health
    if not peer.powered or peer.name in here.blocked or here.name in peer.blocked:
        return _Trouble(
            _TIMED_OUT, _dial(host, "i/o timeout"), _TIMED_OUT, _dial(endpoint, "i/o timeout")
        )
    # The responder of the health endpoint dies with the agent, and is started last.
    if peer.crash is not None or peer.stuck:
        return _Trouble(
            "", _dial(host, "connect: connection refused"),
            "", _dial(endpoint, "connect: connection refused"),
        )  # fmt: skip
    if peer.hung:
        why = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
        return _Trouble(host_http=_hello(host, why))
    return _Trouble()


def _troubles(view: AgentView) -> dict[str, _Trouble]:
    """Peers with any trouble; a healthy cluster gives none."""
    here = view.machine
    suspects = (
        peer
        for peer in view.world.fleet
        if not peer.agent_answers or peer.name in here.blocked or here.name in peer.blocked
    )
    found = {peer.name: _trouble(here, peer) for peer in suspects}
    return {name: trouble for name, trouble in found.items() if any(trouble)}


def summary(view: AgentView) -> Summary:
    """What the metrics count."""
    troubles = _troubles(view).values()
    return Summary(
        sum(bool(one.host_icmp or one.host_http) for one in troubles),
        sum(bool(one.endpoint_icmp or one.endpoint_http) for one in troubles),
    )


def report(view: AgentView) -> bytes:
    """``cilium-health status -o json``, indented as the command prints it.

    A thousand agents with a thousand peers each say nearly the same: what everybody says of a
    peer is rendered once, and only what this agent sees otherwise is rendered for it.
    """
    common = _common_view(view)
    here = view.machine
    nodes = [
        _rendered(view, peer, _trouble(here, peer)) if _differs(here, peer) else common[peer.name]
        for peer in view.world.fleet
    ]
    now = rfc3339(view.world.clock.now())
    return b"".join(
        (
            f'{{\n  "local": {{\n    "name": "{view.name}"\n  }},\n  "nodes": [\n    '.encode(),
            b",\n    ".join(nodes),
            f'\n  ],\n  "probeInterval": "1m36.7s",\n  "timestamp": "{now}"\n}}\n'.encode(),
        )
    )


def _differs(here: Machine, peer: Machine) -> bool:
    """Whether this machine may see a peer otherwise than the rest of the fleet."""
    return peer is here or peer.name in here.blocked or here.name in peer.blocked


_Common = tuple[tuple[int, int, int], dict[str, bytes]]
_common_views: WeakKeyDictionary[Fleet, _Common] = WeakKeyDictionary()


def _common_view(view: AgentView) -> dict[str, bytes]:
    """What machines without troubles of their own see of each peer; kept until causes change."""
    fleet, minor = view.world.fleet, view.release.minor
    moment = int(view.world.clock.now().timestamp() / 10) if minor >= _DATED_SINCE else 0
    key = (fleet.changes, minor, moment)
    kept = _common_views.get(fleet)
    if kept is None or kept[0] != key:
        nobody = Machine("", 0, "", view.machine.pool)
        found = {peer.name: _rendered(view, peer, _trouble(nobody, peer)) for peer in fleet}
        kept = _common_views[fleet] = (key, found)
    return kept[1]


def _rendered(view: AgentView, peer: Machine, trouble: _Trouble) -> bytes:
    node = msgspec.json.encode(_node(view, peer, trouble))
    return msgspec.json.format(node, indent=2).replace(b"\n", b"\n    ")


def _node(view: AgentView, peer: Machine, trouble: _Trouble) -> JsonObject:
    latency, probed = peer.latency(), None
    if view.release.minor >= _DATED_SINCE:
        probed = rfc3339_milli(view.world.clock.now() - timedelta(seconds=20))

    def path(ip: str, icmp: str, http: str) -> JsonObject:
        return {
            "primary-address": {
                "http": _result(http, latency * 2, probed),
                "icmp": _result(icmp, latency, probed),
                "ip": ip,
            }
        }

    return {
        "health-endpoint": path(peer.health, trouble.endpoint_icmp, trouble.endpoint_http),
        "host": path(peer.address, trouble.host_icmp, trouble.host_http),
        "name": f"{view.release.cluster_name}/{peer.name}",
    }


def _result(problem: str, latency: int, probed: str | None) -> JsonObject:
    result: JsonObject = {"status": problem} if problem else {"latency": latency}
    return result | ({"lastProbed": probed} if probed else {})


def text(view: AgentView, *, succinct: bool = False) -> str:
    """``cilium-health status`` as a human sees it."""
    troubles = _troubles(view)
    total = len(view.world.fleet)
    bad = sum(bool(one.host_icmp or one.host_http) for one in troubles.values())
    lines = [f"Probe time:   {rfc3339(view.world.clock.now())}", "Nodes:"]
    for peer in view.world.fleet:
        trouble = troubles.get(peer.name)
        if succinct and trouble is None:
            continue
        lines.append(f"  {view.release.cluster_name}/{peer.name} ({peer.address}):")
        verdict = "reachable" if trouble is None else "unreachable"
        lines.append(f"    Host connectivity:   {verdict}")
    lines.append(f"Cluster health:   {total - bad}/{total} reachable")
    return "\n".join(lines) + "\n"
