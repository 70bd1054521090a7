"""Tells listeners - browser pages and waiting tests - what happens in the workspace."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from bot.playground.slack.records import Message

Event = tuple[str, Any]
"""("message", Message) | ("removed", Message) | ("joined", Channel) | ("cluster", state)
| ("link", None) | ("views", user id) | ("end", None)"""

_MOST_WAITING: Final = 2_000


class Feed:
    """Hands every event to every listener; one that lags far behind is ended and reads anew."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[Event]] = set()

    @property
    def listeners(self) -> int:
        return len(self._queues)

    @contextmanager
    def listen(self) -> Iterator[asyncio.Queue[Event]]:
        queue: asyncio.Queue[Event] = asyncio.Queue()
        self._queues.add(queue)
        try:
            yield queue
        finally:
            self._queues.discard(queue)

    def tell(self, name: str, value: Any) -> None:
        for queue in tuple(self._queues):
            if queue.qsize() >= _MOST_WAITING:
                self._end(queue)
            else:
                queue.put_nowait((name, value))

    def message(self, message: Message) -> None:
        self.tell("message", message)

    def end(self) -> None:
        """Let every listener finish."""
        for queue in tuple(self._queues):
            self._end(queue)

    def _end(self, queue: asyncio.Queue[Event]) -> None:
        self._queues.discard(queue)
        queue.put_nowait(("end", None))
