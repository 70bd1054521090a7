"""Changes in the store: what people say is counted by one script, what happens by one carrier.

The record is the carrier's; the state and what people said are the script's, because people speak
while a carrier works. So a carrier writes from the state it knew, and when somebody's word moved
the change meanwhile the write has no effect and the change is looked at again. A change is *due*
when somebody should go on with it; it is open as long as it will be due. Every transition carries
its audit event with it, both or neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

import msgspec

from bot.model.audit import AuditEvent
from bot.model.change import Change, ChangeState, Decision
from bot.store.audit import EVENTS, PENDING
from bot.store.change_scripts import ACCEPT, CLOSE, DECIDE, DUE, LOOK, SAY, SLEEP, TAKE, WRITE
from bot.store.connection import Store
from bot.store.records import Records, text

VERSION = 1
MOST = 1_000
AGE = 180 * 86_400.0
"""Seconds a change is remembered."""


class Heard(Enum):
    """What became of somebody's word."""

    TAKEN = "taken"
    ALREADY = "already"
    """The same person said the same before."""
    LATE = "late"
    """The state does not take it any more."""
    OTHER_PLAN = "other-plan"
    EXPIRED = "expired"
    REQUESTER = "requester"
    GONE = "gone"


class Written(Enum):
    """What became of a carrier's write."""

    KEPT = "kept"
    LOST = "lost"
    """Somebody else carries the change by now."""
    MOVED = "moved"
    """Somebody's word changed its state: look again."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A request for approval that begins with a write: counted from here on, by the store."""

    ask: str
    digest: str
    needed: int
    within: float
    valid: float
    solo_after: float | None


@dataclass(frozen=True, slots=True)
class TakenChange:
    """A change as its new carrier finds it; ``due_in`` is in real seconds, ``None``: closed."""

    change: Change
    due_in: float | None


class StoredChanges:
    """The changes of one store. Durations in seconds of the time scale."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._records = Records("change", VERSION, Change)
        self._words = Records("word", VERSION, Decision)
        self._all = store.key("changes")
        self._due = store.key("changes", "due")
        self._events = store.key(*PENDING)

    async def accept(self, change: Change, event: AuditEvent) -> bool:
        """Keep a new change, due now; ``False`` when one of its id was accepted before."""
        scale = self._store.time_scale
        return bool(
            await self._store.change(
                ACCEPT,
                [self._key(change.id), self._all, self._due, self._events],
                *(change.id, self._records.encode(change), change.state),
                *(change.request.requester.id, EVENTS.encode(event)),
                *(MOST, scale.milliseconds(AGE)),
            )
        )

    async def take(self, change_id: str, carrier: str) -> TakenChange | None:
        """Become the carrier; ``None`` when the change is not known."""
        keys = [self._key(change_id), self._due, self._said(change_id)]
        found = await self._store.change(TAKE, keys, change_id, carrier)
        if not found:
            return None
        fields, words, due_in = found
        return TakenChange(
            self._change(fields, words), None if due_in is None else int(due_in) / 1000
        )

    async def write(
        self,
        before: ChangeState,
        change: Change,
        carrier: str,
        sequence: int,
        *,
        due: float | None,
        events: Sequence[AuditEvent] = (),
        asking: Asking | None = None,
    ) -> Written:
        """Replace the record of a change that was in the state ``before``; due again in ``due``
        seconds, ``None``: as before."""
        scale = self._store.time_scale
        asked: tuple[str | int, ...] = ("", "", 0, 0, 0, 0)
        if asking is not None:
            solo = 0 if asking.solo_after is None else scale.milliseconds(asking.solo_after)
            asked = (
                *(asking.ask, asking.digest, asking.needed),
                *(scale.milliseconds(asking.within), scale.milliseconds(asking.valid), solo),
            )
        answer = await self._store.change(
            WRITE,
            [self._key(change.id), self._due, self._events, self._ask_key(asked[0])],
            *(change.id, carrier, sequence, before, self._records.encode(change), change.state),
            "" if due is None else (scale.milliseconds(due) if due > 0 else 0),
            *asked,
            *map(EVENTS.encode, events),
        )
        return [Written.LOST, Written.KEPT, Written.MOVED][int(answer)]

    async def sleep(self, change_id: str, carrier: str, state: ChangeState, until: float) -> None:
        """Be due again in ``until`` seconds, unless somebody's word came in between."""
        milliseconds = self._store.time_scale.milliseconds(until)
        keys = [self._key(change_id), self._due]
        await self._store.change(SLEEP, keys, change_id, carrier, state, milliseconds)

    async def close(self, change_id: str, carrier: str) -> None:
        """Its end was told: due no more."""
        await self._store.change(CLOSE, [self._key(change_id), self._due], change_id, carrier)

    async def decide(
        self, change_id: str, decision: Decision, event: AuditEvent, *, may_be_requester: bool
    ) -> Heard:
        """Count an approval or a rejection of the ask that ``decision.about`` names."""
        answer = await self._store.change(
            DECIDE,
            [self._key(change_id), self._said(change_id), self._due, self._events],
            *(change_id, decision.by.id, decision.word, decision.about, decision.digest),
            *(self._words.encode(decision), EVENTS.encode(event), int(may_be_requester)),
        )
        return Heard(text(answer))

    async def say(
        self,
        change_id: str,
        decision: Decision,
        event: AuditEvent,
        *,
        within: Sequence[ChangeState],
        leads_to: ChangeState | None = None,
    ) -> Heard:
        """Keep any other word, if the change is in one of the states ``within``; due now."""
        told: list[str | bytes] = [self._words.encode(decision), EVENTS.encode(event)]
        answer = await self._store.change(
            SAY,
            [self._key(change_id), self._said(change_id), self._due, self._events],
            *(change_id, decision.by.id, decision.word, decision.about, str(leads_to or "")),
            *(*told, *map(str, within)),
        )
        return Heard(text(answer))

    async def get(self, change_id: str) -> Change | None:
        """The change as it is now. Raises :class:`~bot.model.errors.RecordTooNew`."""
        found = await self._store.change(LOOK, [self._key(change_id), self._said(change_id)])
        return self._change(*found) if found[0] else None

    async def carrier_of(self, change_id: str) -> str:
        """Who took it last."""
        return text(await self._store.read("HGET", self._key(change_id), "carrier"))

    async def by_ask(self, ask: str) -> str:
        """The id of the change that a request for approval belongs to; empty when not known."""
        return text(await self._store.read("GET", self._ask_key(ask)))

    async def generation(self) -> str:
        """What is another one after the store was started again."""
        info = await self._store.read("INFO", "server")
        return str(info.get("run_id", "")) if isinstance(info, dict) else ""

    async def open_ids(self) -> list[str]:
        """Ids of changes that are due some time."""
        return [text(item) for item in await self._store.read("ZRANGE", self._due, 0, -1)]

    async def due(self) -> list[str]:
        """Changes that somebody should go on with."""
        return [text(item) for item in await self._store.change(DUE, [self._due])]

    async def open(self) -> list[Change]:
        """Changes that have not ended, oldest first."""
        found = [await self.get(one) for one in await self.open_ids()]
        waiting = [one for one in found if one is not None and not one.state.terminal]
        return sorted(waiting, key=lambda change: change.asked_at)

    async def recent(self, most: int) -> list[Change]:
        """Newest first."""
        ids = await self._store.read("ZRANGE", self._all, 0, most - 1, "REV")
        found = [await self.get(text(item)) for item in ids]
        return [change for change in found if change is not None]

    def _change(self, fields: Sequence[bytes], words: Sequence[bytes]) -> Change:
        known = dict(zip(map(text, fields[::2]), fields[1::2], strict=True))
        change = self._records.decode(known["record"])
        changes: dict[str, object] = {
            "state": ChangeState(text(known["state"])),
            "decisions": tuple(map(self._words.decode, words)),
        }
        for name in ("posted_at", "decide_by", "valid_until", "solo_from"):
            if at := int(known.get(name, 0)):
                changes[name] = datetime.fromtimestamp(at / 1000, UTC)
        return msgspec.structs.replace(change, **changes)

    def _key(self, change_id: str) -> str:
        return self._store.key("change", change_id)

    def _said(self, change_id: str) -> str:
        return self._store.key("change", change_id, "said")

    def _ask_key(self, ask: object) -> str:
        return self._store.key("ask", str(ask))
