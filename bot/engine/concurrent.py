"""Asking many things at once, within a time: answers, refusals and silence kept apart."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
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
    questions: Mapping[K, Callable[[], Awaitable[V]]],
    *,
    within: float,
    on_answer: Callable[[int, int], None] = lambda done, total: None,
) -> Answers[K, V]:
    """Ask everything concurrently; after ``within`` seconds cancel what has not answered.

    Clients bound how much goes on at once. A :class:`ClientError` is an answer of its own; any
    other exception is a bug and is raised. ``on_answer`` hears of progress: done, total.
    """
    answers: Answers[K, V] = Answers()
    tasks = {asyncio.ensure_future(ask()): key for key, ask in questions.items()}
    waiting = set(tasks)
    ends = asyncio.get_running_loop().time() + within
    try:
        while waiting:
            left = ends - asyncio.get_running_loop().time()
            if left <= 0:
                break
            done, waiting = await asyncio.wait(
                waiting, timeout=left, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                _sort(answers, tasks[task], task)
            on_answer(len(tasks) - len(waiting), len(tasks))
        answers.silent.update(tasks[task] for task in waiting)
    finally:
        await _cancel(waiting)
    return answers


def _sort(answers: Answers[K, V], key: K, task: asyncio.Future[V]) -> None:
    try:
        answers.values[key] = task.result()
    except ClientError as error:
        answers.errors[key] = error


async def _cancel(tasks: set[asyncio.Future[V]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
