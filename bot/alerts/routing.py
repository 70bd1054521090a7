"""Which command answers a group of alerts, and why: pure.

Labels choose among rules and fill in parameters, nothing more. Which command is run stands in the
table, and a value reaches the command only when the command's own grammar takes it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.engine.grammar import parse
from bot.engine.parameters import Kind, Parameter
from bot.engine.registry import Registry, Runbook
from bot.model.alert import Alert, AlertState, Delivery
from bot.model.alert_route import AlertRoute, AlertSeverity
from bot.model.alert_rules import AlertRule, AlertRules
from bot.model.errors import UsageError
from bot.model.names import counted
from bot.model.nearest import quoted

SEVERITY = "severity"
_SEVERITIES = {
    "page": AlertSeverity.PAGE,
    "critical": AlertSeverity.PAGE,
    "warn": AlertSeverity.WARN,
    "warning": AlertSeverity.WARN,
    "info": AlertSeverity.INFO,
}
_LOUDEST_FIRST = (AlertSeverity.PAGE, AlertSeverity.WARN, AlertSeverity.INFO)


@dataclass(slots=True)
class _Words:
    """What a command is called with, and why something is not among it."""

    typed: list[str] = field(default_factory=list)
    meant: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def route(delivery: Delivery, rules: AlertRules, registry: Registry) -> AlertRoute:
    """What is done about ``delivery``.

    Each alert that fires has the first rule that is about it (of a group in which none fires, each
    alert). Of their rules the topmost that runs something decides for the group: a rule that has
    nothing run is never in the way of a neighbour's. The loudest severity counts.

    Raises :class:`UsageError` when the table names a runbook that ``registry`` has not; a table
    that was checked does not.
    """
    firing = [alert for alert in delivery.alerts if alert.state is AlertState.FIRING]
    decided = [(rules.deciding(alert.labels), alert) for alert in firing or delivery.alerts]
    rule = min((rule for rule, _ in decided), key=lambda one: (not one.runbook, rules.rank(one)))
    about = [alert for its, alert in decided if its is rule]
    loudest = min(
        (_severity(its, alert) for its, alert in decided if its.runbook or its is rule),
        key=_LOUDEST_FIRST.index,
    )
    runbook, words, reasons = _command(rule, about, rules, registry)
    others = [alert for its, alert in decided if its is not rule]
    if others:
        named = ", ".join(dict.fromkeys(its.name for its, _ in decided if its is not rule))
        reasons.append(f"{counted(len(others), 'other alert')} of the group: {named}.")
    return AlertRoute(
        rule=rule.name,
        place=rule.place,
        runbook=runbook,
        words=words,
        channel=rule.channel or rules.receivers[delivery.receiver].channel,
        severity=loudest,
        cooldown=rule.cooldown,
        why=" ".join(reasons),
    )


def _severity(rule: AlertRule, alert: Alert) -> AlertSeverity:
    labelled = alert.labels.get(SEVERITY, "").lower()
    return rule.severity or _SEVERITIES.get(labelled, AlertSeverity.WARN)


def _command(
    rule: AlertRule, alerts: Sequence[Alert], rules: AlertRules, registry: Registry
) -> tuple[str, tuple[str, ...], list[str]]:
    """The runbook, its words, and why."""
    if not rule.runbook:
        return "", (), [f"Nothing is run: {rule.nothing}."]
    runbook = registry.runbook(rule.runbook)
    words = _words(runbook, rule.parameters, alerts)
    reasons = [f"Left out: {'; '.join(words.left_out)}."] if words.left_out else []
    try:
        understood = parse(registry, [runbook.name, *words.typed]).parameters == words.meant
        wrong = "" if understood else f"{runbook.name} would read its words otherwise."
    except UsageError as error:
        wrong = error.message
    if not wrong:
        return runbook.name, tuple(words.typed), reasons
    default = rules.default
    if rule is default or not default.runbook:
        return "", (), [*reasons, f"Nothing is run: {wrong}"]
    name, typed, more = _command(default, alerts, rules, registry)
    return name, typed, [*reasons, f"{wrong} The default's command instead.", *more]


def _words(runbook: Runbook, templates: Mapping[str, str], alerts: Sequence[Alert]) -> _Words:
    words = _Words()
    known = {parameter.name for parameter in runbook.parameters}
    words.left_out += [f"{runbook.name} has no {name}" for name in templates if name not in known]
    is_open = True  # a later positional could be taken for the one that was left out
    for parameter in runbook.parameters:
        if parameter.name not in templates:
            is_open = is_open and not parameter.positional
            continue
        value, why_not = _value(parameter, templates[parameter.name], alerts)
        if value is None or (parameter.positional and not is_open):
            words.left_out.append(why_not or f"{parameter.name} without what stands before it")
            is_open = is_open and not parameter.positional
            continue
        words.meant[parameter.name] = value
        words.typed += [value] if parameter.positional else [f"{parameter.option}={value}"]
    return words


def _value(parameter: Parameter, template: str, alerts: Sequence[Alert]) -> tuple[str | None, str]:
    """The value in canonical form, or ``None`` and the reason."""
    if not template.startswith("{"):
        return _read(parameter, template, "the rule")
    reasons = []
    for label in template[1:-1].split("|"):
        values = sorted({alert.labels.get(label, "") for alert in alerts})
        if values == [""]:
            reasons.append(f"no label {label}")
        elif len(values) > 1:
            reasons.append(f"{label} has {len(values)} values in {len(alerts)} alerts")
        else:
            value, why_not = _read(parameter, values[0], label)
            if value is not None:
                return value, ""
            reasons.append(why_not)
    return None, f"{parameter.name}: {', '.join(reasons)}"


def _read(parameter: Parameter, text: str, label: str) -> tuple[str | None, str]:
    if parameter.kind is Kind.NODE:
        text = _host(text)
        if _is_address(text):
            return None, f"{label} is the address {quoted(text)}, no node's name"
    try:
        return parameter.read(text), ""
    except UsageError:
        return None, f"{label} is {quoted(text)}, not {parameter.expected}"


def _host(text: str) -> str:
    """Prometheus' ``instance`` is ``host:port``."""
    host, colon, port = text.rpartition(":")
    return host.strip("[]") if colon and port.isdecimal() and not _is_address(text) else text


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
