"""When something counts as wrong. Proposals of the house, each with its reason."""

from __future__ import annotations

from datetime import timedelta

RECENT_CHANGE = timedelta(hours=1)
RECENT_RESTART = timedelta(hours=1)

CRASHES = 3
CRASHES_WITHIN = timedelta(minutes=10)
"""That many restarts, the last within this time, are a crash loop even while the agent runs:
Kubernetes backs off for at most five minutes between two."""

EXEC_ALL_UP_TO = 100
"""Nodes: up to here looking inside every agent costs less than a second or two."""
SAMPLE = 10
"""Agents to look into above that although nothing looks wrong: proof that exec works."""
OBSERVERS = 6
"""Agents whose view of their peers is read; an unreachable node is seen from any of them."""

CONTROLLER_FAILURES = 3
"""In a row. One or two are the ordinary life of a controller that retries."""
STALE_PROBE = timedelta(minutes=3)
IPAM_NEARLY_FULL = 0.90
IPAM_FULL = 0.98
ENDPOINTS_WAITING = 3
"""Endpoints waiting for an identity at once: fewer are pods that just start."""
LEASE_STALE = timedelta(minutes=2)
"""The operator renews every few seconds; the rest allows for clocks that differ."""
MANY = 0.30
"""The share of agents above which their trouble is the cluster's."""
SHARED_BY = 3
"""Nodes that must share a finding before all agents are restarted for it; in a cluster of fewer
nodes, all of them. For one or two there is ``restart-agent``."""
ROLLOUT_PAUSE = timedelta(minutes=30)
"""Agent pods created further apart than this belong to different changes."""
