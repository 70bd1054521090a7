"""How a call of an outside system ended, in one word of a closed list, and how long it took."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bot.model.errors import ClientError

OK = "ok"
CANCELLED = "cancelled"
BROKEN = "broken"
"""A fault of ours: an exception that is none of the project's."""


@contextmanager
def timed(tell: Callable[[float, str], None]) -> Iterator[None]:
    """Tell seconds and outcome of the block: ``ok``, ``cancelled``, ``broken``, or the name of one
    of the project's errors in lower case."""
    began, outcome = time.monotonic(), BROKEN
    try:
        yield
        outcome = OK
    except ClientError as error:
        outcome = type(error).__name__.lower()
        raise
    except asyncio.CancelledError:
        outcome = CANCELLED
        raise
    finally:
        tell(time.monotonic() - began, outcome)
