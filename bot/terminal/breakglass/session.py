"""A breakglass change, from its plan to its end: one person, one step at a time, all of it loud."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
from rich.console import Console

from bot.engine.changes.acting import CancelAsked, InDoubt, WordNeeded
from bot.engine.changes.lock import LASTS, Lock, LockTaken
from bot.engine.changes.looking import Look
from bot.engine.remedy import Remedy
from bot.model.brakes import LockState
from bot.model.change import (
    Change,
    ChangeRequest,
    ChangeState,
    Check,
    StepState,
    Word,
    new_change_id,
)
from bot.model.change_document import change_document
from bot.model.errors import ClientError, NotAllowed, OncallError, TimedOut, Unreachable
from bot.model.expiry import Expiry
from bot.model.plan import Plan, Risk, what_changed
from bot.model.time_scale import REAL_TIME, TimeScale
from bot.terminal.breakglass.asking import Person
from bot.terminal.breakglass.ending import print_end, proven
from bot.terminal.breakglass.events import AuditEvents, Reason
from bot.terminal.breakglass.journal import ActHere, ProcessJournal, Unchained
from bot.terminal.changes import print_step
from bot.terminal.lines import print_line
from bot.terminal.plan import print_plan

if TYPE_CHECKING:
    from bot.clients.cluster import Cluster

RENEW = LASTS / 5
"""Seconds between renewals of the lock while a person thinks."""
_REMEMBERED = "What a bot would know is not known here: freezes, cooldowns, the restart budget."


class Session:
    """One change without a bot. ``request`` has an incident and a reason, and its requester is who
    the cluster says the caller is."""

    def __init__(
        self,
        remedy: Remedy,
        request: ChangeRequest,
        cluster: Cluster,
        person: Person,
        console: Console,
        *,
        time_scale: TimeScale = REAL_TIME,
    ) -> None:
        now = datetime.now(UTC)
        change = Change(
            id=new_change_id(), request=request, state=ChangeState.PLANNING, asked_at=now
        )
        self.expiries: list[Expiry] = []
        self._remedy = remedy
        self._cluster = cluster
        self._person = person
        self._console = console
        self._scale = time_scale
        self._journal = ProcessJournal(change, lambda: person.stopping)
        self._lock = Lock(cluster, time_scale)
        self._events = AuditEvents(cluster)
        self._unwritten: list[str] = []

    async def run(self) -> Change:
        """The change as it ended. Raises :class:`OncallError` when nothing was begun."""
        with self._person.heard(lambda: self._journal.change.state.acted):
            plan = await self._plan()
            print_plan(self._console, plan)
            print_line(self._console, (_REMEMBERED, "yellow"))
            await self._agreed(plan)
            await self._take_lock(plan)
            renewing = asyncio.create_task(self._renew(plan), name="breakglass lock")
            try:
                await self._still(plan)
                await self._begin()
                await self._carry_out()
                change = self._journal.change
                await self._tell(Reason.ENDED, f"Ended as {change.state}: {change.outcome}")
            finally:
                renewing.cancel()
                await asyncio.gather(renewing, return_exceptions=True)
                await self._release()
            print_end(self._console, change_document(change), self.expiries, self._unwritten)
            return change

    async def _plan(self) -> Plan:
        """The plan by the present state; done from here it is breakglass, whatever it would be."""
        plan = await self._remedy.plan(Look(self._journal.change, self._cluster))
        return msgspec.structs.replace(plan, risk=Risk.BREAKGLASS)

    async def _agreed(self, plan: Plan) -> None:
        if not await self._person.types(plan.cluster):
            raise NotAllowed(f"That is not {plan.cluster}; nothing was done.")
        self._journal.move(ChangeState.APPROVED, plan=plan)

    async def _take_lock(self, plan: Plan) -> None:
        change = self._journal.change
        who = change.request.requester.name
        try:
            await self._lock.take(change.id, f"breakglass: {plan.title}", holder_name=who)
        except LockTaken as error:
            raise NotAllowed(
                f"Another change holds the lock of {plan.cluster}: {_held(error.held)}",
                hint="Wait for it; a lock that nobody renews lapses by itself.",
            ) from None

    async def _still(self, agreed: Plan) -> None:
        """Under the lock the plan is made again; another one is read and agreed to anew."""
        while (plan := await self._plan()).digest != agreed.digest:
            print_line(self._console, ("The cluster changed while you read:", "bold yellow"))
            for line in what_changed(agreed, plan):
                print_line(self._console, (f"    {line}", ""))
            print_plan(self._console, plan)
            await self._agreed(plan)
            agreed = plan

    async def _begin(self) -> None:
        before = await self._checks()
        change = self._journal.move(
            ChangeState.EXECUTING, began_at=datetime.now(UTC), checks_before=before
        )
        try:
            await self._events.write(Reason.BEGAN, change, "Began, without bot and approval")
        except ClientError as error:
            print_line(
                self._console, ("The audit cannot be written: ", "bold red"), (str(error), "")
            )
            if not await self._person.agrees("Go on, and write it down yourself?"):
                raise NotAllowed("Without its audit nothing was done.") from None
            self._unwritten.append(f"{Reason.BEGAN}: {error}")

    async def _carry_out(self) -> None:
        try:
            await self._apply()
            if self._journal.change.state is ChangeState.VERIFYING:
                await self._verify()
        except Exception as error:  # noqa: BLE001  the border: whatever broke, what was done is told
            self._stop(ChangeState.FAILED, f"The remedy broke: {type(error).__name__}.")

    async def _apply(self) -> None:
        """Steps, each after its word, until all are done or something ends it."""
        while self._journal.change.state is ChangeState.EXECUTING:
            try:
                await self._remedy.apply(self._act())
            except WordNeeded as needed:
                sure = await self._person.agrees(f"Next step: {needed.step}. Carry it out?")
                self._journal.say(Word.CONFIRM if sure else Word.STOP, needed.step)
            except InDoubt as doubt:
                await self._settle(str(doubt))
            except CancelAsked:
                self._stop(ChangeState.CANCELLED, "You stopped it.")
            except (Unreachable, TimedOut) as error:
                print_line(self._console, ("Between two steps: ", "bold red"), (str(error), ""))
                if not await self._person.agrees("Nothing is in doubt. Try again?"):
                    self._stop(ChangeState.CANCELLED, "You stopped it.")
            except OncallError as error:
                self._stop(ChangeState.FAILED, error.message, error.hint)
            else:
                self._journal.move(ChangeState.VERIFYING)

    async def _settle(self, step: str) -> None:
        word = await self._person.settles(step)
        if word is Word.STOP:
            self._stop(
                ChangeState.STOPPED, f"You stopped it; whether {step} happened is not known."
            )
        else:
            self._journal.settle(step, word)
            await self._tell(Reason.STEP, f"{step}: {word}, as the person said")

    def _stop(self, state: ChangeState, why: str, hint: str = "") -> None:
        done = [one.name for one in self._journal.change.steps if one.state is StepState.DONE]
        what = f"Done before: {', '.join(done)}." if done else "Nothing was done before."
        now = datetime.now(UTC)
        self._journal.move(state, outcome=f"{why} {what}", hint=hint, ended_at=now)

    async def _verify(self) -> None:
        print_line(self._console, ("The checks must hold twice. Ctrl-C ends the waiting.", "dim"))
        change = self._journal.change
        held = await proven(
            self._remedy, self._checks, self._console, self._person.stopped, self._scale
        )
        title = change.plan.title if change.plan else change.request.remedy
        said = f"{title}: done, and all checks held." if held.twice else held.why
        state = ChangeState.DONE if held.twice else ChangeState.UNVERIFIED
        self._journal.move(state, checks=held.checks, outcome=said, ended_at=datetime.now(UTC))

    async def _checks(self) -> tuple[Check, ...]:
        with suppress(OncallError):
            return await self._remedy.verify(Look(self._journal.change, self._cluster))
        return ()

    def _act(self) -> ActHere:
        act = ActHere(
            self._journal,
            self._cluster,
            self._lock,
            Unchained(),
            self._keep,
            lambda change, what: print_line(self._console, (f"  {what}", "dim")),
            self._stepped,
            time_scale=self._scale,
        )
        act.stopping = lambda: self._person.stopping
        return act

    async def _keep(self, expiry: Expiry) -> None:
        """Nobody will keep this promise but the person."""
        self.expiries.append(expiry)

    async def _stepped(self, change: Change) -> None:
        step = change_document(change).steps[-1]
        print_step(self._console, step)
        await self._tell(Reason.STEP, f"{step.name}: {step.state}")

    async def _tell(self, reason: Reason, what: str) -> None:
        """What has begun goes on without its event, and the person hears of it at the end."""
        try:
            await self._events.write(reason, self._journal.change, what)
        except ClientError as error:
            self._unwritten.append(f"{reason} ({what}): {error.message}")

    async def _renew(self, plan: Plan) -> None:
        change = self._journal.change
        who = change.request.requester.name
        while True:
            await asyncio.sleep(self._scale.seconds(RENEW))
            with suppress(ClientError, LockTaken):  # a step looks again before it acts
                await self._lock.take(change.id, f"breakglass: {plan.title}", holder_name=who)

    async def _release(self) -> None:
        try:
            await self._lock.release(self._journal.change.id)
        except ClientError as error:
            said = f"The lock could not be given back and lapses by itself: {error.message}"
            print_line(self._console, (said, "yellow"))


def _held(held: LockState) -> str:
    until = f", until {held.until:%H:%M:%S} UTC" if held.until else ""
    return f"{held.holder_name or held.holder} ({held.reason or 'no reason given'}{until})."
