"""Changes in a real store: words are counted by one script, a carrier writes from what it knew."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from bot.model.audit import AuditEvent, Event
from bot.model.change import Change, ChangeRequest, ChangeState, Decision, Word, new_change_id
from bot.model.run import Door, Requester
from bot.store.changes import Asking, Heard, StoredChanges, Written
from bot.store.connection import Store

ANA = Requester(door=Door.SLACK, id="U0ANA", name="ana")
BEN = Requester(door=Door.SLACK, id="U0BEN", name="ben")
OLA = Requester(door=Door.SLACK, id="U0OLA", name="ola")
S = ChangeState


def change() -> Change:
    request = ChangeRequest(
        remedy="restart-agent", cluster="prod", parameters={"node": "node-7"}, requester=ANA
    )
    return Change(id=new_change_id(), request=request, state=S.PLANNING, asked_at=datetime.now(UTC))


def event() -> AuditEvent:
    return AuditEvent(id="1", at=datetime.now(UTC), event=Event.REQUESTED)


def said(word: Word, by: Requester, *, digest: str = "d", ask: str = "a-1") -> Decision:
    return Decision(word=word, by=by, at=datetime.now(UTC), digest=digest, about=ask)


async def asked(changes: StoredChanges, *, needed: int = 1, within: float = 900.0) -> Change:
    """A change that waits for approval."""
    new = change()
    await changes.accept(new, event())
    await changes.take(new.id, "me")
    waiting = msgspec.structs.replace(new, state=S.WAITING, ask="a-1")
    asking = Asking(
        ask="a-1", digest="d", needed=needed, within=within, valid=900.0, solo_after=None
    )
    written = await changes.write(S.PLANNING, waiting, "me", 1, due=0, asking=asking)
    assert written is Written.KEPT
    return waiting


async def decide(changes: StoredChanges, one: Change, decision: Decision) -> Heard:
    return await changes.decide(one.id, decision, event(), may_be_requester=False)


async def test_it_is_accepted_once_and_due_at_once(store: Store) -> None:
    changes, new = StoredChanges(store), change()
    assert await changes.accept(new, event())
    assert not await changes.accept(new, event())
    assert await changes.get(new.id) == new
    assert await changes.due() == [new.id]


async def test_only_the_latest_carrier_writes(store: Store) -> None:
    changes, new = StoredChanges(store), change()
    await changes.accept(new, event())
    await changes.take(new.id, "first")
    await changes.take(new.id, "second")
    assert await changes.write(S.PLANNING, new, "first", 1, due=None) is Written.LOST
    assert await changes.write(S.PLANNING, new, "second", 1, due=None) is Written.KEPT
    assert await changes.write(S.PLANNING, new, "second", 1, due=None) is Written.KEPT


async def test_a_word_in_between_makes_the_carrier_look_again(store: Store) -> None:
    changes = StoredChanges(store)
    waiting = await asked(changes)
    assert await decide(changes, waiting, said(Word.APPROVE, BEN)) is Heard.TAKEN
    expired = msgspec.structs.replace(waiting, state=S.EXPIRED)
    assert await changes.write(S.WAITING, expired, "me", 2, due=0) is Written.MOVED
    now = await changes.get(waiting.id)
    assert now is not None
    assert now.state is S.APPROVED
    assert now.valid_until is not None


async def test_two_are_needed_and_the_same_person_counts_once(store: Store) -> None:
    changes = StoredChanges(store)
    waiting = await asked(changes, needed=2)
    assert await decide(changes, waiting, said(Word.APPROVE, BEN)) is Heard.TAKEN
    assert await decide(changes, waiting, said(Word.APPROVE, BEN)) is Heard.ALREADY
    now = await changes.get(waiting.id)
    assert now is not None
    assert now.state is S.WAITING
    assert await decide(changes, waiting, said(Word.APPROVE, OLA)) is Heard.TAKEN
    now = await changes.get(waiting.id)
    assert now is not None
    assert now.state is S.APPROVED


@pytest.mark.parametrize(
    ("decision", "heard"),
    [
        (said(Word.APPROVE, ANA), Heard.REQUESTER),
        (said(Word.APPROVE, BEN, digest="other"), Heard.OTHER_PLAN),
        (said(Word.APPROVE, BEN, ask="a-0"), Heard.OTHER_PLAN),
        (said(Word.SOLO, BEN), Heard.LATE),
    ],
)
async def test_what_does_not_count(store: Store, decision: Decision, heard: Heard) -> None:
    changes = StoredChanges(store)
    waiting = await asked(changes)
    assert await decide(changes, waiting, decision) is heard
    now = await changes.get(waiting.id)
    assert now is not None
    assert (now.state, now.decisions) == (S.WAITING, ())


async def test_after_its_time_no_word_counts(store: Store) -> None:
    changes = StoredChanges(store)
    waiting = await asked(changes, within=0.001)
    import asyncio

    await asyncio.sleep(0.01)
    assert await decide(changes, waiting, said(Word.APPROVE, BEN)) is Heard.EXPIRED


async def test_a_new_ask_forgets_the_words_on_the_old_one(store: Store) -> None:
    changes = StoredChanges(store)
    waiting = await asked(changes, needed=2)
    await decide(changes, waiting, said(Word.APPROVE, BEN))
    again = msgspec.structs.replace(waiting, ask="a-2")
    asking = Asking(ask="a-2", digest="e", needed=1, within=900, valid=900, solo_after=None)
    assert await changes.write(S.WAITING, again, "me", 2, due=0, asking=asking) is Written.KEPT
    late = said(Word.APPROVE, OLA)
    assert await decide(changes, waiting, late) is Heard.OTHER_PLAN
    fresh = said(Word.APPROVE, BEN, digest="e", ask="a-2")
    assert await decide(changes, waiting, fresh) is Heard.TAKEN


async def test_history_is_bounded_and_what_is_open_stays(store: Store, monkeypatch) -> None:
    monkeypatch.setattr("bot.store.changes.MOST", 3)
    changes = StoredChanges(store)
    first = change()
    await changes.accept(first, event())
    for _ in range(5):
        one = change()
        await changes.accept(one, event())
        await changes.take(one.id, "me")
        await changes.close(one.id, "me")
    assert await changes.get(first.id) is not None
    assert len(await changes.recent(100)) <= 5
