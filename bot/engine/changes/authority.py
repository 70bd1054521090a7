"""Whether an approved change is what it says: checked before anything is done, from seals alone.

The store is not believed. What counts are the sealed request, the sealed plan and the sealed words
of distinct people who are not the requester, as many as the rule in force now asks for.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.engine.access import needed, rule_for
from bot.engine.changes.parts import VALID, Parts
from bot.model.approval import ApprovalRule
from bot.model.change import Change, Decision, Word
from bot.model.plan import Risk
from bot.model.time_scale import TimeScale


def why_not(parts: Parts, change: Change) -> str:
    """Why ``change`` must not be carried out; empty when it may. Pure."""
    if change.plan is None or change.plan.cluster != change.request.cluster:
        return "It has no plan for its cluster."
    if not parts.seal.holds_for_request(change):
        return "Its request was altered: the seal does not hold."
    if not parts.seal.holds_for_plan(change):
        return "Its plan is not the one that was put before the approvers: the seal does not hold."
    plan = change.plan
    if plan.risk is Risk.SAFE:
        return ""
    rule = rule_for(parts.rules, plan, change.request.channel)
    if rule is None:
        return "No approval rule is about it any more."
    if plan.risk is Risk.GUARDED and plan.broken and rule.safe_when_broken and not change.needed:
        return ""
    counted = [said for said in change.approvals if _counts(parts, change, rule, said)]
    alone = [said for said in counted if said.word is Word.SOLO]
    if alone and rule.solo_after is not None and plan.risk is not Risk.BREAKGLASS:
        return ""
    people = {said.by.id for said in counted if said.word is Word.APPROVE}
    people.discard(change.request.requester.id)
    missing = needed(rule, plan.risk) - len(people)
    return f"{missing} of its approvals cannot be proven." if missing > 0 else ""


def _counts(parts: Parts, change: Change, rule: ApprovalRule, said: Decision) -> bool:
    """Whether it is a sealed word on this plan, of somebody whom the rule still names. Who was in a
    user group is known from the click, which the seal stands for."""
    digest = change.plan.digest if change.plan else ""
    named = said.by.id in rule.approvers.users | rule.second.users
    grouped = bool(rule.approvers.groups | rule.second.groups)
    if said.digest != digest or not (named or grouped):
        return False
    return parts.seal.holds_for_word(change.id, said)


def is_late(change: Change, now: datetime, scale: TimeScale) -> bool:
    """Whether the approval is no longer valid, by the sealed times of the words themselves; a
    change that needed none is late when it was asked for too long ago."""
    said = max((one.at for one in change.approvals), default=change.asked_at)
    return now > said + timedelta(seconds=scale.seconds(VALID))
