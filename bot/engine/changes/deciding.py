"""Words of people: whether somebody may say this to that change now, and what it means.

Whether a word still counts - the plan, the time, twice the same person - is decided by one script
in the store (:mod:`bot.store.change_scripts`); who may say it is decided here, and by
:mod:`bot.engine.access`.
"""

from __future__ import annotations

from bot.engine.access import may_approve
from bot.model.access import Decision as Judgement
from bot.model.access import Person
from bot.model.approval import ApprovalRule
from bot.model.change import Change, ChangeState, Word
from bot.model.errors import NotAllowed, OncallError, UsageError
from bot.model.plan import Risk
from bot.store.changes import Heard

_S = ChangeState
TAKEN_IN: dict[Word, tuple[ChangeState, ...]] = {
    Word.WITHDRAW: (_S.PLANNING, _S.WAITING, _S.APPROVED),
    Word.CANCEL: (_S.APPROVED, _S.CONFIRMING, _S.EXECUTING, _S.VERIFYING, _S.UNKNOWN),
    Word.CONFIRM: (_S.CONFIRMING,),
    Word.HAPPENED: (_S.UNKNOWN,),
    Word.DID_NOT: (_S.UNKNOWN,),
    Word.STOP: (_S.UNKNOWN, _S.CONFIRMING),
    Word.CHECK: (_S.UNVERIFIED,),
    Word.REVIEWED: (_S.DONE, _S.UNVERIFIED, _S.FAILED),
}
"""Words that are no decision on a plan, and the states that take them."""

DECISIONS = (Word.APPROVE, Word.REJECT, Word.SOLO)
REQUESTERS_OWN = (Word.WITHDRAW, Word.CANCEL)
NEED_A_REASON = (Word.REJECT, Word.SOLO)


def may_say(word: Word, change: Change, rule: ApprovalRule | None, person: Person) -> Judgement:
    """Whether ``person`` may say ``word`` to ``change``. Pure."""
    requester = change.request.requester.id
    if word is Word.WITHDRAW:
        own = person.id == requester
        return Judgement(own, None, "" if own else "Only who asked for a change may withdraw it.")
    if word is Word.SOLO:
        if rule is None or rule.solo_after is None:
            return Judgement(False, None, "No rule lets one person go on alone with this.")
        return may_approve(rule, person, "")  # the requester, too, when nobody else is awake
    if word is Word.REVIEWED:
        alone = [said.by.id for said in change.said(Word.SOLO)]
        if person.id in alone:
            return Judgement(False, None, "Somebody else must look at what you did alone.")
        return may_approve(rule, person, "")
    if word in DECISIONS:
        return may_approve(rule, person, requester)
    if person.id == requester:
        return Judgement(True, None, "You asked for it.")
    return may_approve(rule, person, requester)


def require_words(word: Word, change: Change, reason: str, typed: str) -> None:
    """Raises :class:`UsageError` when something is missing that must be typed."""
    if word in NEED_A_REASON and not reason.strip():
        raise UsageError("A reason is needed.", hint="One sentence for those who read it later.")
    breakglass = change.plan is not None and change.plan.risk is Risk.BREAKGLASS
    if word is Word.APPROVE and breakglass and typed.strip() != change.request.cluster:
        raise UsageError(
            f"Type the name of the cluster, {change.request.cluster}, to approve a breakglass "
            "change of it."
        )


def not_taken(heard: Heard, word: Word, change: Change | None) -> OncallError:
    """Why a word that somebody may say has no effect any more."""
    state = change.state.value if change else "gone"
    match heard:
        case Heard.OTHER_PLAN:
            return NotAllowed(
                "The plan has changed since: what you saw is not what would be done.",
                hint="Decide on the newer message about it.",
            )
        case Heard.EXPIRED:
            return NotAllowed("The time to decide is over.", hint="Ask for the change anew.")
        case Heard.REQUESTER:
            return NotAllowed(
                "You asked for it, so you cannot decide on it.",
                hint="Somebody else must; you may withdraw it.",
            )
        case Heard.GONE:
            return UsageError("This change is not known any more.", hint="/cilium changes")
        case _:
            return NotAllowed(f"Too late to {word}: the change is {state} by now.{_by(change)}")


def _by(change: Change | None) -> str:
    if change is None:
        return ""
    decided = change.said(*DECISIONS)
    if not decided:
        return ""
    last = decided[-1]
    past = {Word.APPROVE: "approved", Word.REJECT: "rejected", Word.SOLO: "taken on alone"}
    return f" It was {past[last.word]} by {last.by.name or last.by.id}."
