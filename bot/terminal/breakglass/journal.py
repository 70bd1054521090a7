"""Steps kept in this process: what the engine's journal is without a store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import msgspec

from bot.engine.changes.acting import Act, CancelAsked
from bot.engine.changes.audit import Audit
from bot.model.audit import AuditEvent
from bot.model.change import Change, ChangeState, Decision, StepState, Word


class Unchained(Audit):
    """Makes events and keeps none: there is no store whose chain they could join."""

    def __init__(self) -> None:
        self._seal = None


class ProcessJournal:
    """Implements :class:`bot.engine.changes.journal.ChangeJournal`; what this process is killed
    with is told by the Events in the cluster."""

    def __init__(self, change: Change, stopping: Callable[[], bool]) -> None:
        self.change = change
        self._stopping = stopping

    async def write(self, change: Change, *events: AuditEvent, due: float | None = None) -> None:
        """Keep ``change`` as it is now."""
        self.change = change

    async def words(self) -> Sequence[Decision]:
        """What the person said by now."""
        if self._stopping() and not self.change.said(Word.STOP):
            self.say(Word.STOP, "")
        return self.change.decisions

    def say(self, word: Word, about: str) -> None:
        """Keep a word of the person at the terminal."""
        change = self.change
        said = Decision(
            word=word,
            by=change.request.requester,
            at=datetime.now(UTC),
            digest=change.plan.digest if change.plan else "",
            about=about,
        )
        self.change = msgspec.structs.replace(change, decisions=(*change.decisions, said))

    def settle(self, name: str, word: Word) -> None:
        """What became of the step ``name`` in doubt: done, or as if it had never begun."""
        self.say(word, name)
        by = self.change.request.requester
        # What is done once more is asked about once more.
        words = tuple(
            said
            for said in self.change.decisions
            if word is Word.HAPPENED or (said.word, said.about) != (Word.CONFIRM, name)
        )
        steps = tuple(
            msgspec.structs.replace(step, state=StepState.DONE, said_by=by)
            if step.name == name
            else step
            for step in self.change.steps
            if step.name != name or word is Word.HAPPENED
        )
        self.change = msgspec.structs.replace(self.change, steps=steps, decisions=words)

    def move(self, state: ChangeState, **fields: object) -> Change:
        """The change in another state."""
        self.change = msgspec.structs.replace(self.change, state=state, **fields)
        return self.change


class ActHere(Act):
    """Steps carried out from this terminal. Ctrl-C ends a wait at once: waiting changes nothing."""

    stopping: Callable[[], bool] = staticmethod(lambda: False)

    async def sleep(self, seconds: float) -> None:
        """Wait, unless the person has had enough; never in the middle of a step that acts."""
        if self.stopping() and not self.within_step:
            raise CancelAsked
        await super().sleep(seconds)
        if self.stopping() and not self.within_step:
            raise CancelAsked
