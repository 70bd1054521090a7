"""The remedy ``restart-agent``."""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from bot.authoring import (
    Acting,
    Check,
    Effect,
    Looking,
    NodeName,
    NotYet,
    ObjectRef,
    Plan,
    Remedy,
    remedy,
)
from bot.model.errors import ClientError, Conflict, NotFound
from runbooks.agent.restart.checks import checks, words_of
from runbooks.agent.restart.evidence import Inside
from runbooks.agent.restart.gather import (
    agents_on,
    gather,
    look_after,
    look_inside,
    newest,
)
from runbooks.agent.restart.judge import refusal
from runbooks.agent.restart.planning import NAME, READY_WITHIN, plan_of

LOOK = "look before"
WAIT = "wait for the new agent"
LOOK_EVERY = 2.0
"""Seconds between two looks at a new agent."""


@remedy(NAME)
class RestartAgent(Remedy):
    """Restart the Cilium agent on one node.

    NODE is a node's full name. The agent's pod is deleted, and the DaemonSet makes a new one. Until
    that is Ready, L7 and DNS proxy connections of the node are reset, no pod starts or stops on it,
    and policy changes wait; other traffic goes on. One approval, and one agent at a time: it is
    refused while another agent is not available, unless this one is broken already.
    """

    node: NodeName

    async def plan(self, look: Looking) -> Plan:
        """What would be done, or :class:`PlanRefused`."""
        seen = await gather(look, self.node)
        if refused := refusal(seen):
            raise refused
        plan = plan_of(seen)
        pod = plan.calls[0].object
        await look.dry_run.delete(_path(pod), uid=pod.uid)
        return msgspec.structs.replace(plan, dry_run="The API server would delete this very pod.")

    async def apply(self, act: Acting) -> None:
        """Note how it was, delete the pod, wait for the next one."""
        pod = act.plan.calls[0].object
        node, cluster = self.node, act.cluster

        async def look() -> str:
            here = await agents_on(cluster, node)
            inside = await look_inside(cluster, here[0] if here else None)
            return msgspec.json.encode(inside).decode()

        async def delete() -> str:
            try:
                await act.writes.delete(_path(pod), uid=pod.uid)
            except (Conflict, NotFound):
                raise Conflict(
                    f"Pod {pod.name} is another one by now or gone: somebody else restarted the "
                    f"agent on {node}. Nothing was deleted.",
                    hint=f"/cilium status {node}",
                ) from None
            return pod.name

        async def deleted() -> Effect:
            try:
                there = await cluster.reads.pod(pod.namespace, pod.name)
            except NotFound:
                return Effect.HAPPENED
            except ClientError:
                return Effect.UNKNOWN
            gone = there.metadata.uid != pod.uid or there.deleting
            return Effect.HAPPENED if gone else Effect.ABSENT

        async def is_back() -> str:
            here = [one for one in await agents_on(cluster, node) if one.metadata.uid != pod.uid]
            if not here:
                await cluster.reads.node(node)  # without it there will be no agent
                raise NotYet(f"There is no new agent on {node}.")
            fresh = here[-1]
            if waits := words_of(fresh, await newest(cluster)):
                act.told(waits)
                raise NotYet(f"{waits}. kubectl -n {pod.namespace} describe pod {fresh.name}")
            return fresh.name

        act.told(f"looking at {node} before its agent stops")
        await act.step(LOOK, look, observed=_harmless)
        act.told(f"deleting pod {pod.name}")
        await act.step(f"delete pod {pod.namespace}/{pod.name}", delete, observed=deleted)
        act.told(f"waiting for the new agent on {node}")
        await act.wait(WAIT, is_back, within=READY_WITHIN, every=LOOK_EVERY)

    async def verify(self, look: Looking) -> tuple[Check, ...]:
        """The plan's checks, by what is seen now."""
        plan, journaled = look.change.plan, look.result(LOOK)
        before = msgspec.json.decode(journaled, type=Inside) if journaled else Inside()
        now = await look_after(look, self.node)
        return checks(self.node, now, before, old=plan.calls[0].object.uid if plan else "")


async def _harmless() -> Effect:
    return Effect.ABSENT  # looking twice changes nothing


def _path(pod: ObjectRef) -> str:
    return f"/api/v1/namespaces/{quote(pod.namespace)}/pods/{quote(pod.name)}"
