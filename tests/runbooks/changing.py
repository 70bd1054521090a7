"""Remedies on a simulated cluster, planned alone or carried by the real engine on a real store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from bot.clients.cluster import Cluster
from bot.clients.kubernetes.objects import Pod
from bot.engine.changes.looking import Look
from bot.engine.remedy import Remedy
from bot.model.change import Change, ChangeRequest, ChangeState, Word
from bot.model.plan import Plan
from bot.model.time_scale import TimeScale
from bot.playground.cluster import SimulatedCluster
from bot.store.connection import Store
from bot.store.embedded import EmbeddedStore
from tests.engine.changes.house import ANA, CHANNEL, Engine

SYSTEM = "kube-system"
SCALE = TimeScale(60)
"""A minute takes a second."""


def change_of(remedy: str, **parameters: str) -> Change:
    """A change that was only asked for."""
    request = ChangeRequest(
        remedy=remedy, cluster="it", parameters=parameters, requester=ANA, channel=CHANNEL
    )
    now = datetime.now(UTC)
    return Change(id="c-test", request=request, state=ChangeState.PLANNING, asked_at=now)


async def plan_of(remedy: Remedy, cluster: Cluster, **parameters: str) -> Plan:
    """The plan a remedy makes of the cluster as it is."""
    return await remedy.plan(Look(change_of("it", **parameters), cluster))


class Changing:
    """The engine over one simulated cluster."""

    def __init__(self, engine: Engine, simulated: SimulatedCluster, cluster: Cluster) -> None:
        self.engine = engine
        self.simulated = simulated
        self.cluster = cluster

    async def approved(self, name: str, **parameters: str) -> Change:
        """Ask for a change and approve it as soon as it is put before somebody."""
        asked = await self.asked(name, **parameters)
        await self.engine.say(asked, Word.APPROVE)
        return asked

    async def asked(self, name: str, **parameters: str) -> Change:
        """Ask for a change, until it waits for somebody."""
        change = await self.request(name, **parameters)
        return await self.engine.until(change, ChangeState.WAITING)

    async def request(self, name: str, **parameters: str) -> Change:
        """Ask for a change."""
        request = ChangeRequest(
            remedy=name, cluster="it", parameters=parameters, requester=ANA, channel=CHANNEL
        )
        return await self.engine.changes.request(request)

    async def ended(self, change: Change, within: float = 30.0) -> Change:
        """The change when it has come to an end, or asks a human."""
        ends = [state for state in ChangeState if state.terminal]
        return await self.engine.until(change, *ends, ChangeState.UNKNOWN, within=within)

    async def carried(self, name: str, **parameters: str) -> Change:
        """A change from its request to its end, approved at once."""
        return await self.ended(await self.approved(name, **parameters))

    async def restarted(self) -> None:
        """The process that carries is killed between two awaits, and another one goes on."""
        task = self.engine._task
        assert task is not None
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        self.engine.start()

    async def agent(self, node: str) -> Pod:
        """The agent on a node."""
        pods = await self.cluster.reads.pods(SYSTEM, "k8s-app=cilium", node=node)
        (pod,) = pods.items
        return pod

    def effects(self, resource: str) -> list[str]:
        """Verbs of all calls on ``resource`` that took effect for the bot, in order."""
        return [
            one.verb for one in self.simulated.ledger if one.resource == resource and one.effective
        ]


@asynccontextmanager
async def changing(
    simulated: SimulatedCluster, cluster: Cluster, folder: Path, *remedies: type[Remedy]
) -> AsyncIterator[Changing]:
    """The engine on a store of its own, carrying."""
    server = EmbeddedStore(folder / "store")
    await server.start()
    store = Store(server.address, time_scale=SCALE)
    engine = Engine(store, cluster=cluster, remedies=remedies)  # type: ignore[arg-type]
    engine.start()
    try:
        yield Changing(engine, simulated, cluster)
    finally:
        await engine.stop()
        await store.close()
        await server.stop()
