"""The change engine on a real store, a cluster of a few objects, a teller that remembers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from bot.authoring import remedy
from bot.engine.changes.parts import Parts
from bot.engine.changes.service import Changes
from bot.engine.registry import Registry, remedy_of
from bot.engine.remedy import Acting, Effect, Looking, PlanRefused, Remedy
from bot.model.access import ANY, Person
from bot.model.approval import ApprovalRule, ApprovalRules, Approvers
from bot.model.change import Change, ChangeRequest, ChangeState, Check
from bot.model.errors import NotFound, OncallError
from bot.model.expiry import Expiry
from bot.model.names import NodeName
from bot.model.plan import Call, ObjectRef, Plan, Risk
from bot.model.run import Door, Requester
from bot.store.connection import Store
from bot.store.ending import end
from tests.engine.changes.kube import FakeCluster

KEY = b"k" * 32
CHANNEL = "C0PROD"
ANA = Requester(door=Door.SLACK, id="U0ANA", name="ana")
BEN = Requester(door=Door.SLACK, id="U0BEN", name="ben")
EVE = Requester(door=Door.SLACK, id="U0EVE", name="eve")
OLA = Requester(door=Door.SLACK, id="U0OLA", name="ola")
POD = "/api/v1/namespaces/kube-system/pods"

RULE = ApprovalRule(
    name="leads",
    place="approvals.yaml:1",
    risks=frozenset(Risk),
    remedies=frozenset([ANY]),
    clusters=frozenset([ANY]),
    namespaces=frozenset([ANY]),
    channels=frozenset([ANY]),
    approvers=Approvers(users=frozenset([BEN.id, OLA.id, ANA.id])),
)


class _Deletes(Remedy):
    """Delete one pod and wait for the next."""

    node: NodeName
    risk = Risk.GUARDED

    async def plan(self, look: Looking) -> Plan:
        try:
            uid = await self._uid(look)
        except NotFound:
            raise PlanRefused(f"There is no agent on {self.node}.", hint="Look again.") from None
        return Plan(
            cluster=look.cluster.name,
            remedy="delete",
            parameters={"node": self.node},
            title=f"Delete the pod on {self.node}",
            risk=self.risk,
            target=f"node/{self.node}",
            calls=(
                Call(
                    verb="delete",
                    object=ObjectRef(kind="Pod", name=self.node, namespace="kube-system", uid=uid),
                ),
            ),
            undo="none",
            checks=("it is another pod",),
            stops_when=("anything fails",),
            agent_restarts=1,
        )

    async def apply(self, act: Acting) -> None:
        uid = act.plan.calls[0].object.uid

        async def delete() -> str:
            await act.writes.delete(f"{POD}/{self.node}", uid=uid)
            return uid

        async def gone() -> Effect:
            try:
                now = await self._uid(act)
            except NotFound:
                return Effect.HAPPENED
            return Effect.ABSENT if now == uid else Effect.HAPPENED

        await act.step("delete the pod", delete, observed=gone)

    async def verify(self, look: Looking) -> tuple[Check, ...]:
        before = look.change.plan.calls[0].object.uid if look.change.plan else ""
        try:
            now = await self._uid(look)
        except NotFound:
            now = ""
        return (Check(name="it is another pod", held=now != before, said=now),)

    async def _uid(self, look: Looking) -> str:
        pod = json.loads(await look.cluster.api.get(f"{POD}/{self.node}"))
        return str(pod["metadata"]["uid"])


@remedy("delete")
class Deletes(_Deletes):
    """Delete one pod and wait for the next."""

    node: NodeName


@remedy("smash")
class Smashes(_Deletes):
    """The same, as breakglass."""

    node: NodeName
    risk = Risk.BREAKGLASS


@remedy("wipe")
class Wipes(_Deletes):
    """The same, as safe."""

    node: NodeName
    risk = Risk.SAFE


class Remembering:
    """A teller: everything told, by the state it was in."""

    def __init__(self, admitted: Callable[[ChangeRequest], None] = lambda _: None) -> None:
        self.told: list[Change] = []
        self.expiries: list[Expiry] = []
        self.heads: list[str] = []
        self.admitted = admitted

    async def admit(self, request: ChangeRequest) -> None:
        self.admitted(request)

    async def person(self, user: str) -> Person:
        return Person(id=user)

    async def tell(self, change: Change) -> None:
        self.told.append(change)

    def progressed(self, change: Change, what: str) -> None:
        pass

    async def tell_expiry(self, expiry: Expiry, change: Change) -> None:
        self.expiries.append(expiry)

    async def tell_head(self, number: int, digest: str) -> None:
        self.heads.append(digest)

    async def kept(self) -> bool:
        return True


class Engine:
    """Changes, and a loop that carries what is due, until :meth:`stop`."""

    def __init__(
        self,
        store: Store,
        *,
        rules: tuple[ApprovalRule, ...] = (RULE,),
        cluster: FakeCluster | None = None,
        remedies: tuple[type, ...] = (Deletes, Smashes, Wipes),
        key: bytes = KEY,
    ) -> None:
        self.store = store
        self.cluster = cluster or FakeCluster()
        registry = Registry([remedy_of(one) for one in remedies])
        clusters: dict[str, Any] = {self.cluster.name: self.cluster}
        self.parts = Parts.of(store, registry, clusters, ApprovalRules(rules=rules), key)
        self.teller = Remembering()
        self.changes = Changes(self.parts, lambda _: None)
        self.changes.tell_through(self.teller)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._carry())

    async def stop(self) -> None:
        await self.changes.carrier.let_go()
        if self._task is not None:
            await end([self._task])

    async def _carry(self) -> None:
        while True:
            with suppress(OncallError):
                due = await self.changes.carrier.due()
                await asyncio.gather(*map(self.changes.carrier.carry, due))
            await asyncio.sleep(0.01)

    async def ask(
        self, name: str = "delete", node: str = "node-1", by: Requester = ANA, **more: str
    ) -> Change:
        request = ChangeRequest(
            remedy=name,
            cluster=self.cluster.name,
            parameters={"node": node},
            requester=by,
            channel=CHANNEL,
            **more,
        )
        return await self.changes.request(request)

    async def until(self, change: Change, *states: ChangeState, within: float = 10.0) -> Change:
        """Wait until the change is in one of ``states`` and was told so."""
        async with asyncio.timeout(within):
            while True:
                now = await self.changes.get(change.id)
                told = [one.state for one in self.teller.told if one.id == change.id]
                if now is not None and now.state in states and told[-1:] == [now.state]:
                    return now
                await asyncio.sleep(0.01)

    async def say(self, change: Change, word: Any, by: Requester = BEN, **more: str) -> Change:
        return await self.changes.say(change.ask or change.id, word, by, Person(id=by.id), **more)

    async def events(self, change: Change) -> list[str]:
        """What the audit says of a change, by kind."""
        records = await self.changes.audit.records(change=change.id)
        return [record.event.event for record in records]
