"""Questions to a cluster, put at once: answers by name, and a gap for each that has none."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.authoring import Gap, Run
from bot.clients.kubernetes.reads import Listed
from bot.engine.concurrent import ask_all
from bot.model.errors import NotFound, TimedOut

SILENT = TimedOut(
    "The API server did not answer in time.",
    hint="Is the VPN up? Try `kubectl get nodes`, or more time: --deadline 60s.",
)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and in words. ``blinding``: without it there is no verdict. ``may_be_absent``:
    that it does not exist is an answer."""

    words: str
    ask: Callable[[], Awaitable[Any]]
    blinding: bool = False
    may_be_absent: bool = False


async def answers_to(
    run: Run, questions: Mapping[str, Question], *, share: float = 0.6
) -> tuple[dict[str, Any], list[Gap]]:
    """Everything within a ``share`` of the time that is left. Lists come as tuples of what could be
    read of them. Raises :class:`ClientError` when nothing at all answers."""
    given = await ask_all(
        questions, lambda name: questions[name].ask(), within=run.remaining * share
    )
    unanswered = run.cluster.api.trouble or SILENT
    if questions and not given.values and not any(_absent(e) for e in given.errors.values()):
        raise next(iter(given.errors.values()), unanswered)
    gaps: list[Gap] = []
    values: dict[str, Any] = {}
    for name, question in questions.items():
        if name in given.values:
            value = given.values[name]
            if isinstance(value, Listed):
                if value.unreadable:
                    gaps.append(Gap(f"some {question.words}", value.unreadable[0]))
                value = value.items
            values[name] = value
            continue
        error = given.errors.get(name, unanswered)
        if not (question.may_be_absent and _absent(error)):
            gaps.append(Gap(question.words, error.message, error.hint, question.blinding))
    return values, gaps


def _absent(error: Exception) -> bool:
    return isinstance(error, NotFound)
