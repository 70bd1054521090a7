"""Ending tasks that ask the store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel ``tasks`` until every one has ended, whatever it ends with.

    Once is not enough: redis-py loses a cancellation that arrives together with what it waits for,
    and a task that loops would then go on for ever.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=0.1)
