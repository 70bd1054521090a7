"""Changes as text for a terminal: a list, one in full, and what is new about one."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console

from bot.model.change import ChangeState, Check, StepState, Word
from bot.model.change_document import Approval, ChangeDocument, DecisionDocument, StepDocument
from bot.model.names import format_duration
from bot.model.run import Requester
from bot.terminal.lines import print_line
from bot.terminal.plan import INDENT, print_plan

STATE_STYLE = {
    ChangeState.DONE: ("✔", "bold green"),
    ChangeState.UNVERIFIED: ("?", "bold magenta"),
    ChangeState.UNKNOWN: ("?", "bold magenta"),
    ChangeState.FAILED: ("✖", "bold red"),
    ChangeState.STOPPED: ("✖", "bold red"),
}
STEP_STYLE = {
    StepState.STARTED: ("…", ""),
    StepState.DONE: ("✔", "green"),
    StepState.FAILED: ("✖", "red"),
    StepState.DOUBTFUL: ("?", "magenta"),
}
_OF_A_STEP = (Word.CONFIRM, Word.HAPPENED, Word.DID_NOT)


def print_changes(console: Console, changes: Sequence[ChangeDocument]) -> None:
    """One line a change, newest first."""
    if not changes:
        print_line(console, ("There are no changes that you may see.", ""))
    for change in changes:
        mark, style = STATE_STYLE.get(change.state, ("·", ""))
        print_line(
            console,
            (f"{mark} {change.change}  {change.state}", style),
            (f"  {_words(change)} on {change.cluster}", ""),
            (f"  {_who(change.requester)}, {_ago(change.asked_at)}", "dim"),
        )


def print_approvals(console: Console, waiting: Sequence[Approval]) -> None:
    """What waits for approval, with the words to decide on it."""
    if not waiting:
        print_line(console, ("Nothing waits for approval.", ""))
    for approval in waiting:
        change = approval.change
        title = change.plan.title if change.plan else _words(change)
        print_line(
            console, (f"{change.ask}  ", "bold"), (title, "bold"), (f" on {change.cluster}", "")
        )
        print_line(console, (f"{INDENT}asked by {_who(change.requester)}: {_reason(change)}", ""))
        print_line(console, (INDENT + _needs(change), ""))
        if approval.may_decide:
            said = f"{INDENT}→ cilium-oncall approvals approve {change.ask}"
            print_line(console, (said, "cyan"))
        else:
            print_line(console, (INDENT + approval.why, "dim"))


def print_change(console: Console, change: ChangeDocument) -> None:
    """Everything about one change."""
    print_head(console, change)
    print_line(console, (f"asked by {_who(change.requester)} {_ago(change.asked_at)}", ""))
    if change.reason or change.incident:
        print_line(console, (_reason(change), ""))
    if change.plan is not None:
        console.print()
        print_plan(console, change.plan, digest=change.digest)
        console.print()
    _print_lines(console, "The plan before was void", change.voided)
    for decision in change.decisions:
        _print_decision(console, decision, change.digest)
    if change.state is ChangeState.WAITING:
        print_line(console, (_needs(change), ""))
    for step in change.steps:
        print_step(console, step)
    print_checks(console, "Before", change.checks_before)
    print_checks(console, "After", change.checks)
    print_next(console, change)


def print_head(console: Console, change: ChangeDocument) -> None:
    """State and outcome in one line."""
    mark, style = STATE_STYLE.get(change.state, ("·", "bold"))
    title = change.plan.title if change.plan else _words(change)
    print_line(
        console,
        (f"{mark} {change.state.upper()}  ", style),
        (f"{title} on {change.cluster}", "bold"),
        (f"  [{change.change}]", "dim"),
    )
    if change.outcome:
        print_line(console, (change.outcome, ""))
    if change.hint:
        print_line(console, (f"→ {change.hint}", ""))


def print_step(console: Console, step: StepDocument) -> None:
    """One step as it is now."""
    mark, style = STEP_STYLE[step.state]
    took = ""
    if step.ended_at is not None:
        took = f"  {format_duration(max(0.1, (step.ended_at - step.started_at).total_seconds()))}"
    by = f"  as {_who(step.said_by)} says" if step.said_by else ""
    print_line(console, (f"{mark} {step.name}", style), (took, "dim"), (by, ""), (_after(step), ""))


def _after(step: StepDocument) -> str:
    return f"  {step.error or step.result}" if step.error or step.result else ""


def print_checks(console: Console, when: str, checks: Sequence[Check]) -> None:
    """What was looked at, and whether it held."""
    for check in checks:
        mark, style = {True: ("✔", "green"), False: ("✖", "red"), None: ("?", "magenta")}[
            check.held
        ]
        said = f": {check.said}" if check.said else ""
        print_line(console, (f"{mark} ", style), (f"{when.lower()}: {check.name}{said}", ""))


def print_next(console: Console, change: ChangeDocument) -> None:
    """What somebody has to say before it goes on."""
    for line in words_wanted(change):
        print_line(console, (f"→ {line}", "cyan"))


def words_wanted(change: ChangeDocument) -> tuple[str, ...]:
    """The commands with which a change that waits for a person goes on."""
    say = f"cilium-oncall changes say {change.change}"
    step = f" --step {shlex.quote(change.about)}"
    match change.state:
        case ChangeState.WAITING:
            return (
                f"an approver, here or in Slack: cilium-oncall approvals approve {change.ask}",
                f"take it back: {say} withdraw",
            )
        case ChangeState.CONFIRMING:
            return (f"carry out the next step: {say} confirm{step}", f"stop here: {say} stop")
        case ChangeState.UNKNOWN:
            return (
                f"look at the cluster; if it happened: {say} happened{step}",
                f"if it did not: {say} did-not{step}",
                f"stop here: {say} stop",
            )
        case ChangeState.UNVERIFIED:
            return (f"look once more: {say} check",)
        case _:
            return (f"look at what was done alone: {say} reviewed",) if change.review_due else ()


class News:
    """Prints what is new about one change each time it is seen."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._digest = ""
        self._state: ChangeState | None = None
        self._steps: dict[str, StepState] = {}
        self._decisions = 0
        self._wanted: tuple[str, ...] = ()

    def tell(self, change: ChangeDocument) -> None:
        """Print what was not there the last time."""
        console = self._console
        if change.plan is not None and change.digest != self._digest:
            _print_lines(console, "The plan changed, and is asked for again", change.voided)
            print_plan(console, change.plan, digest=change.digest)
            self._digest = change.digest
        for decision in change.decisions[self._decisions :]:
            _print_decision(console, decision, change.digest)
        self._decisions = len(change.decisions)
        for step in change.steps:
            if self._steps.get(step.name) is not step.state:
                print_step(console, step)
                self._steps[step.name] = step.state
        if not change.open:
            print_checks(console, "Before", change.checks_before)
            print_checks(console, "After", change.checks)
            print_head(console, change)
        elif change.state is not self._state and change.state is not ChangeState.WAITING:
            print_line(console, (f"· {change.state}", "bold"), (f"  [{change.change}]", "dim"))
        elif change.state is not self._state:
            print_line(console, (f"· {_needs(change)}", "bold"), (f"  [{change.change}]", "dim"))
        wanted = words_wanted(change)
        if wanted != self._wanted:
            print_next(console, change)
        self._state, self._wanted = change.state, wanted


def progress_of(change: ChangeDocument) -> str:
    """How far it is, in a few words."""
    started = [step for step in change.steps if step.state is StepState.STARTED]
    now = datetime.now(UTC)
    if change.state is ChangeState.EXECUTING and started:
        return f"{started[-1].name} for {_since(started[-1].started_at, now)}"
    if change.state is ChangeState.WAITING and change.decide_by is not None:
        left = (change.decide_by - now).total_seconds()
        return f"waiting for approval, {format_duration(max(1.0, left))} left"
    return f"{change.state} for {_since(change.began_at or change.asked_at, now)}"


def _needs(change: ChangeDocument) -> str:
    until = f" by {change.decide_by:%H:%M:%S %Z}" if change.decide_by else ""
    return f"waits for approval{until}: {change.given} of {change.needed}"


def _print_decision(console: Console, decision: DecisionDocument, digest: str) -> None:
    about = "" if decision.digest == digest else " (of an earlier plan)"
    reason = f": {decision.reason}" if decision.reason else ""
    step = f" {decision.about}" if decision.word in _OF_A_STEP else ""
    said = (
        f"· {decision.word}{step} by {_who(decision.by)} at {decision.at:%H:%M:%S}{about}{reason}"
    )
    print_line(console, (said, ""))


def _print_lines(console: Console, title: str, lines: Sequence[str]) -> None:
    if lines:
        print_line(console, (title, "bold"))
        for line in lines:
            print_line(console, (INDENT + line, ""))


def _words(change: ChangeDocument) -> str:
    return " ".join([change.remedy, *change.parameters.values()])


def _reason(change: ChangeDocument) -> str:
    incident = f" (incident {change.incident})" if change.incident else ""
    return f"{change.reason or 'no reason given'}{incident}"


def _who(requester: Requester) -> str:
    return f"{requester.name} ({requester.id})" if requester.name else requester.id


def _ago(at: datetime) -> str:
    return f"{_since(at, datetime.now(UTC))} ago"


def _since(at: datetime, now: datetime) -> str:
    return format_duration(max(0.1, (now - at).total_seconds()))
