"""One request of Slack is answered once, however often and by whichever way it comes."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping

from slack_bolt.response import BoltResponse

logger = logging.getLogger(__name__)

KEPT = 10_000
"""Requests remembered. Slack sends an event again for six minutes; a busy bot has fewer."""

Answering = Callable[[], Awaitable[BoltResponse]]


def key_of(body: Mapping[str, object], envelope_id: str = "") -> str:
    """What is the same in every delivery of a request; empty when nothing is.

    An event has its ``event_id``, commands and interactions their ``trigger_id``; of what has
    neither, only a repeated envelope is known.
    """
    for name in ("event_id", "trigger_id"):
        value = body.get(name)
        if isinstance(value, str) and value:
            return f"{name} {value}"
    return f"envelope {envelope_id}" if envelope_id else ""


class Answered:
    """Requests that are being answered or were, at most ``kept``; known to this process only.

    Across processes a run is one by its trigger: ``once=`` of :meth:`Executor.start`.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._seen: OrderedDict[str, asyncio.Task[BoltResponse] | None] = OrderedDict()

    async def once(self, key: str, answering: Answering) -> BoltResponse:
        """The answer. A request under way is joined; one that was answered is only acknowledged.

        What failed may come again: only answers with status 200 are remembered.
        """
        if not key:
            return await answering()
        if key in self._seen:
            logger.info("Slack sent a request again; it is not answered twice")
            task = self._seen[key]
            return BoltResponse(status=200) if task is None else await asyncio.shield(task)
        task = asyncio.ensure_future(answering())
        self._seen[key] = task
        task.add_done_callback(lambda done: self._ended(key, done))
        return await asyncio.shield(task)

    def _ended(self, key: str, task: asyncio.Future[BoltResponse]) -> None:
        if task.cancelled() or task.exception() is not None or task.result().status != 200:
            del self._seen[key]
            return
        self._seen[key] = None
        while len(self._seen) > self._kept:
            self._seen.popitem(last=False)
