"""The live message of a change: one form per state, the verdict first, always what is so. Pure."""

from __future__ import annotations

import logging
from datetime import datetime

import msgspec

from bot.model.approval import ApprovalRule
from bot.model.change import Change, ChangeState, Decision, Word
from bot.model.names import format_duration
from bot.model.plan import Risk
from bot.slack import limits
from bot.slack.blocks import Block, Message, context, header, lines_within, section
from bot.slack.changes import buttons, card, progress, words
from bot.slack.changes.people import plainly, who
from bot.slack.dates import ago, at
from bot.slack.mrkdwn import bold, code, escape, plain, sentence

logger = logging.getLogger(__name__)

_S = ChangeState


def live(
    change: Change,
    now: datetime,
    rule: ApprovalRule | None = None,
    *,
    said: str = "",
    own: bool = True,
) -> Message:
    """A change as it is at ``now``; ``said`` is how far the step under way is, ``rule`` the one
    that approves it, ``own`` whether the requester reads it, too."""
    try:
        return _live(change, now, rule, said, own=own)
    except Exception:  # the border: a change that trips us must not leave an old state standing
        logger.exception("change %s could not be rendered", change.id)
        text = words.RENDER_FAILED.format(change=change.id)
        heading = header(f"{words.STATES[change.state]} · {change.request.cluster}")
        row = buttons.rows(change, now, own=own)
        return Message(text=text, blocks=(heading, section(text), *row))


def title_of(change: Change) -> str:
    """What is to be done, before there is a plan as it was asked for. Plain text."""
    if change.plan is not None:
        return change.plan.title
    return " ".join([change.request.remedy, *change.request.parameters.values()])


def summary(change: Change) -> str:
    """State, what and where on one line, for notifications and lists. Plain text."""
    return f"{words.STATES[change.state]} · {_titled(change)}"


def decided(change: Change, now: datetime) -> Message:
    """What an approver's direct message says once there is nothing to decide on any more."""
    lines = [*_words_on_plan(change)]
    if change.state is not _S.WAITING and change.outcome and not _in_a_step(change):
        lines.append(sentence(change.outcome, 600))
    body = lines_within(lines or [words.BEFORE_BEGIN], 1_500)
    blocks = (header(summary(change)), section(body), context(_small_print(change)))
    return Message(text=escape(summary(change), limits.FALLBACK), blocks=blocks)


def _live(
    change: Change, now: datetime, rule: ApprovalRule | None, said: str, *, own: bool
) -> Message:
    upper, lower = _body(change, rule, said)
    text = escape(f"{summary(change)} · {plainly(change.request.requester)}", limits.FALLBACK)
    return Message(
        text=text,
        blocks=(
            header(summary(change)),
            *upper,
            *buttons.rows(change, now, own=own),
            *lower,
            context(_small_print(change)),
        ),
    )


def _body(change: Change, rule: ApprovalRule | None, said: str) -> tuple[list[Block], list[Block]]:
    """What stands above the buttons, and what below."""
    plan, steps = change.plan, progress.steps(change, said=said)
    match change.state:
        case _S.PLANNING:
            return _paragraph(card.asked(change), words.PLANNING), []
        case _S.WAITING if plan is not None:
            upper = [*card.voided(change), section(card.first(change, plan))]
            lower = [section(card.second(plan)), section(card.deciding(change, rule))]
            return upper, lower
        case _S.APPROVED:
            return _paragraph(*_words_on_plan(change), words.BEFORE_BEGIN, card.asked(change)), []
        case _S.CONFIRMING:
            next_ = words.NEXT_STEP.format(step=bold(change.outcome, 200))
            return _paragraph(next_, *_cancelled(change), steps), _undo(change)
        case _S.EXECUTING:
            return _paragraph(*_cancelled(change), steps), _undo(change)
        case _S.VERIFYING:
            return _paragraph(*_cancelled(change), *_verifying(change)), _paragraph(steps)
        case _S.UNKNOWN:
            return _paragraph(*_doubt(change), steps), _undo(change)
        case _S.DONE:
            return _done(change)
        case _S.UNVERIFIED:
            upper = _paragraph(_outcome(change), progress.not_held(change.checks))
            lower = [*progress.before_and_after(change), *_paragraph(steps), *_undo(change)]
            return upper, lower
        case _S.FAILED | _S.STOPPED:
            return _paragraph(_outcome(change), steps), _undo(change)
        case _S.CANCELLED:
            return _paragraph(_outcome(change), steps), _undo(change) if change.steps else []
    return _paragraph(*_words_on_plan(change), _outcome(change), words.NOTHING_DONE), _paragraph(
        card.asked(change)
    )


def _done(change: Change) -> tuple[list[Block], list[Block]]:
    upper = [_outcome(change), *_took(change)]
    alone = change.said(Word.SOLO)
    reviewed = change.said(Word.REVIEWED)
    if change.review_due and alone:
        upper.append(words.REVIEW_DUE.format(who=who(alone[-1].by)))
    elif alone and reviewed:
        upper.append(words.REVIEWED_BY.format(who=who(reviewed[-1].by)))
    lower = [*progress.before_and_after(change), *_paragraph(progress.steps(change))]
    return _paragraph(*upper), [*lower, *_undo(change)]


def _outcome(change: Change) -> str:
    """The last word, and what to do about it."""
    outcome = sentence(change.outcome, 1_200) if change.outcome else ""
    hint = f"→ {sentence(change.hint, 500)}" if change.hint else ""
    return "\n".join(filter(None, [outcome, hint]))


def _words_on_plan(change: Change) -> list[str]:
    """Who said what about the plan that counts."""
    lines = []
    for said in change.said(Word.REJECT, Word.WITHDRAW):
        lines.append(_against(said))
    if change.state in (_S.REJECTED, _S.WITHDRAWN):
        return lines
    approved = [said for said in change.approvals if said.word is Word.APPROVE]
    if approved:
        names = ", ".join(who(said.by) for said in approved)
        lines.append(words.APPROVED_BY.format(who=names))
    for said in change.approvals:
        if said.word is Word.SOLO:
            reason = escape(said.reason, 400)
            lines.append(words.ALONE_BY.format(who=who(said.by), reason=reason))
    if not lines and change.state is _S.APPROVED:
        safe = change.plan is None or change.plan.risk is Risk.SAFE
        lines.append(words.NO_APPROVAL_NEEDED if safe else words.BROKEN_NEEDS_NONE)
    return lines


def _against(said: Decision) -> str:
    if said.word is Word.WITHDRAW:
        return words.WITHDRAWN_BY.format(who=who(said.by))
    return words.REJECTED_BY.format(who=who(said.by), reason=escape(said.reason, 800))


def _cancelled(change: Change) -> list[str]:
    cancelled = change.said(Word.CANCEL)
    return [words.CANCEL_ASKED.format(who=who(cancelled[-1].by))] if cancelled else []


def _verifying(change: Change) -> list[str]:
    lines = [progress.checks_in_lines(change.checks)] if change.checks else []
    if change.held_since is not None:
        lines.append(words.HELD_ONCE.format(at=ago(change.held_since)))
    if change.checks_end is not None:
        lines.append(words.TWICE.format(at=at(change.checks_end)))
    return lines


def _doubt(change: Change) -> list[str]:
    doubt = change.doubt
    if doubt is None:
        return [_outcome(change)]
    lines = [words.IN_DOUBT.format(step=escape(doubt.name, 200))]
    if doubt.error:
        lines.append(words.LAST_ERROR.format(error=sentence(doubt.error, 400)))
    return lines


def _undo(change: Change) -> list[Block]:
    if change.plan is None or not change.steps:
        return []
    return [section(words.UNDO_NOW.format(what=sentence(change.plan.undo, 600)))]


def _took(change: Change) -> list[str]:
    if change.began_at is None or change.ended_at is None:
        return []
    seconds = max(0.1, (change.ended_at - change.began_at).total_seconds())
    return [words.TOOK.format(took=format_duration(seconds))]


def _in_a_step(change: Change) -> bool:
    """Whether the outcome is the name of a step that waits for a word."""
    return change.state is _S.CONFIRMING


def _small_print(change: Change) -> str:
    parts = [f"asked by {who(change.request.requester)}", code(change.id, 40)]
    if change.plan is not None:
        parts.append(f"plan {change.plan.digest[:8]}")
    if change.rule:
        parts.append(words.RULE.format(rule=escape(f"“{change.rule}”", 100)))
    if change.ended_at is not None:
        parts.append(words.ENDED_AT.format(at=ago(change.ended_at)))
    return " · ".join(parts)


def _titled(change: Change) -> str:
    title, cluster = plain(title_of(change), 100), change.request.cluster
    return title if cluster in title else f"{title} · {plain(cluster, 60)}"


def _paragraph(*parts: str) -> list[Block]:
    lines = [line for part in parts if part for line in part.split("\n")]
    return [section(lines_within(lines, limits.SECTION))] if lines else []


def with_heading(message: Message, text: str) -> Message:
    """``message`` with a line of mrkdwn above everything."""
    return msgspec.structs.replace(message, blocks=(section(text), *message.blocks))
