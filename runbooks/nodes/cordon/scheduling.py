"""The one write: whether a node takes pods, by what it is now, and only if it still is that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from bot.authoring import Acting, Effect, Looking
from bot.clients.kubernetes.objects import Node
from bot.model.errors import ClientError, Conflict, NotFound
from runbooks.nodes.cordon.mark import NO_MARK, Mark, mark_of

TRIES = 5
"""A kubelet writes its node every few seconds while something changes: then it is read again."""

Change = dict[str, Any]


def path_of(node: str) -> str:
    """Where the node is."""
    return f"/api/v1/nodes/{quote(node)}"


def cordoned(uid: str, mark: Mark) -> Change:
    """A merge patch that cordons the node with ``uid``."""
    return {
        "metadata": {"uid": uid, "annotations": mark.annotations},
        "spec": {"unschedulable": True},
    }


def uncordoned(uid: str) -> Change:
    """A merge patch that takes a cordon of ours back."""
    return {"metadata": {"uid": uid, "annotations": NO_MARK}, "spec": {"unschedulable": None}}


async def write(act: Acting, node: str, wanted: Callable[[Node], Change | None]) -> bool:
    """Patch ``node`` by what it is; ``False`` when there is nothing to do. Within a step.

    Somebody else's write in between is a reason to look again, not to overwrite it.
    """
    for _ in range(TRIES):
        there = await act.cluster.reads.node(node)
        change = wanted(there)
        if change is None:
            return False
        version = there.metadata.resource_version
        try:
            await act.writes.patch(path_of(node), change, resource_version=version)
        except Conflict:
            continue
        return True
    raise Conflict(
        f"{node} was changed by somebody else {TRIES} times in between; nothing was changed.",
        hint=f"Who writes it? kubectl get node {node} -o yaml --show-managed-fields",
    )


def observing(look: Looking, node: str, holds: Callable[[Node], bool]) -> Any:
    """A probe: whether ``holds`` of the node as it is now."""

    async def observed() -> Effect:
        try:
            there = await look.cluster.reads.node(node)
        except NotFound:
            return Effect.ABSENT
        except ClientError:
            return Effect.UNKNOWN
        return Effect.HAPPENED if holds(there) else Effect.ABSENT

    return observed


def is_ours(node: Node, change: str) -> bool:
    """Whether the node is cordoned, and by this change."""
    mark = mark_of(node)
    return node.spec.unschedulable and mark is not None and mark.by == change
