"""What doors say to changes: ask for one, decide on one, hold them all back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from bot.engine.access import rule_for
from bot.engine.changes.audit import Audit
from bot.engine.changes.carrier import ChangeCarrier
from bot.engine.changes.deciding import DECISIONS, TAKEN_IN, may_say, not_taken, require_words
from bot.engine.changes.lock import LockTaken
from bot.engine.changes.parts import Parts
from bot.engine.changes.teller import Teller
from bot.model.access import Decision as Judgement
from bot.model.access import Person
from bot.model.approval import ApprovalRule
from bot.model.audit import Event
from bot.model.brakes import Freeze, LockState
from bot.model.change import (
    Change,
    ChangeRequest,
    ChangeState,
    Decision,
    Word,
    is_ask_id,
    is_change_id,
    new_change_id,
)
from bot.model.errors import ClientError, NotAllowed, OncallError, StoreUnavailable, UsageError
from bot.model.expiry import Expiry
from bot.model.report import Gap
from bot.model.run import Requester
from bot.store.changes import Heard

LOCKS_WITHIN = 5.0
"""Seconds for asking every cluster for its lock."""
LOCKED_FOR = 3_600.0
"""Seconds a lock taken by hand lasts unless said otherwise."""


class Changes:
    """Changes of one bot's clusters. Every method may raise :class:`StoreUnavailable`."""

    def __init__(self, parts: Parts, soon: Callable[[str], None]) -> None:
        self._parts = parts
        self._soon = soon
        self.carrier = ChangeCarrier(parts)

    @property
    def audit(self) -> Audit:
        """What happened."""
        return self._parts.audit

    def tell_through(self, teller: Teller) -> None:
        """Changes are told through ``teller``; set before anything is carried."""
        self._parts.teller = teller

    async def person(self, user: str) -> Person:
        """Who ``user`` is now, by Slack user id: for words that matter."""
        return await self._parts.teller.person(user)

    async def request(self, request: ChangeRequest, *, once: str = "") -> Change:
        """Take a change for planning; durable when this returns.

        Two requests with the same ``once`` are one change.
        """
        self._parts.registry.remedy(request.remedy)
        if request.cluster not in self._parts.clusters:
            raise UsageError(f"There is no cluster {request.cluster}.")
        change = self._parts.seal.request(
            Change(
                id=new_change_id(once),
                request=request,
                state=ChangeState.PLANNING,
                asked_at=datetime.now(UTC),
            )
        )
        words = " ".join([request.remedy, *request.parameters.values()])
        detail = f"{words}{f': {request.reason}' if request.reason else ''}"
        event = self.audit.event(Event.REQUESTED, change, who=request.requester.id, detail=detail)
        if not await self._parts.changes.accept(change, event):
            return await self._parts.changes.get(change.id) or change
        self._soon(change.id)
        return change

    async def say(
        self,
        target: str,
        word: Word,
        by: Requester,
        person: Person,
        *,
        reason: str = "",
        typed: str = "",
        step: str = "",
        where: str = "",
    ) -> Change:
        """Somebody's word on a change, by the id of its ask or its own.

        ``step``: the one it is about, where it is about one; a word on a step that is past by now
        is not taken for a word on the next.
        Said twice by the same person it counts once. Raises :class:`NotAllowed` or
        :class:`UsageError` with the sentence for whoever said it; what does not count is audited.
        """
        change = await self._meant(target)
        rule = self.rule_of(change)
        judged = may_say(word, change, rule, person)
        if not judged.allowed:
            raise await self._unheard(change, word, by, where, NotAllowed(judged.reason))
        require_words(word, change, reason, typed)
        if step and step != change.step_that_waits:
            raise await self._unheard(change, word, by, where, not_taken(Heard.LATE, word, change))
        if not self._seals_hold(change):
            altered = NotAllowed(
                "The record of this change was altered: its seal does not hold.",
                hint="Nothing was done. Ask for the change anew, and look at the audit.",
            )
            raise await self._unheard(change, word, by, where, altered)
        said = self._word(change, target, word, by, reason)
        heard = await self._hear(change, said, where)
        now = await self._parts.changes.get(change.id)
        if heard not in (Heard.TAKEN, Heard.ALREADY):
            raise await self._unheard(change, word, by, where, not_taken(heard, word, now))
        await self.audit.link()
        self._soon(change.id)
        return now or change

    async def get(self, change_id: str) -> Change | None:
        """A change as it is now."""
        return await self._parts.changes.get(change_id) if is_change_id(change_id) else None

    async def by_ask(self, ask: str) -> Change | None:
        """The change that a request for approval belongs to."""
        found = await self._parts.changes.by_ask(ask) if is_ask_id(ask) else ""
        return await self.get(found)

    async def open_changes(self) -> list[Change]:
        """Changes that have not ended, oldest first."""
        return await self._parts.changes.open()

    async def recent(self, most: int = 20) -> list[Change]:
        """Newest first."""
        return await self._parts.changes.recent(most)

    def rule_of(self, change: Change) -> ApprovalRule | None:
        """The approval rule in force for a change that has a plan."""
        if change.plan is None:
            return None
        return rule_for(self._parts.rules, change.plan, change.request.channel)

    def may_decide(self, change: Change, person: Person) -> Judgement:
        """Whether ``person`` may approve; for showing, the word itself is judged again."""
        return may_say(Word.APPROVE, change, self.rule_of(change), person)

    async def freeze(
        self, cluster: str, reason: str, by: Requester, *, seconds: float | None = None
    ) -> Freeze:
        """No change begins on ``cluster`` from now on. What has begun goes on."""
        now = datetime.now(UTC)
        until = (
            now + timedelta(seconds=self._parts.time_scale.seconds(seconds)) if seconds else None
        )
        freeze = Freeze(cluster=cluster, reason=reason, by=by, at=now, until=until)
        await self._parts.brakes.stored.freeze(freeze)
        await self._audited(Event.FROZEN, cluster, by, reason)
        return freeze

    async def unfreeze(self, cluster: str, by: Requester) -> Freeze | None:
        """Lift the freeze of ``cluster``; ``None`` when there is none."""
        found = [one for one in await self.freezes() if one.cluster == cluster]
        if not found:
            return None
        await self._parts.brakes.stored.unfreeze(cluster)
        await self._audited(Event.UNFROZEN, cluster, by, found[0].reason)
        return found[0]

    async def freezes(self) -> list[Freeze]:
        """Those that hold now."""
        return await self._parts.brakes.stored.freezes()

    async def lock(
        self, cluster: str, reason: str, by: Requester, *, seconds: float = LOCKED_FOR
    ) -> LockState:
        """Hold the lock of ``cluster`` by hand. Raises :class:`NotAllowed` when somebody else does,
        and ClientError."""
        lock = self._parts.brakes.lock(self._parts.clusters[cluster])
        name = by.name or by.id
        try:
            held = await lock.take(by.id, reason, holder_name=name, seconds=seconds, by_hand=True)
        except LockTaken as error:
            who = error.held.holder_name or error.held.holder
            raise NotAllowed(
                f"{cluster} is locked by {who} already: {error.held.reason}",
                hint=f"/cilium unlock --cluster {cluster}, when that is certainly over.",
            ) from None
        await self._audited(Event.LOCKED, cluster, by, reason)
        return held

    async def unlock(self, cluster: str, by: Requester) -> LockState | None:
        """Release the lock of ``cluster``, whoever holds it; ``None`` when nobody does.

        A change that held it stops before its next step. Raises ClientError.
        """
        lock = self._parts.brakes.lock(self._parts.clusters[cluster])
        held = await lock.state()
        if held is None or not await lock.release(held.holder):
            return None
        await self._audited(Event.UNLOCKED, cluster, by, f"held by {held.holder}: {held.reason}")
        return held

    async def locks(self) -> tuple[list[LockState], list[Gap]]:
        """Locks held now, and the clusters that could not be asked."""
        locks: list[LockState] = []
        gaps: list[Gap] = []

        async def ask(name: str) -> None:
            try:
                async with asyncio.timeout(LOCKS_WITHIN):
                    held = await self._parts.brakes.lock(self._parts.clusters[name]).state()
            except ClientError as error:
                gaps.append(Gap(f"the lock of {name}", error.message, error.hint))
            except TimeoutError:
                gaps.append(Gap(f"the lock of {name}", f"No answer in {LOCKS_WITHIN:.0f} s."))
            else:
                locks.extend([held] if held else [])

        await asyncio.gather(*map(ask, self._parts.clusters))
        return sorted(locks, key=lambda lock: lock.cluster), gaps

    async def expiries(self) -> list[Expiry]:
        """Promises that are not kept yet, the next first."""
        return await self._parts.expiries.open()

    async def _meant(self, target: str) -> Change:
        found = await (self.by_ask(target) if is_ask_id(target) else self.get(target))
        if found is None:
            raise UsageError("This change is not known any more.", hint="/cilium changes")
        return found

    def _seals_hold(self, change: Change) -> bool:
        if not self._parts.seal.holds_for_request(change):
            return False
        return change.plan is None or not change.ask or self._parts.seal.holds_for_plan(change)

    def _word(
        self, change: Change, target: str, word: Word, by: Requester, reason: str
    ) -> Decision:
        about = target if word in DECISIONS else ""
        if word in DECISIONS and not is_ask_id(target):
            about = change.ask
        if word in (Word.CONFIRM, Word.HAPPENED, Word.DID_NOT):
            about = change.step_that_waits
        said = Decision(
            word=word,
            by=by,
            at=datetime.now(UTC),
            digest=change.plan.digest if change.plan else "",
            about=about,
            reason=reason.strip(),
        )
        return self._parts.seal.word(change.id, said)

    async def _hear(self, change: Change, said: Decision, where: str) -> Heard:
        kinds = {Word.SOLO: Event.OVERRIDE, Word.WITHDRAW: Event.WITHDRAWN}
        kind = kinds.get(said.word, Event.DECIDED if said.word in DECISIONS else Event.ANSWERED)
        parts = [said.word, said.about, said.reason]
        event = self.audit.event(
            kind, change, who=said.by.id, where=where, detail=": ".join(filter(None, parts))
        )
        if said.word in DECISIONS:
            alone = said.word is Word.SOLO
            return await self._parts.changes.decide(change.id, said, event, may_be_requester=alone)
        leads_to = ChangeState.WITHDRAWN if said.word is Word.WITHDRAW else None
        return await self._parts.changes.say(
            change.id, said, event, within=TAKEN_IN[said.word], leads_to=leads_to
        )

    async def _unheard(
        self, change: Change, word: Word, by: Requester, where: str, error: OncallError
    ) -> OncallError:
        """The error, once it is audited."""
        event = self.audit.event(
            Event.NOT_ALLOWED, change, who=by.id, where=where, detail=f"{word}: {error}"
        )
        with suppress(StoreUnavailable):
            await self.audit.put(event)
        return error

    async def _audited(self, event: Event, cluster: str, by: Requester, detail: str) -> None:
        await self.audit.put(self.audit.event(event, who=by.id, cluster=cluster, detail=detail))
