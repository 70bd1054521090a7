"""What the stories of ``rollout-restart`` have in common."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.model.change import Change
from bot.model.errors import Unreachable
from runbooks.restarted_at import RESTARTED_AT, value_of
from tests.runbooks.changing import SYSTEM, Changing


async def agents(house: Changing) -> dict[str, str]:
    """UIDs of the agents by node."""
    pods = await house.cluster.reads.pods(SYSTEM, "k8s-app=cilium")
    return {pod.spec.node_name: pod.metadata.uid for pod in pods.items}


async def mark(house: Changing) -> str:
    """The annotation as it is."""
    daemonset = await house.cluster.reads.daemonset(SYSTEM, "cilium")
    return daemonset.spec.template.annotation(RESTARTED_AT)


def edit(house: Changing, **spec: Any) -> None:
    """Somebody else changes the DaemonSet's spec."""
    thing = house.simulated.objects.get("daemonsets", "cilium", SYSTEM)
    thing["spec"] |= spec
    thing["metadata"]["generation"] += 1
    house.simulated.objects.put("daemonsets", thing)


async def until_written(house: Changing, change: Change) -> None:
    """Until the restart of ``change`` has begun."""
    async with asyncio.timeout(20):
        while await mark(house) != value_of(change):
            await asyncio.sleep(0.01)


async def lost() -> None:
    """The answer does not come."""
    raise Unreachable("The connection broke before the answer came.")


def wrap_patch(
    house: Changing,
    monkeypatch: pytest.MonkeyPatch,
    *,
    before: Any = None,
    after: Any = None,
) -> None:
    """Something happens around the write of a DaemonSet."""
    patch = house.cluster.api.patch

    async def wrapped(path: str, changes: Any, **options: Any) -> bytes:
        ours = path.endswith("/daemonsets/cilium") and not options.get("dry_run")
        if ours and before is not None:
            await before()
        answer = await patch(path, changes, **options)
        if ours and after is not None:
            await after()
        return answer

    monkeypatch.setattr(house.cluster.api, "patch", wrapped)
