"""The machine-readable form of a change: what the bot's HTTP API and ``-o json`` give.

Within a schema version fields are added, never renamed or removed. Seals and what a door keeps for
itself are not in it.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from bot.model.change import Change, ChangeState, ChangeStep, Check, Decision, StepState, Word
from bot.model.plan import Plan
from bot.model.run import Requester

SCHEMA_VERSION = 1


class DecisionDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One person's word, the digest of the plan, and the ask or the step it is about."""

    word: Word
    by: Requester
    at: datetime
    digest: str
    about: str = ""
    reason: str = ""


class StepDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One journaled step."""

    name: str
    state: StepState
    started_at: datetime
    ended_at: datetime | None = None
    result: str = ""
    error: str = ""
    said_by: Requester | None = None


class ChangeDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One change. ``open``: more will happen by itself or by somebody's word. ``acted``: the
    cluster may have been changed. ``ask`` is what an approver names while it waits, ``about`` the
    step that a word is wanted about: one to confirm, or one in doubt."""

    schema_version: int
    change: str
    remedy: str
    cluster: str
    parameters: dict[str, str]
    state: ChangeState
    open: bool
    acted: bool
    requester: Requester
    reason: str
    incident: str
    asked_at: datetime
    plan: Plan | None
    digest: str
    ask: str
    rule: str
    needed: int
    given: int
    decide_by: datetime | None
    valid_until: datetime | None
    solo_from: datetime | None
    decisions: tuple[DecisionDocument, ...]
    voided: tuple[str, ...]
    confirmed: tuple[str, ...]
    steps: tuple[StepDocument, ...]
    checks_before: tuple[Check, ...]
    checks: tuple[Check, ...]
    began_at: datetime | None
    ended_at: datetime | None
    outcome: str
    hint: str
    review_due: bool
    about: str = ""


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """One change that waits for approval, as one person sees it; ``why`` says why they may or may
    not decide."""

    change: ChangeDocument
    may_decide: bool
    why: str


def change_document(change: Change) -> ChangeDocument:
    """The document of ``change``."""
    request, state = change.request, change.state
    return ChangeDocument(
        schema_version=SCHEMA_VERSION,
        change=change.id,
        remedy=request.remedy,
        cluster=request.cluster,
        parameters=request.parameters,
        state=state,
        open=not state.terminal,
        acted=state.acted,
        requester=request.requester,
        reason=request.reason,
        incident=request.incident,
        asked_at=change.asked_at,
        plan=change.plan,
        digest=change.plan.digest if change.plan else "",
        ask=change.ask,
        rule=change.rule,
        needed=change.needed,
        given=len(change.approvals),
        decide_by=change.decide_by,
        valid_until=change.valid_until,
        solo_from=change.solo_from,
        decisions=tuple(map(_decision, change.decisions)),
        voided=change.voided,
        confirmed=change.confirmed,
        steps=tuple(map(_step, change.steps)),
        checks_before=change.checks_before,
        checks=change.checks,
        began_at=change.began_at,
        ended_at=change.ended_at,
        outcome=change.outcome,
        hint=change.hint,
        review_due=change.review_due,
        about=change.step_that_waits,
    )


def encode(document: msgspec.Struct) -> str:
    """``document`` as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def _decision(decision: Decision) -> DecisionDocument:
    return DecisionDocument(
        word=decision.word,
        by=decision.by,
        at=decision.at,
        digest=decision.digest,
        about=decision.about,
        reason=decision.reason,
    )


def _step(step: ChangeStep) -> StepDocument:
    return StepDocument(
        name=step.name,
        state=step.state,
        started_at=step.started_at,
        ended_at=step.ended_at,
        result=step.result,
        error=step.error,
        said_by=step.said_by,
    )
