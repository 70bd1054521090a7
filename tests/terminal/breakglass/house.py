"""A person who answers what a test says, and a remedy that deletes an agent's pod."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console

from bot.clients.cluster import Cluster
from bot.engine.remedy import Acting, Effect, Looking, NotYet, Remedy
from bot.model.change import Change, ChangeRequest, Check
from bot.model.errors import NotFound
from bot.model.plan import Call, ObjectRef, Plan, Risk
from bot.model.run import Door, Requester
from bot.model.time_scale import TimeScale
from bot.playground.cluster import Mutation, SimulatedCluster
from bot.terminal.breakglass.asking import Person
from bot.terminal.breakglass.session import Session

SCALE = TimeScale(600.0)
NODE = "node-2"
PODS = "/api/v1/namespaces/kube-system/pods"

Answer = str | None | Callable[[], str | None]


class Answers:
    """Implements :class:`bot.terminal.prompt.Prompt` with prepared answers; then nobody answers."""

    def __init__(self, *answers: Answer) -> None:
        self.asked: list[str] = []
        self._left = list(answers)

    async def ask(self, question: str) -> str | None:
        self.asked.append(question)
        answer = self._left.pop(0) if self._left else None
        return answer() if callable(answer) else answer


@dataclass(frozen=True)
class Restart(Remedy):
    """Delete the agent's pod on one node, and wait for the next."""

    node: str = NODE
    keeps: bool = False
    blind: bool = False
    breaks: bool = False
    just_before: Callable[[], object] = field(default=lambda: None)

    async def plan(self, look: Looking) -> Plan:
        pod = await self._pod(look)
        assert pod is not None
        reference = ObjectRef(
            kind="Pod",
            name=pod["metadata"]["name"],
            namespace="kube-system",
            uid=pod["metadata"]["uid"],
        )
        return Plan(
            cluster=look.cluster.name,
            remedy="restart-agent",
            parameters={"node": self.node},
            title=f"Restart the agent on {self.node}",
            risk=Risk.GUARDED,
            target=f"node/{self.node}",
            calls=(Call(verb="delete", object=reference),),
            undo="None is needed.",
            checks=("another pod runs",),
            stops_when=("anything fails",),
        )

    async def apply(self, act: Acting) -> None:
        before = act.plan.calls[0].object
        if self.breaks:
            raise ValueError("a fault of the remedy")

        async def delete() -> str:
            self.just_before()
            await act.writes.delete(f"{PODS}/{before.name}", uid=before.uid)
            return before.uid

        async def gone() -> Effect:
            if self.blind:
                return Effect.UNKNOWN
            pod = await self._pod(act)
            happened = pod is None or pod["metadata"]["uid"] != before.uid
            return Effect.HAPPENED if happened else Effect.ABSENT

        async def another() -> str:
            pod = await self._pod(act)
            if pod is None:
                raise NotYet("There is no other pod yet.")
            return str(pod["metadata"]["name"])

        if self.keeps:
            await act.expire("promise", what="it is restarted", then="left alone", after=3600)
        await act.step("delete the pod", delete, observed=gone)
        await act.wait("wait for another", another, within=300, every=1)

    async def verify(self, look: Looking) -> tuple[Check, ...]:
        plan = look.change.plan
        pod = await self._pod(look)
        held = pod is not None and plan is not None
        held = held and pod["metadata"]["uid"] != plan.calls[0].object.uid
        return (Check(name="another pod runs", held=held),)

    async def _pod(self, look: Looking) -> dict[str, Any] | None:
        query = {
            "labelSelector": "k8s-app=cilium",
            "fieldSelector": f"spec.nodeName={self.node}",
        }
        try:
            found = json.loads(await look.cluster.api.get(PODS, query))["items"]
        except NotFound:
            return None
        alive = [pod for pod in found if not pod["metadata"].get("deletionTimestamp")]
        return alive[0] if alive else None


@dataclass
class House:
    """A cluster, and what a person at a terminal does to it."""

    simulated: SimulatedCluster
    cluster: Cluster
    console: Console

    def loses_the_next_reply(self) -> None:
        self.simulated.inject("api-reply-lost", count=1)

    @property
    def printed(self) -> str:
        assert isinstance(self.console.file, io.StringIO)
        return self.console.file.getvalue()

    async def run(self, prompt: Answers, remedy: Remedy | None = None) -> Change:
        return await self.session(prompt, remedy or Restart()).run()

    def session(self, prompt: Answers, remedy: Remedy) -> Session:
        request = ChangeRequest(
            remedy="restart-agent",
            cluster="lab",
            parameters={"node": NODE},
            requester=Requester(door=Door.TERMINAL, id="ana", name="ana"),
            reason="Slack is down with the network",
            incident="INC-7",
        )
        return Session(
            remedy,
            request,
            self.cluster,
            Person(prompt, self.console),
            self.console,
            time_scale=SCALE,
        )

    @property
    def events(self) -> list[tuple[str, str]]:
        """Reason and message of what was left in the cluster."""
        found = [event.copy() for event in self.simulated.objects.all("events", "kube-system")]
        ours = [event for event in found if event["reason"].startswith("Breakglass")]
        return [(event["reason"], event["message"]) for event in ours]

    @property
    def deletes(self) -> Sequence[Mutation]:
        return [
            one
            for one in self.simulated.ledger
            if (one.verb, one.resource) == ("delete", "pods") and one.effective
        ]

    @property
    def holder(self) -> str:
        """Who holds the lock."""
        lease = self.simulated.objects.get("leases", "cilium-oncall-change", "kube-system")
        return str(lease["spec"].get("holderIdentity") or "")
