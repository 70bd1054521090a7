"""A plan for somebody with thirty seconds and a phone: what, where, whom it hits. Pure.

The first paragraph must suffice to decide; the second is for who wants to know more, and what has
no room in either stands in the file of the thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.model.approval import ApprovalRule
from bot.model.change import Change, Word
from bot.model.names import counted, format_duration
from bot.model.plan import BlastRadius, Call, Plan, Risk
from bot.model.visible import visible
from bot.slack.blocks import Block, lines_within, section
from bot.slack.changes import words
from bot.slack.changes.people import named, who
from bot.slack.dates import at
from bot.slack.mrkdwn import CUT, code, escape, fenced, sentence

MOST_CALLS = 4
MOST_DIFF = 8
"""Lines of a diff in the message."""
MOST_NAMES = 5
_FIRST = 2_400
_SECOND = 2_400


def asked(change: Change) -> str:
    """Who asks for it and why."""
    request = change.request
    parts = [words.ASKED_BY.format(who=who(request.requester))]
    if request.incident:
        parts.append(words.FOR_INCIDENT.format(incident=escape(request.incident, 80)))
    line = " · ".join(parts)
    reason = words.FOR_REASON.format(reason=escape(request.reason, 400)) if request.reason else ""
    return f"{line}: {reason}" if reason else line


def first(change: Change, plan: Plan) -> str:
    """What an approver must know, in the order in which it matters."""
    lines = [_heading(change, plan), asked(change), *_calls(plan.calls)]
    lines.append(words.TOUCHES.format(what=_touched(plan)))
    if plan.meanwhile:
        lines.append(words.MEANWHILE.format(what=_listed(plan.meanwhile, 500)))
    lines.append(words.UNDO.format(what=sentence(plan.undo, 300)))
    return lines_within(lines, _FIRST)


def second(plan: Plan) -> str:
    """What is checked afterwards, what ends it early, what the API server said."""
    lines = []
    if plan.notes:
        now = plan.notes
        lines.append(words.NOTES.format(what=_listed(now, 500)))
    lines.append(words.CHECKS.format(what=_listed(plan.checks, 600)))
    lines.append(words.STOPS_WHEN.format(what=_listed(plan.stops_when, 600)))
    if plan.dry_run:
        lines.append(words.DRY_RUN.format(what=sentence(plan.dry_run, 300)))
    return lines_within(lines, _SECOND)


def voided(change: Change) -> list[Block]:
    """Why the plan that was approved is not carried out."""
    if not change.voided:
        return []
    lines = [words.VOIDED, *(f"• {escape(line, 300)}" for line in change.voided[:8])]
    if len(change.voided) > 8:
        lines.append(f"• {words.MORE.format(count=len(change.voided) - 8)}{CUT}")
    return [section(lines_within([*lines, words.VOIDED_TAIL], 2_000))]


def deciding(change: Change, rule: ApprovalRule | None) -> str:
    """Until when, how many of how many, and who may."""
    given = [said for said in change.approvals if said.word is Word.APPROVE]
    parts = [words.APPROVALS.format(given=len(given), needed=change.needed)]
    if given:
        parts.append(words.APPROVED_BY.format(who=", ".join(who(said.by) for said in given)))
    lines = [" · ".join(parts)]
    if rule is not None and rule.approvers:
        may = words.MAY_DECIDE.format(who=named(rule.approvers))
        if rule.second and change.half_time is not None:
            later = at(change.half_time)
            may += f"; {words.MAY_DECIDE_LATER.format(at=later, who=named(rule.second))}"
        lines.append(may)
    else:
        lines.append(words.MAY_DECIDE.format(who=words.NOBODY_NAMED))
    if change.solo_from is not None:
        lines.append(words.SOLO_FROM.format(at=at(change.solo_from)))
    return "\n".join(lines)


def in_full(change: Change, plan: Plan) -> str:
    """The whole plan as plain text, for a file."""
    request = change.request
    blast = plan.blast_radius
    paragraphs = [
        [plan.title, f"cluster {plan.cluster}, {plan.remedy}, {plan.risk}, target {plan.target}"],
        [f"digest {plan.digest}", f"change {change.id}, asked for by {request.requester.id}"],
        ["Calls:", *(line for call in plan.calls for line in (f"  {call}", *_indented(call)))],
        ["Touches:", *(f"  {name}" for name in (*blast.nodes, *blast.namespaces))],
        ["Meanwhile:", *(f"  {line}" for line in plan.meanwhile)],
        [f"Undo: {plan.undo}"],
        ["Checks after:", *(f"  {line}" for line in plan.checks)],
        ["Stops when:", *(f"  {line}" for line in plan.stops_when)],
        [f"Bounds: {plan.bounds.most_nodes} nodes, {plan.bounds.max_unavailable} unavailable"],
        [f"Pinned: {name} {value}" for name, value in plan.pinned.items()],
        [f"Dry run: {plan.dry_run}"] if plan.dry_run else [],
        ["Now:", *(f"  {line}" for line in plan.notes)] if plan.notes else [],
        [f"Not carried out before, because: {line}" for line in change.voided],
    ]
    texts = ["\n".join(visible(line, lines=True) for line in lines) for lines in paragraphs]
    return "\n\n".join(filter(None, texts)) + "\n"


def _indented(call: Call) -> Iterable[str]:
    return (f"    {line}" for line in call.changes)


def _heading(change: Change, plan: Plan) -> str:
    parts = [words.RISK.format(risk=plan.risk.value)]
    if plan.seconds > 0:
        parts.append(words.ESTIMATED.format(took=format_duration(plan.seconds)))
    if change.decide_by is not None:
        parts.append(words.DECIDE_BY.format(at=at(change.decide_by)))
    if plan.broken:
        parts.append(words.BROKEN)
    if change.needed > 1 or plan.risk is Risk.BREAKGLASS:
        given = len([said for said in change.approvals if said.word is Word.APPROVE])
        parts.append(words.APPROVALS.format(given=given, needed=change.needed))
    return " · ".join(parts)


def _calls(calls: Sequence[Call]) -> list[str]:
    if len(calls) == 1 and not calls[0].changes:
        return [f"{words.DOES} {code(str(calls[0]), 300)}"]
    lines = [words.DOES, *(f"• {code(str(call), 300)}" for call in calls[:MOST_CALLS])]
    if len(calls) > MOST_CALLS:
        lines.append(f"• {words.MORE_CALLS.format(count=len(calls) - MOST_CALLS)}{CUT}")
    diff = [line for call in calls[:MOST_CALLS] for line in call.changes]
    if diff:
        shown = [visible(line)[:100] for line in diff[:MOST_DIFF]]
        more = [f"+ {len(diff) - MOST_DIFF} more lines{CUT}"] if len(diff) > MOST_DIFF else []
        lines.append(fenced("\n".join(shown), 900))
        lines += more
    return lines


def _touched(plan: Plan) -> str:
    blast: BlastRadius = plan.blast_radius
    parts = []
    if blast.nodes:
        parts.append(_names("node", blast.nodes))
    if blast.pods:
        parts.append(counted(blast.pods, "pod"))
    if blast.namespaces:
        parts.append(_names("namespace", blast.namespaces))
    touched = " · ".join(parts) or escape(plan.target, 200)
    if len(blast.nodes) > 1 or plan.bounds.most_nodes > 1:
        bounds = words.BOUNDS.format(
            nodes=counted(plan.bounds.most_nodes, "node"), unavailable=plan.bounds.max_unavailable
        )
        touched += f" ({bounds})"
    return touched


def _names(noun: str, names: Sequence[str]) -> str:
    shown = ", ".join(escape(name, 80) for name in names[:MOST_NAMES])
    if len(names) == 1:
        return f"{noun} {shown}" if noun == "namespace" else shown
    more = f" …{CUT}" if len(names) > MOST_NAMES else ""
    return f"{counted(len(names), noun)} ({shown}{more})"


def _listed(parts: Sequence[str], most: int) -> str:
    """Several short sentences as one line each, or one after the other when there is one."""
    if len(parts) == 1:
        return sentence(parts[0], most)
    lines = [f"• {sentence(part, 200)}" for part in parts]
    return "\n" + lines_within(lines, most)
