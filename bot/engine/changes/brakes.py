"""What holds a change back: gathered from store and cluster, judged by a pure function.

A remedy has gates of its own, about the state of the cluster; they are part of its planning.
Source of the restart budget: facts 08, section 3 (our own rule: a tenth of the nodes an hour, at
most ten; one that is broken may always be helped, so at least one).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.engine.changes.lock import Lock
from bot.model.brakes import Brake, Freeze, LockState
from bot.model.names import counted
from bot.model.plan import Plan, Risk
from bot.model.time_scale import REAL_TIME, TimeScale
from bot.store.brakes import StoredBrakes

if TYPE_CHECKING:
    from bot.clients.cluster import Cluster

MOST_RESTARTS = 10
SHARE_OF_NODES = 0.1

Gate = Callable[[str, Plan], Awaitable[Brake | None]]
"""A brake of another room, such as critical alerts: asked with the cluster's name and the plan."""


@dataclass(frozen=True, slots=True)
class BrakesSeen:
    """What was found. ``cooling`` is the change that acted on the target lately."""

    freeze: Freeze | None = None
    lock: LockState | None = None
    cooling: str = ""
    cool_until: datetime | None = None
    restarts: int = 0
    next_restart: datetime | None = None
    nodes: int = 0


def most_restarts(nodes: int) -> int:
    """Agent restarts an hour in a cluster of ``nodes``."""
    return max(1, min(MOST_RESTARTS, int(nodes * SHARE_OF_NODES)))


def brakes_on(plan: Plan, change: str, seen: BrakesSeen) -> list[Brake]:
    """Why ``plan`` of the change with the id ``change`` may not begin now; empty when it may.

    What is safe only takes back what was approved, so no cooldown of its target holds it.
    """
    found = []
    if seen.freeze is not None:
        by = seen.freeze.by.name or seen.freeze.by.id
        found.append(
            Brake(
                name="freeze",
                reason=f"Changes on {plan.cluster} are frozen by {by}: {seen.freeze.reason}",
                until=seen.freeze.until,
                fix="/cilium unfreeze",
            )
        )
    if seen.lock is not None and seen.lock.holder != change:
        found.append(lock_brake(seen.lock))
    if seen.cooling and seen.cooling != change and plan.risk is not Risk.SAFE:
        found.append(
            Brake(
                name="cooldown",
                reason=f"{plan.target} was changed a moment ago by {seen.cooling}.",
                until=seen.cool_until,
                fix="Look whether that helped: /cilium changes",
            )
        )
    most = most_restarts(seen.nodes)
    if plan.agent_restarts and seen.restarts + plan.agent_restarts > most:
        found.append(
            Brake(
                name="restart-budget",
                reason=(
                    f"{counted(seen.restarts, 'agent restart')} within the last hour; "
                    f"{plan.cluster} has {counted(seen.nodes, 'node')} and takes {most} an hour."
                ),
                until=seen.next_restart,
                fix="When many agents need a restart, the cause is elsewhere: /cilium status",
            )
        )
    return found


def lock_brake(held: LockState) -> Brake:
    """The brake that a lock of somebody else is."""
    who = held.holder_name or held.holder
    what = "is locked by hand" if held.by_hand else "is being changed"
    because = f": {held.reason}" if held.reason else ""
    return Brake(
        name="lock",
        reason=f"{held.cluster} {what} by {who}{because}",
        until=held.until,
        fix="/cilium locks",
    )


class Brakes:
    """The brakes of all clusters; ``gates`` are those of other rooms."""

    def __init__(
        self,
        stored: StoredBrakes,
        *,
        gates: Sequence[Gate] = (),
        time_scale: TimeScale = REAL_TIME,
    ) -> None:
        self.stored = stored
        self.gates = list(gates)
        self._scale = time_scale

    def lock(self, cluster: Cluster) -> Lock:
        """The lock of ``cluster``."""
        return Lock(cluster, self._scale)

    async def on(self, plan: Plan, change: str, cluster: Cluster) -> list[Brake]:
        """Why ``plan`` may not begin now. Raises ClientError and StoreUnavailable: what cannot be
        seen is no permission."""
        freezes = await self.stored.freezes()
        cooling, cool_until = await self.stored.cooling(plan.cluster, plan.target)
        restarts, next_restart, nodes = 0, None, 0
        if plan.agent_restarts:
            restarts, next_restart = await self.stored.spent(plan.cluster)
            nodes = len(await cluster.reads.node_names())
        seen = BrakesSeen(
            freeze=next((one for one in freezes if one.cluster == plan.cluster), None),
            lock=await self.lock(cluster).state(),
            cooling=cooling,
            cool_until=cool_until,
            restarts=restarts,
            next_restart=next_restart,
            nodes=nodes,
        )
        others = [await gate(plan.cluster, plan) for gate in self.gates]
        return [*brakes_on(plan, change, seen), *(one for one in others if one is not None)]

    async def spend(self, plan: Plan, change: str, cluster: Cluster) -> bool:
        """Count the restarts of a plan that begins; ``False`` when others were faster."""
        if not plan.agent_restarts:
            return True
        most = most_restarts(len(await cluster.reads.node_names()))
        return await self.stored.spend(plan.cluster, change, plan.agent_restarts, most)
