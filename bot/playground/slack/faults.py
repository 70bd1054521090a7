"""Trouble on request: throttled, failing, slow and lost answers of Web API methods."""

import asyncio
from collections import defaultdict, deque
from typing import NamedTuple


class Failure(NamedTuple):
    """How one call is to fail.

    `retry_after` makes it a 429; otherwise `error` is answered, or a bare HTTP `status`. With
    `done` the call takes effect first and only its answer is lost.
    """

    error: str | None = None
    status: int = 200
    retry_after: int | None = None
    done: bool = False


class Faults:
    """Failures waiting for calls, by method; each call uses up one."""

    def __init__(self) -> None:
        self._failures: dict[str, deque[Failure]] = defaultdict(deque)
        self._delays: dict[str, float] = {}

    def add(self, method: str, failure: Failure, times: int) -> None:
        self._failures[method].extend([failure] * times)

    def next(self, method: str) -> Failure | None:
        waiting = self._failures[method]
        return waiting.popleft() if waiting else None

    def delay(self, method: str, seconds: float) -> None:
        """Answer every call of this method so much later; 0 ends it."""
        self._delays[method] = seconds

    def trouble(self) -> list[str]:
        """What is disturbed on request, in words for the page."""
        failing = [
            f"calls of {method} that fail next: {len(waiting)}"
            for method, waiting in self._failures.items()
            if waiting
        ]
        slow = [
            f"{method} is {seconds:g} s late" for method, seconds in self._delays.items() if seconds
        ]
        return [*failing, *slow]

    async def wait(self, method: str) -> None:
        if seconds := self._delays.get(method, 0):
            await asyncio.sleep(seconds)

    def clear(self) -> None:
        self._failures.clear()
        self._delays.clear()
