"""The order of a change's forms follows from its record, whoever tells them."""

from __future__ import annotations

from itertools import pairwise

import msgspec

from bot.model.change import Change, ChangeState, StepState, Word
from bot.slack.changes.live import live
from bot.slack.changes.versions import Version, rank_of
from tests.slack.changes.made import APPROVED, NOW, change, said, step

_S = ChangeState


def ranks(*changes: Change) -> list[int]:
    return [rank_of(one) for one in changes]


def rises(*changes: Change) -> bool:
    found = ranks(*changes)
    return all(a < b for a, b in pairwise(found))


def test_a_change_only_rises() -> None:
    begun, done = step("delete", StepState.STARTED), step("delete")
    story = (
        change(_S.PLANNING),
        change(_S.WAITING),
        change(_S.WAITING, decisions=APPROVED),
        change(_S.APPROVED, decisions=APPROVED),
        change(_S.WAITING, round=2, decisions=APPROVED),
        change(_S.APPROVED, round=2, decisions=APPROVED * 2),
        change(_S.EXECUTING, round=2, decisions=APPROVED * 2),
        change(_S.EXECUTING, round=2, decisions=APPROVED * 2, steps=(begun,)),
        change(_S.EXECUTING, round=2, decisions=APPROVED * 2, steps=(done,)),
        change(_S.VERIFYING, round=2, decisions=APPROVED * 2, steps=(done,)),
        change(_S.UNVERIFIED, round=2, decisions=APPROVED * 2, steps=(done,)),
        change(_S.DONE, round=2, decisions=(*APPROVED * 2, said(Word.CHECK)), steps=(done,)),
    )
    assert rises(*story)
    assert min(ranks(*story)) > 0
    assert max(ranks(*story)) < 2**53  # exact in the store's arithmetic


def test_a_step_said_not_to_have_happened_is_later_than_its_doubt() -> None:
    doubt = step("delete", StepState.DOUBTFUL)
    word = (*APPROVED, said(Word.DID_NOT))
    assert rises(
        change(_S.UNKNOWN, decisions=APPROVED, steps=(doubt,)),
        change(_S.UNKNOWN, decisions=word, steps=(doubt,)),
    )
    assert rises(
        change(_S.UNKNOWN, decisions=APPROVED, steps=(doubt,)),
        change(_S.EXECUTING, decisions=word),
        change(_S.EXECUTING, decisions=word, steps=(step("delete", StepState.STARTED),)),
    )


def test_a_step_told_without_the_latest_word_is_later_than_the_word_before_it() -> None:
    """A carrier tells its steps with the words it knew when it took the change."""
    cancelled = change(_S.EXECUTING, decisions=(*APPROVED, said(Word.CANCEL)))
    assert rises(cancelled, change(_S.EXECUTING, decisions=APPROVED, steps=(step("delete"),)))


def test_what_is_told_anew_takes_the_place_of_what_the_store_lost() -> None:
    before, lost = change(_S.APPROVED, decisions=APPROVED), change(_S.WAITING, tellings=1)
    assert rises(before, lost, change(_S.APPROVED, decisions=APPROVED, tellings=1))
    told = {Version.of(one, live(one, NOW)).part for one in (change(_S.WAITING), lost)}
    assert len(told) == 2


def test_the_same_form_has_the_same_name() -> None:
    one = change(_S.WAITING)
    again = msgspec.json.decode(msgspec.json.encode(one), type=Change)
    names = {Version.of(each, live(each, NOW)).part for each in (one, again)}
    assert len(names) == 1
    other = change(_S.WAITING, decisions=APPROVED)
    assert Version.of(other, live(other, NOW)).part not in names
