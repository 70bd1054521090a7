"""A pod meant by name and UID: what an exec, and later a delete, is aimed at."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from bot.clients.kubernetes.objects import Pod


@dataclass(frozen=True, slots=True)
class PodRef:
    """A pod meant by name *and* UID. ``seen_at`` is when that pair was read (monotonic)."""

    namespace: str
    name: str
    uid: str
    node: str
    seen_at: float = field(default_factory=time.monotonic)

    @classmethod
    def of(cls, pod: Pod) -> PodRef:
        """The reference to a pod that was just read."""
        return cls(pod.metadata.namespace, pod.name, pod.metadata.uid, pod.spec.node_name)
