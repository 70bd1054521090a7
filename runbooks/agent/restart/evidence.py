"""What ``restart-agent`` sees, before and after. ``None`` means "could not be read"."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from bot.clients.kubernetes.objects import ControllerRevision, DaemonSet, Lease, Node, Pod


class Inside(msgspec.Struct, frozen=True, kw_only=True):
    """One agent's own view. It is journaled before the agent is stopped, hence plain data.

    ``unreachable`` are peers that it does not reach; ``trouble`` is why something is ``None``.
    """

    state: str | None = None
    message: str = ""
    unreachable: tuple[str, ...] | None = None
    endpoints: int | None = None
    endpoints_ready: int | None = None
    trouble: str = ""

    @property
    def ready_share(self) -> float | None:
        """The share of its endpoints that is ready; an agent without any has all."""
        if self.endpoints is None or self.endpoints_ready is None:
            return None
        return self.endpoints_ready / self.endpoints if self.endpoints else 1.0


class Peering(msgspec.Struct, frozen=True, kw_only=True):
    """What some other agents see. ``missing`` do not reach the node; ``lost`` are peers that one of
    them does not reach either, so that it is not the node's own trouble."""

    asked: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class After:
    """How it is now. ``pods`` are the agents on the node; ``newest`` is the template's hash."""

    pods: tuple[Pod, ...]
    newest: str
    inside: Inside
    peering: Peering


@dataclass(slots=True)
class Seen:
    """What the plan rests on. ``agents`` are all of the cluster, failed leftovers aside."""

    read_at: datetime
    cluster: str
    namespace: str
    node: str
    nodes: dict[str, Node]
    agents: tuple[Pod, ...]
    daemonset: DaemonSet | None
    revisions: tuple[ControllerRevision, ...]
    lease: Lease | None
    inside: Inside = field(default_factory=Inside)
    on_node: tuple[Pod, ...] | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def here(self) -> tuple[Pod, ...]:
        """The agents on the node: one, where all is as it should be."""
        return tuple(pod for pod in self.agents if pod.spec.node_name == self.node)

    @property
    def others(self) -> tuple[Pod, ...]:
        """The agents elsewhere."""
        return tuple(pod for pod in self.agents if pod.spec.node_name != self.node)

    @property
    def newest(self) -> str:
        """The hash of the template a new agent comes from; empty when there is no history."""
        return newest_of(self.revisions)


def newest_of(revisions: tuple[ControllerRevision, ...]) -> str:
    """The hash of the newest template; empty when there is none."""
    newest = max(revisions, key=lambda revision: revision.revision, default=None)
    return newest.hash if newest else ""
