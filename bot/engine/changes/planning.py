"""From a request to a plan that is put before its approvers, or to a refusal that says why."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from bot.engine.access import needed, rule_for
from bot.engine.changes.ending import end
from bot.engine.changes.journal import StoredJournal
from bot.engine.changes.looking import Look
from bot.engine.changes.parts import DECIDE_BY, DECIDE_BY_BREAKGLASS, VALID, Parts
from bot.engine.remedy import PlanRefused
from bot.model.approval import ApprovalRule
from bot.model.audit import Event
from bot.model.brakes import Brake
from bot.model.change import Change, ChangeState, Word, ask_id
from bot.model.errors import NotAllowed, OncallError, StoreUnavailable
from bot.model.plan import Plan, Risk
from bot.store.changes import Asking

logger = logging.getLogger(__name__)

WITHIN = 30.0
"""Seconds for making a plan."""
LOST = (
    "It was begun already (“{}”), and the store lost its last second and with it what became of it."
)
LOST_HINT = "Look at the cluster: /cilium status. Ask for it anew if it is still needed."


async def make_plan(parts: Parts, change: Change) -> Plan:
    """The plan of ``change`` by the present state. Raises :class:`OncallError`."""
    look = Look(change, parts.cluster(change))
    try:
        async with asyncio.timeout(WITHIN):
            return await parts.remedy(change).plan(look)
    except TimeoutError:
        raise PlanRefused(
            f"The plan was not ready within {WITHIN:.0f} s.",
            hint="Look how the cluster answers: /cilium status",
        ) from None


async def forgotten_step(parts: Parts, change: Change) -> str:
    """The step that this change began last although its record knows of none; empty as a rule.

    A store can lose its last second; the Lease in the cluster does not. Raises
    :class:`~bot.model.errors.ClientError`.
    """
    if change.steps or change.said(Word.DID_NOT):
        return ""
    begun = await parts.brakes.lock(parts.cluster(change)).begun(change.id)
    return begun[-1] if begun else ""


async def plan_change(parts: Parts, journal: StoredJournal) -> None:
    """Go on with a change in ``planning``: refuse it, ask for approval, or let a safe one go."""
    change = journal.change
    try:
        if not parts.seal.holds_for_request(change):
            raise NotAllowed("The request was altered: its seal does not hold.")
        await parts.teller.admit(change.request)
        if step := await forgotten_step(parts, change):
            await end(parts, journal, ChangeState.STOPPED, LOST.format(step), LOST_HINT)
            return
        plan = await make_plan(parts, change)
        _require_breakglass_words(change, plan)
        brakes = await parts.brakes.on(plan, change.id, parts.cluster(change))
    except StoreUnavailable:
        raise
    except OncallError as error:
        await refuse(parts, journal, error.message, error.hint)
        return
    except Exception:  # the border between remedies and people: no traceback passes it
        logger.exception("%s of %s could not be planned", change.request.remedy, change.id)
        said = f"Planning failed; the bot's log has the reason under {change.id}."
        await refuse(parts, journal, said)
        return
    if brakes:
        await hold_back(parts, journal, brakes, plan)
    else:
        await ask(parts, journal, plan)


async def ask(parts: Parts, journal: StoredJournal, plan: Plan, voided: Sequence[str] = ()) -> None:
    """Put ``plan`` before its approvers, or go on where none are needed."""
    change = journal.change
    rule = rule_for(parts.rules, plan, change.request.channel)
    if rule is None and plan.risk is not Risk.SAFE:
        await refuse(
            parts,
            journal,
            f"No approval rule is about {change.request.remedy} ({plan.risk}) on {plan.cluster}.",
            "Name its approvers in approvals.yaml (docs/approvals.md).",
        )
        return
    number = change.round + 1
    people = _people_needed(rule, plan)
    asking = msgspec.structs.replace(
        change,
        plan=plan,
        round=number,
        ask=ask_id(change.id, plan.digest, number),
        rule=rule.name if rule else "",
        needed=people,
        voided=tuple(voided),
        reminded=False,
        state=ChangeState.WAITING if people else ChangeState.APPROVED,
    )
    sealed = parts.seal.plan(asking)
    kind = Event.ASKED
    detail = f"{plan.title} ({plan.risk}), {people} approvals needed"
    if not people and plan.risk is not Risk.SAFE:
        kind, detail = Event.OVERRIDE, f"safe_when_broken: {plan.title}"
    event = parts.audit.event(kind, sealed, detail=detail)
    if people:
        within = DECIDE_BY_BREAKGLASS if plan.risk is Risk.BREAKGLASS else DECIDE_BY
        await journal.write(sealed, event, due=0, asking=_asking(sealed, rule, within))
    else:
        await journal.write(sealed, event, due=0)


def _people_needed(rule: ApprovalRule | None, plan: Plan) -> int:
    if plan.risk is Risk.SAFE or rule is None:
        return 0
    if plan.risk is Risk.GUARDED and plan.broken and rule.safe_when_broken:
        return 0
    return needed(rule, plan.risk)


def _asking(change: Change, rule: ApprovalRule | None, within: float) -> Asking:
    assert change.plan is not None  # noqa: S101  set by the caller
    solo = rule.solo_after if rule and change.plan.risk is Risk.GUARDED else None
    return Asking(
        ask=change.ask,
        digest=change.plan.digest,
        needed=change.needed,
        within=within,
        valid=VALID,
        solo_after=solo,
    )


async def refuse(parts: Parts, journal: StoredJournal, why: str, hint: str = "") -> None:
    """End a change before it did anything."""
    ended = msgspec.structs.replace(
        journal.change,
        state=ChangeState.REFUSED,
        outcome=why,
        hint=hint,
        ended_at=datetime.now(UTC),
    )
    await journal.write(ended, parts.audit.event(Event.REFUSED, ended, detail=why), due=0)


async def hold_back(
    parts: Parts, journal: StoredJournal, brakes: Sequence[Brake], plan: Plan
) -> None:
    """End a change that a brake holds: which, and until when."""
    first = brakes[0]
    until = f" Until {first.until:%H:%M:%S} UTC." if first.until else ""
    others = f" (Also: {', '.join(one.name for one in brakes[1:])}.)" if brakes[1:] else ""
    journal.change = msgspec.structs.replace(journal.change, plan=plan)
    await refuse(parts, journal, f"Held back by {first}{until}{others}", first.fix)


def _require_breakglass_words(change: Change, plan: Plan) -> None:
    request = change.request
    if plan.risk is Risk.BREAKGLASS and not (request.incident and request.reason):
        raise PlanRefused(
            f"{plan.title} is a breakglass change: it needs an incident and a reason.",
            hint=f'/cilium {request.remedy} … --incident ID --reason "…"',
        )
