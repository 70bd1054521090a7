"""Whether the bot is alive and ready, and why: what ``/healthz`` and ``/readyz`` say.

Only what makes taking requests pointless makes the bot unready. A cluster that does not answer is
told and changes nothing: the bot is there to say so, and an unready pod gets no commands.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import msgspec

from bot.model.names import format_duration
from bot.observability.metrics import ClusterWatch, StoreWatch
from bot.slack.delivery import LATE
from bot.slack.outbox import Outbox
from bot.slack.socket_mode import SocketMode

EVERY = 0.5
"""Seconds between two looks at the event loop."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One part. ``required`` parts decide about readiness."""

    part: str
    ok: bool
    why: str
    required: bool = False


Part = Callable[[], Line]


class LoopLag:
    """How much later than asked the event loop wakes a sleeper: the worst of the last look and
    now, in seconds. A loop that hangs does not answer at all, and the probe's time runs out."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Look from now on."""
        self._task = asyncio.create_task(self._look(), name="event loop lag")

    async def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _look(self) -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(EVERY)
            self.seconds = max(0.0, time.monotonic() - began - EVERY)


def outbox_line(outbox: Outbox) -> Line:
    """Closed: the bot ends. Full: nothing new can be answered."""
    waits = f"{outbox.depth} wait, the oldest for {format_duration(outbox.age)}"
    if outbox.closed:
        return Line(part="slack outbox", ok=False, why="closed, the bot is ending", required=True)
    if outbox.age > LATE:
        waits = f"Slack delays messages: {waits}"
    why = f"full: {waits}" if outbox.full else waits
    return Line(part="slack outbox", ok=not outbox.full, why=why, required=True)


def store_line(watch: StoreWatch) -> Line:
    """When the store last answered. Read-only runs go on without it, so it decides nothing."""
    now = time.monotonic()
    if watch.away_since is not None:
        why = f"away for {format_duration(now - watch.away_since)}; answers are not recorded"
        return Line(part="store", ok=False, why=why)
    if watch.heard_at is None:
        return Line(part="store", ok=True, why="not asked yet")
    return Line(part="store", ok=True, why=f"answered {format_duration(now - watch.heard_at)} ago")


def socket_line(sockets: SocketMode, *, required: bool) -> Line:
    """Connected and since when, else why not and what to do. ``required`` where Slack has no other
    way in."""
    part, since = "slack socket mode", format_duration(sockets.since)
    count = sockets.open_connections
    if count:
        why = f"{count} of {sockets.wanted} connections, connected for {since}"
        return Line(part=part, ok=True, why=why, required=required)
    why = f"not connected for {since}"
    if sockets.trouble is not None:
        why += f": {sockets.trouble}"
    return Line(part=part, ok=False, why=why, required=required)


def cluster_line(watch: ClusterWatch) -> Line:
    """When the API server was last heard."""
    part, now = f"cluster {watch.name}", time.monotonic()
    if watch.unheard_since is not None:
        since = format_duration(now - watch.unheard_since)
        return Line(part=part, ok=False, why=f"{watch.trouble} for {since}")
    if watch.heard_at is None:
        return Line(part=part, ok=True, why="not asked yet")
    return Line(part=part, ok=True, why=f"answered {format_duration(now - watch.heard_at)} ago")
