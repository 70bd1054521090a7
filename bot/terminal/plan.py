"""A plan in full, before anybody agrees to it: what, calls, diff, whom it touches, and how it ends.

Nothing is left out and nothing is shortened: what is approved is what is read here.
"""

from __future__ import annotations

from rich.console import Console

from bot.model.names import counted, format_duration, natural
from bot.model.plan import BlastRadius, Call, Plan, Risk
from bot.terminal.lines import print_line

RISK_STYLE = {Risk.SAFE: "green", Risk.GUARDED: "yellow", Risk.BREAKGLASS: "bold red"}
INDENT = "    "
_DIFF_STYLE = {"+": "green", "-": "red"}


def print_plan(console: Console, plan: Plan, *, digest: str = "") -> None:
    """Print ``plan``. ``digest`` is what a bot said it is; without, it is reckoned here."""
    print_line(
        console,
        ("PLAN  ", "bold"),
        (plan.title, "bold"),
        (f"  [{plan.risk}]", RISK_STYLE[plan.risk]),
    )
    given = " ".join([plan.remedy, *(f"{name}={value}" for name, value in plan.parameters.items())])
    print_line(console, (f"{given} on {plan.cluster}, target {plan.target}", "dim"))
    if plan.broken:
        print_line(console, ("The target is certainly broken already.", "magenta"))
    _section(console, "Notes", plan.notes)
    _print_calls(console, plan.calls)
    _section(console, "Touches", _touched(plan.blast_radius))
    _section(console, "Meanwhile", plan.meanwhile or ("Nothing stops working.",))
    _section(console, "Undo", (plan.undo,))
    _section(console, "Checks after, held twice", plan.checks)
    _section(console, "Stops when", plan.stops_when)
    _section(console, "Bounds", _bounds(plan))
    if plan.seconds:
        _section(console, "Takes about", (format_duration(plan.seconds),))
    _section(console, "Dry run", (plan.dry_run,) if plan.dry_run else ("It was not tried.",))
    print_line(console, (f"digest {digest or plan.digest}", "dim"))


def _print_calls(console: Console, calls: tuple[Call, ...]) -> None:
    print_line(console, ("Calls", "bold"))
    for number, call in enumerate(calls, 1):
        uid = f"  uid {call.object.uid}" if call.object.uid else ""
        print_line(console, (f"{INDENT}{number}. {call}", ""), (uid, "dim"))
        for line in call.changes:
            print_line(console, (f"{INDENT}   {line}", _DIFF_STYLE.get(line[:1], "")))


def _touched(radius: BlastRadius) -> tuple[str, ...]:
    lines = []
    if radius.nodes:
        nodes = ", ".join(sorted(radius.nodes, key=natural))
        lines.append(f"{counted(len(radius.nodes), 'node')}: {nodes}")
    if radius.pods:
        lines.append(counted(radius.pods, "pod"))
    if radius.namespaces:
        names = ", ".join(sorted(radius.namespaces))
        lines.append(f"{counted(len(radius.namespaces), 'namespace')}: {names}")
    return tuple(lines) or ("No node and no pod.",)


def _bounds(plan: Plan) -> tuple[str, ...]:
    bounds = plan.bounds
    lines = [
        f"at most {counted(bounds.most_nodes, 'node')}, "
        f"{bounds.max_unavailable} unavailable at a time"
    ]
    if plan.agent_restarts:
        lines.append(f"{counted(plan.agent_restarts, 'agent restart')} of the hour's budget")
    lines += [f"{name} {value}" for name, value in sorted(plan.pinned.items())]
    return tuple(lines)


def _section(console: Console, title: str, lines: tuple[str, ...]) -> None:
    if lines:
        print_line(console, (title, "bold"))
        for line in lines:
            print_line(console, (INDENT + line, ""))
