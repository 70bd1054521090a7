"""Journaled steps: each effect once, or a human is asked.

``started`` is written before a step acts and ``done`` after. A step that was left started, or whose
answer was lost, is asked through its probe whether it happened. Only what certainly did not happen
is done again; what the probe cannot tell is in doubt. Nothing is written to the cluster outside of
a step, nor without the lock.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from bot.engine.changes.audit import Audit
from bot.engine.changes.calls import WritesInSteps
from bot.engine.changes.journal import ChangeJournal
from bot.engine.changes.lock import Lock, LockTaken
from bot.engine.changes.looking import Look
from bot.engine.remedy import Effect, NotYet, Writes
from bot.model.audit import Event
from bot.model.change import Change, ChangeStep, StepState, Word, new_expiry_id
from bot.model.errors import ClientError, OncallError, Throttled, TimedOut, Unreachable
from bot.model.expiry import Expiry
from bot.model.plan import Plan, Risk
from bot.model.time_scale import TimeScale

if TYPE_CHECKING:
    from bot.clients.cluster import Cluster

logger = logging.getLogger(__name__)

PROBING = 60.0
"""Seconds to find out whether a step happened, before a human is asked."""
PROBE_EVERY = 2.0
TRIES = 3
"""Times a step acts that was seen not to have happened."""
RENEW = 30.0
"""Seconds after which a step that waits renews the lock."""


class StepFailed(OncallError):
    """A step ended the change; nothing after it was done."""


class InDoubt(Exception):
    """A step may have happened, and its probe cannot tell: a human must say."""


class WordNeeded(Exception):
    """The next step of a breakglass change waits for somebody's word."""

    def __init__(self, step: str) -> None:
        super().__init__(step)
        self.step = step


class CancelAsked(Exception):
    """Somebody wants it to stop; the step before this one is the last."""


KeepExpiry = Callable[[Expiry], Awaitable[None]]


class Act(Look):
    """One carrier's execution of an approved change. Implements :class:`bot.engine.remedy.Acting`.

    ``prefix`` keeps the steps of a revert apart from those of the change.
    """

    def __init__(
        self,
        journal: ChangeJournal,
        cluster: Cluster,
        lock: Lock,
        audit: Audit,
        keep_expiry: KeepExpiry,
        on_progress: Callable[[Change, str], None],
        on_step: Callable[[Change], Awaitable[None]],
        *,
        time_scale: TimeScale,
        prefix: str = "",
    ) -> None:
        super().__init__(journal.change, cluster)
        assert journal.change.plan is not None  # noqa: S101  planned before
        self.plan: Plan = journal.change.plan
        self.writes: Writes = WritesInSteps(self)
        self.within_step = False
        self._journal = journal
        self._lock = lock
        self._audit = audit
        self._keep_expiry = keep_expiry
        self._on_progress = on_progress
        self._on_step = on_step
        self._scale = time_scale
        self._prefix = prefix
        self._renewed = 0.0

    def told(self, what: str) -> None:
        """How far it is."""
        self._on_progress(self.change, what)

    async def sleep(self, seconds: float) -> None:
        """Wait, by the time scale."""
        await asyncio.sleep(self._scale.seconds(seconds))

    async def step(
        self,
        name: str,
        act: Callable[[], Awaitable[str]],
        *,
        observed: Callable[[], Awaitable[Effect]],
        within: float = 30.0,
        outlasts: float = 0.0,
    ) -> str:
        """As :meth:`bot.engine.remedy.Acting.step` says."""
        name = self._prefix + name
        known = self._step(name)
        if known is not None and known.state is StepState.DONE:
            return known.result
        if known is not None and known.state is StepState.FAILED:
            raise StepFailed(known.error)
        left_started = known is not None or await self._was_forgotten(name)
        settled = self._settled(known, outlasts) if left_started else 0.0
        for _ in range(TRIES):
            if not left_started:
                await self._boundary(name)
                result = await self._try(name, act, within)
                if result is not None:
                    return await self._done(name, result)
                settled = 0.0  # what it started went with it
            left_started = False
            match await self._effect(observed, settled):
                case Effect.HAPPENED:
                    return await self._done(name, "")
                case Effect.UNKNOWN:
                    await self._write(name, StepState.DOUBTFUL)
                    raise InDoubt(name)
        raise await self._failed(name, f"{TRIES} tries had no effect.")

    async def wait(
        self, name: str, done: Callable[[], Awaitable[str | None]], *, within: float, every: float
    ) -> str:
        """As :meth:`bot.engine.remedy.Acting.wait` says."""
        name = self._prefix + name
        known = self._step(name)
        if known is not None and known.state is StepState.DONE:
            return known.result
        if known is not None and known.state is StepState.FAILED:
            raise StepFailed(known.error)
        if known is None:
            await self._renew()
            known = await self._write(name, StepState.STARTED)
        ends = known.started_at + timedelta(seconds=self._scale.seconds(within))
        seen = ""
        while True:
            try:
                result = await done()
            except (Unreachable, TimedOut, Throttled, NotYet) as error:
                result, seen = None, error.message
            except ClientError as error:
                raise await self._failed(name, str(error)) from None
            if result is not None:
                return await self._done(name, result)
            if datetime.now(UTC) >= ends:
                raise await self._failed(name, f"Not within {within:.0f} s. {seen}".strip())
            if self._is_due_for_renewal():
                await self._journal.words()  # still ours? who lost it must not hold its lock
                await self._renew(patient=True)
            await self.sleep(every)

    async def expire(self, name: str, *, what: str, then: str, after: float) -> str:
        """As :meth:`bot.engine.remedy.Acting.expire` says."""
        change = self.change
        expiry_id = new_expiry_id(f"{change.id} {name}")
        now = datetime.now(UTC)
        expiry = Expiry(
            id=expiry_id,
            change=change.id,
            cluster=self.plan.cluster,
            what=what,
            then=then,
            at=now + timedelta(seconds=self._scale.seconds(after)),
            made_at=now,
            by=change.request.requester,
        )

        async def keep() -> str:
            await self._keep_expiry(expiry)
            return expiry_id

        async def observed() -> Effect:
            return Effect.ABSENT  # keeping it twice keeps it once

        return await self.step(name, keep, observed=observed)

    async def _try(self, name: str, act: Callable[[], Awaitable[str]], within: float) -> str | None:
        """The result, or ``None`` when it is not known whether it happened."""
        await self._write(name, StepState.STARTED)
        self.within_step = True
        try:
            async with asyncio.timeout(within):
                return await act()
        except (Unreachable, TimedOut, TimeoutError) as error:
            logger.warning("step %s of %s is in question: %s", name, self.change.id, error)
            return None
        except ClientError as error:
            raise await self._failed(name, str(error)) from None
        finally:
            self.within_step = False

    def _settled(self, left: ChangeStep | None, outlasts: float) -> float:
        """When nothing that a carrier before this one started can go on, on the loop's clock."""
        if outlasts <= 0.0:
            return 0.0
        passed = (datetime.now(UTC) - left.started_at).total_seconds() if left else 0.0
        return asyncio.get_running_loop().time() + self._scale.seconds(outlasts) - passed

    async def _was_forgotten(self, name: str) -> bool:
        """Whether this change began the step, as the Lease says, and the journal was lost since."""
        denied = (said for said in self.change.said(Word.DID_NOT) if said.about in ("", name))
        return not any(denied) and name in await self._lock.begun(self.change.id)

    async def _effect(
        self, observed: Callable[[], Awaitable[Effect]], settled: float = 0.0
    ) -> Effect:
        """Ask the probe until it can tell, for :data:`PROBING` seconds at most. Before ``settled``
        what has not happened may happen yet."""
        clock = asyncio.get_running_loop().time
        ends = max(clock(), settled) + self._scale.seconds(PROBING)
        while True:
            with suppress(ClientError, TimeoutError):
                async with asyncio.timeout(15):
                    effect = await observed()
                if effect is Effect.HAPPENED or (effect is Effect.ABSENT and clock() >= settled):
                    return effect
            if clock() >= ends:
                return Effect.UNKNOWN
            if self._is_due_for_renewal():
                await self._journal.words()  # still ours?
                with suppress(StepFailed):  # it only looks, whoever holds the lock by now
                    await self._renew(patient=True)
            await self.sleep(PROBE_EVERY)

    async def _boundary(self, name: str) -> None:
        """Between two steps: still wanted, still ours, and confirmed where that is needed."""
        words = await self._journal.words()
        if any(said.word in (Word.CANCEL, Word.STOP) for said in words) and not self._prefix:
            raise CancelAsked
        if self.plan.risk is Risk.BREAKGLASS and not self._prefix:
            confirmed = {said.about for said in words if said.word is Word.CONFIRM}
            if name not in confirmed:
                raise WordNeeded(name)
        await self._renew(step=name)

    def _is_due_for_renewal(self) -> bool:
        passed = asyncio.get_running_loop().time() - self._renewed
        return passed >= self._scale.seconds(RENEW)

    async def _renew(self, *, patient: bool = False, step: str = "") -> None:
        """Hold the lock still; raises :class:`StepFailed` when somebody else took it. ``patient``:
        what is under way goes on although the cluster cannot be reached."""
        request = self.change.request
        try:
            await self._lock.take(
                self.change.id, self.plan.title, holder_name=request.requester.name, step=step
            )
        except LockTaken as error:
            who = error.held.holder_name or error.held.holder
            raise StepFailed(
                f"The lock of {self.plan.cluster} was taken by {who}; nothing more was done.",
                hint="/cilium locks",
            ) from None
        except (Unreachable, TimedOut):
            if not patient:
                raise
            return
        self._renewed = asyncio.get_running_loop().time()

    def _step(self, name: str) -> ChangeStep | None:
        return next((one for one in self.change.steps if one.name == name), None)

    async def _done(self, name: str, result: str) -> str:
        await self._write(name, StepState.DONE, result=result)
        return result

    async def _failed(self, name: str, error: str) -> StepFailed:
        await self._write(name, StepState.FAILED, error=error)
        return StepFailed(error)

    async def _write(
        self, name: str, state: StepState, *, result: str = "", error: str = ""
    ) -> ChangeStep:
        known = self._step(name)
        now = datetime.now(UTC)
        step = ChangeStep(
            name=name,
            state=state,
            # A step that acts again began again: its successor counts from there.
            started_at=known.started_at if known and state is not StepState.STARTED else now,
            ended_at=None if state is StepState.STARTED else now,
            result=result,
            error=error,
        )
        others = self.change.steps
        steps = (
            tuple(step if one.name == name else one for one in others)
            if known
            else (*(*others, step),)
        )
        change = msgspec.structs.replace(self.change, steps=steps)
        said = f"{name}: {state}{f' ({error})' if error else ''}"
        await self._journal.write(change, self._audit.event(Event.STEP, change, detail=said))
        self.change = change
        await self._on_step(change)
        return step
