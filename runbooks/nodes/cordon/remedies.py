"""The remedies ``cordon`` and ``uncordon``."""

from __future__ import annotations

from dataclasses import KW_ONLY
from datetime import timedelta
from typing import ClassVar

import msgspec

from bot.authoring import (
    Acting,
    Check,
    Duration,
    Looking,
    NodeName,
    Plan,
    PlanRefused,
    Remedy,
    remedy,
)
from bot.clients.kubernetes.objects import Node
from bot.model.errors import Conflict, NotFound
from bot.model.nearest import did_you_mean
from runbooks.nodes.cordon.judge import (
    CORDON,
    UNCORDON,
    cordon_checks,
    cordon_plan,
    uncordon_checks,
    uncordon_plan,
)
from runbooks.nodes.cordon.mark import NO_MARK, Mark, by_whom, mark_of
from runbooks.nodes.cordon.scheduling import (
    Change,
    cordoned,
    is_ours,
    observing,
    path_of,
    uncordoned,
    write,
)

USUAL = Duration(4 * 3_600.0)
NO_COOLDOWN = 0.0
"""A cordon takes nothing away, and taking it back must not have to wait."""
DRY_RUN = "The API server would change this very node."


@remedy(CORDON)
class Cordon(Remedy):
    """Keep new pods off a node for a while.

    NODE is a node's full name; pods that run there go on. After --for (4h unless said otherwise, at
    most 7d) the node is uncordoned by itself, if the cordon is still this change's own.
    """

    node: NodeName
    _: KW_ONLY
    for_: Duration = USUAL
    cooldown: ClassVar[float] = NO_COOLDOWN

    async def plan(self, look: Looking) -> Plan:
        """What would be done, or :class:`PlanRefused`."""
        there = await _node(look, self.node)
        others = (await look.cluster.reads.nodes()).items
        plan = cordon_plan(look.cluster.name, there, others, self.for_, look.now())
        await _try(look, there, cordoned(there.metadata.uid, Mark(look.change.id)))
        return msgspec.structs.replace(plan, dry_run=DRY_RUN)

    async def apply(self, act: Acting) -> None:
        """Promise to take it back, then cordon."""
        node, uid = self.node, act.plan.calls[0].object.uid
        request = act.change.request
        reason = " ".join(filter(None, [request.reason, request.incident]))
        until = (act.now() + timedelta(seconds=self.for_)).isoformat(timespec="seconds")
        mark = Mark(act.change.id, reason, until)

        def wanted(there: Node) -> Change | None:
            _require_same(there, uid)
            if is_ours(there, mark.by):
                return None
            if there.spec.unschedulable:
                raise Conflict(f"{node} was cordoned meanwhile, {by_whom(there, act.now())}.")
            return cordoned(uid, mark)

        async def cordon() -> str:
            await write(act, node, wanted)
            return node

        ours = observing(act, node, lambda there: is_ours(there, mark.by))
        what = f"{node} is cordoned"
        await act.expire("promise to uncordon", what=what, then="uncordoned", after=self.for_)
        await act.step(f"cordon {node}", cordon, observed=ours)

    async def verify(self, look: Looking) -> tuple[Check, ...]:
        """Whether the node takes no new pods, by this change."""
        there = await look.cluster.reads.node(self.node)
        off, own = cordon_checks(self.node)
        mark = mark_of(there)
        return (
            Check(name=off, held=there.spec.unschedulable),
            Check(name=own, held=is_ours(there, look.change.id), said=mark.by if mark else ""),
        )

    async def revert(self, act: Acting) -> bool:
        """Uncordon, if the cordon is still this change's own."""
        change, node = act.change.id, self.node

        def wanted(there: Node) -> Change | None:
            mark = mark_of(there)
            if mark is None or mark.by != change:
                return None
            if there.spec.unschedulable:
                return uncordoned(there.metadata.uid)
            # Somebody uncordoned it. The mark goes, or the next cordon would look like ours.
            return {"metadata": {"uid": there.metadata.uid, "annotations": NO_MARK}}

        try:
            there = await act.cluster.reads.node(node)
        except NotFound:
            return False
        step = f"uncordon {node}" if is_ours(there, change) else f"remove the mark from {node}"
        if wanted(there) is None:
            # Ended already: by the step of a carrier that died over it, or by somebody else.
            return any(one.name.endswith(f"uncordon {node}") for one in act.change.steps)

        async def uncordon() -> str:
            await write(act, node, wanted)
            return node

        gone = observing(act, node, lambda now: wanted(now) is None)
        await act.step(step, uncordon, observed=gone)
        return step.startswith("uncordon")


@remedy(UNCORDON)
class Uncordon(Remedy):
    """Let new pods onto a node again that this bot cordoned.

    NODE is a node's full name. It needs no approval, because it only ends what an approved change
    set up; cordons of others are left alone.
    """

    node: NodeName
    cooldown: ClassVar[float] = NO_COOLDOWN

    async def plan(self, look: Looking) -> Plan:
        """What would be done, or :class:`PlanRefused`."""
        there = await _node(look, self.node)
        plan = uncordon_plan(look.cluster.name, there, look.now())
        await _try(look, there, uncordoned(there.metadata.uid))
        return msgspec.structs.replace(plan, dry_run=DRY_RUN)

    async def apply(self, act: Acting) -> None:
        """Uncordon, if the cordon is still the planned one."""
        node, uid = self.node, act.plan.calls[0].object.uid
        by = act.plan.pinned["cordoned-by"]

        def wanted(there: Node) -> Change | None:
            _require_same(there, uid)
            if not there.spec.unschedulable:
                return None
            if not is_ours(there, by):
                raise Conflict(f"{node} is cordoned otherwise by now, {by_whom(there, act.now())}.")
            return uncordoned(uid)

        async def uncordon() -> str:
            await write(act, node, wanted)
            return node

        takes_pods = observing(act, node, lambda there: not there.spec.unschedulable)
        await act.step(f"uncordon {node}", uncordon, observed=takes_pods)

    async def verify(self, look: Looking) -> tuple[Check, ...]:
        """Whether the node takes new pods."""
        there = await look.cluster.reads.node(self.node)
        takes, clean = uncordon_checks(self.node)
        return (
            Check(name=takes, held=not there.spec.unschedulable),
            Check(name=clean, held=mark_of(there) is None),
        )


async def _node(look: Looking, name: str) -> Node:
    try:
        return await look.cluster.reads.node(name)
    except NotFound:
        raise PlanRefused(
            f"There is no node {name} in {look.cluster.name}.",
            hint=did_you_mean(name, await look.cluster.reads.node_names()) or "kubectl get nodes",
        ) from None


async def _try(look: Looking, there: Node, change: Change) -> None:
    """As a dry run; a node that was just written is none the worse for it."""
    version = there.metadata.resource_version
    try:
        await look.dry_run.patch(path_of(there.name), change, resource_version=version)
    except Conflict:
        raise PlanRefused(
            f"{there.name} is being changed right now.", hint="Ask again in a moment."
        ) from None


def _require_same(there: Node, uid: str) -> None:
    if there.metadata.uid != uid:
        raise Conflict(f"{there.name} is another node by now: it was replaced under its name.")
