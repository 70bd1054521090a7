"""Gathering: objects first, then the agents, everything concurrent and within the deadline."""

from __future__ import annotations

import asyncio

from bot.authoring import Run
from runbooks.agent.status.evidence import Seen
from runbooks.agent.status.gathering.agents import Hearing
from runbooks.agent.status.gathering.detail import read_detail
from runbooks.agent.status.gathering.objects import read_objects


async def gather(run: Run, node: str | None, *, deep: bool) -> Seen:
    """Everything ``status`` judges. What cannot be read becomes a gap."""
    seen = Seen(read_at=run.now(), namespace=run.cluster.namespace, node=node, deep=deep)
    await run.step("read objects", lambda: read_objects(run, seen))
    async with asyncio.TaskGroup() as asking:
        asking.create_task(run.step("ask agents", Hearing(run, seen).hear))
        if node is not None:
            asking.create_task(run.step("read detail", lambda: read_detail(run, seen, node)))
    return seen
