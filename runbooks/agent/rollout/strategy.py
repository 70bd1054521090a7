"""How many agents a DaemonSet's rollout takes away at once. Pure.

Source: Kubernetes' DaemonSet controller (apps/v1): ``maxUnavailable`` is 1 unless set, a share is
of the nodes that are to run a pod, rounded up.
"""

from __future__ import annotations

import math

from bot.clients.kubernetes.objects import DaemonSet


def max_unavailable(daemonset: DaemonSet) -> int:
    """How many agents may be away at once."""
    rolling = daemonset.spec.update_strategy.rolling_update
    value = rolling.max_unavailable if rolling else None
    return _of(1 if value is None else value, daemonset.status.desired_number_scheduled)


def max_surge(daemonset: DaemonSet) -> int:
    """How many nodes may run an old and a new agent at once."""
    rolling = daemonset.spec.update_strategy.rolling_update
    value = rolling.max_surge if rolling else None
    return _of(0 if value is None else value, daemonset.status.desired_number_scheduled)


def _of(value: int | str, total: int) -> int:
    if isinstance(value, int):
        return value
    share = value.strip().removesuffix("%")
    return math.ceil(int(share) * total / 100) if share.isdecimal() else 1
