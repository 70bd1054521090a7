"""What would be done about a group of alerts, for people and for programs."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import msgspec
from rich.console import Console

from bot.model.alert import AlertState, Delivery
from bot.model.alert_route import AlertRoute
from bot.model.names import counted, format_duration
from bot.terminal.lines import print_line


def print_route(
    console: Console, delivery: Delivery, route: AlertRoute, unreadable: Sequence[str]
) -> None:
    """The command first, then why, and what could not be read."""
    command = " ".join((route.runbook, *route.words))
    print_line(console, ("→ ", "bold"), (command or "nothing is run", "bold green"))
    firing = sum(alert.state is AlertState.FIRING for alert in delivery.alerts)
    names = ", ".join(sorted({alert.name or "(no name)" for alert in delivery.alerts})[:5])
    told = f"severity {route.severity}, at most every {format_duration(route.cooldown)}"
    lines = [
        ("alerts:  ", f"{names}: {firing} of {len(delivery.alerts)} firing"),
        ("cluster: ", f"{delivery.cluster}, for which {delivery.receiver} may speak"),
        ("rule:    ", f"{route.rule} ({route.place})"),
        ("told in: ", f"{route.channel}, {told}"),
        ("why:     ", route.why),
    ]
    for name, text in lines:
        if text:
            print_line(console, (name, "dim"), (text, ""))
    if delivery.truncated:
        print_line(console, (f"{counted(delivery.truncated, 'alert')} cut by Alertmanager", ""))
    for sentence in unreadable:
        print_line(console, ("✖ not read: ", "bold red"), (sentence, ""))


def write_route(delivery: Delivery, route: AlertRoute, unreadable: Sequence[str]) -> None:
    """One JSON object on standard output."""
    document = {"delivery": delivery, "route": route, "unreadable": unreadable}
    sys.stdout.buffer.write(msgspec.json.encode(document) + b"\n")
