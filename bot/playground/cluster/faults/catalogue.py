"""Every fault there is: its name, what it needs as a target, what it does.

A fault changes causes and returns the way to take them out again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from . import agents, control_plane, rollouts, writes
from .scene import Options, Scene, Undo


class Target(StrEnum):
    """What a fault is aimed at."""

    CLUSTER = "cluster"
    NODE = "node"
    NODE_PAIR = "node-pair"


Cause = Callable[[Scene, str, Options], Undo]


@dataclass(frozen=True)
class FaultKind:
    """One entry of the catalogue. ``options`` gives each option's default."""

    name: str
    target: Target
    description: str
    cause: Cause
    options: dict[str, Any] = field(default_factory=dict)


_KINDS = (
    FaultKind(
        "agent-crash-loop", Target.NODE,
        "The agent dies at each start: CrashLoopBackOff, restarts grow, a fatal line in its log.",
        agents.crash_loop, {"oom": False, "restarts": 4, "cured_by_restart": False},
    ),
    FaultKind(
        "agent-silent", Target.NODE,
        "The agent hangs: exec and metrics never answer; its pod becomes unready after 90 s.",
        agents.silent, {"cured_by_restart": False},
    ),
    FaultKind(
        "agent-never-ready", Target.NODE,
        "The next agent pod starts and never becomes Ready; the present one runs on.",
        agents.never_ready, {"pods": "next"},
    ),
    FaultKind(
        "agent-failing", Target.NODE,
        "The agent cannot reach the API server: its status says Failure, controllers fail.",
        agents.failing, {"cured_by_restart": False},
    ),
    FaultKind(
        "agent-garbage", Target.NODE,
        "The agent's client prints truncated JSON and exits 0.",
        agents.garbage, {"cured_by_restart": False},
    ),
    FaultKind(
        "node-unreachable", Target.NODE,
        "The machine is gone: node Ready Unknown, its kubelet cannot be dialled, peers miss it.",
        agents.unreachable,
    ),
    FaultKind(
        "link-down", Target.NODE_PAIR,
        "Two nodes cannot reach each other; both are fine for everybody else.",
        agents.link_down,
    ),
    FaultKind(
        "ipam-full", Target.NODE,
        "Addresses of pods long gone were never released: the node's pool is nearly used up.",
        agents.pool_used_up, {"free": 2},
    ),
    FaultKind(
        "endpoints-not-ready", Target.NODE,
        "The policy map is full: some endpoints of the node cannot be regenerated.",
        agents.endpoints_not_ready, {"count": 2},
    ),
    FaultKind(
        "operator-down", Target.CLUSTER,
        "All pods of cilium-operator crash; its Lease grows stale.",
        control_plane.operator_down, {"restarts": 4},
    ),
    FaultKind(
        "relay-down", Target.CLUSTER,
        "hubble-relay crashes: it cannot read its client certificate.",
        control_plane.relay_down, {"restarts": 4},
    ),
    FaultKind(
        "api-slow", Target.CLUSTER,
        "The API server takes longer for every request.",
        control_plane.slow, {"seconds": 2.0},
    ),
    FaultKind(
        "api-throttle", Target.CLUSTER,
        "The API server refuses a share of all reads with 429 and Retry-After.",
        control_plane.throttle, {"share": 0.3},
    ),
    FaultKind(
        "api-down", Target.CLUSTER,
        "The API server is gone: connections are reset and refused.",
        control_plane.down,
    ),
    FaultKind(
        "api-reply-lost", Target.CLUSTER,
        "The next changes take effect, but the connection breaks before their answer.",
        writes.lose_replies, {"count": 1},
    ),
    FaultKind(
        "api-dies-after", Target.CLUSTER,
        "The API server dies right after (or before) the next change takes effect; it comes back.",
        writes.die, {"writes": 1, "requests": None, "effect": "applied", "seconds": 2.0},
    ),
    FaultKind(
        "write-conflict", Target.CLUSTER,
        "Another writer changes each object just before the next changes that know its version.",
        writes.conflict, {"count": 1, "resource": None},
    ),
    FaultKind(
        "watch-slow", Target.CLUSTER,
        "Watches tell what happened only after a while.",
        control_plane.slow_watches, {"seconds": 2.0},
    ),
    FaultKind(
        "watch-expired", Target.CLUSTER,
        "History was compacted: open watches end and cannot be resumed (410).",
        control_plane.break_watches,
    ),
    FaultKind(
        "pod-recreated", Target.NODE,
        "Somebody else evicts the agent's pod: another one stands in its place.",
        writes.recreate_pod, {"when": "now", "same_name": False},
    ),
    FaultKind(
        "exec-forbidden", Target.CLUSTER,
        "Nobody may exec into pods.",
        control_plane.forbid_exec,
    ),
    FaultKind(
        "metrics-off", Target.CLUSTER,
        "Agents serve no metrics; cilium-config has not set an address for them for long.",
        control_plane.metrics_off,
    ),
    FaultKind(
        "config-not-rolled-out", Target.CLUSTER,
        "cilium-config changed after the agents started; they run the old configuration.",
        rollouts.config_changed, {"key": "monitor-aggregation", "value": "none"},
    ),
    FaultKind(
        "version-skew", Target.NODE,
        "One agent pod still runs an older image: the strategy is OnDelete and it was left out.",
        rollouts.version_skew, {"version": None},
    ),
    FaultKind(
        "recent-change", Target.CLUSTER,
        "The agents' DaemonSet was restarted with a new revision some minutes ago, and finished.",
        rollouts.recent_change, {"minutes": 12.0},
    ),
)  # fmt: skip

CATALOGUE: dict[str, FaultKind] = {kind.name: kind for kind in _KINDS}
