"""Asking many things at once, within a time: answers, refusals and silence kept apart."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bot.model.errors import ClientError

K = TypeVar("K")
V = TypeVar("V")


@dataclass(slots=True)
class Answers(Generic[K, V]):
    """What came back. ``silent`` are the keys without an answer when time was up."""

    values: dict[K, V] = field(default_factory=dict)
    errors: dict[K, ClientError] = field(default_factory=dict)
    silent: set[K] = field(default_factory=set)


async def ask_all(
    keys: Iterable[K],
    ask: Callable[[K], Awaitable[V]],
    *,
    within: float,
) -> Answers[K, V]:
    """``ask`` about every key concurrently; after ``within`` seconds cancel what has not answered.

    Clients bound how much goes on at once. A :class:`ClientError` is an answer of its own; any
    other exception is a bug and is raised.
    """
    answers: Answers[K, V] = Answers()

    async def put(key: K) -> None:
        try:
            answers.values[key] = await ask(key)
        except ClientError as error:
            answers.errors[key] = error

    tasks = {asyncio.create_task(put(key)): key for key in keys}
    if not tasks:
        return answers
    try:
        done, waiting = await asyncio.wait(tasks, timeout=within)
        for task in done:
            task.result()
        answers.silent.update(tasks[task] for task in waiting)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return answers
