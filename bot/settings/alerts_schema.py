"""What ``config/alerts.yaml`` may say, as frozen types. ``docs/alerts.md`` explains it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from bot.model.alert_route import AlertSeverity
from bot.model.names import Duration
from bot.settings.access_schema import CommandName, RuleName, Words
from bot.settings.fields import Allowed, ChannelId, ClusterName, Section, in_seconds, refuse

_SEVERITIES = ", ".join(AlertSeverity)
LABELS = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*(?:\|[A-Za-z_][A-Za-z0-9_]*)*)\}\Z")


def _severity(value: object) -> object:
    if not isinstance(value, str) or value not in list(AlertSeverity):
        raise refuse()
    return AlertSeverity(value)


def _value(text: str) -> str:
    """A label, several of which the first counts, or plain text: no mixture of these."""
    if (
        not text
        or not text.isprintable()
        or ("{" in text or "}" in text) != bool(LABELS.match(text))
    ):
        raise refuse()
    return text


SeverityName = Annotated[AlertSeverity, BeforeValidator(_severity), Allowed(_SEVERITIES)]
Cooldown = Annotated[
    Duration,
    BeforeValidator(in_seconds),
    Field(ge=0, le=86400),
    Allowed("a duration up to 1d, such as 15m"),
]
ParameterName = Annotated[str, Allowed("the name of a parameter of the runbook")]
ParameterValue = Annotated[
    str,
    AfterValidator(_value),
    Allowed('a label as "{node}", several as "{node|instance}", or plain text in quotes'),
]


class ReceiverEntry(Section):
    """Who may deliver. What is missing is told by :mod:`bot.settings.alerts_file`."""

    clusters: Annotated[list[ClusterName], Allowed("a list of clusters")] | None = None
    channel: ChannelId | None = None


class DefaultEntry(Section):
    """What is done about alerts that no rule is about."""

    runbook: CommandName | None = None
    nothing: Words | None = None
    parameters: Mapping[ParameterName, ParameterValue] | None = None
    channel: ChannelId | None = None
    severity: SeverityName | None = None
    cooldown: Cooldown | None = None


class RuleEntry(DefaultEntry):
    """One rule of the table."""

    name: RuleName | None = None
    match: Annotated[list[Words], Allowed("a list of matchers")] | None = None


class AlertsFile(Section):
    """The whole of ``alerts.yaml``."""

    receivers: Mapping[ClusterName, ReceiverEntry] = Field(default_factory=dict)
    rules: Annotated[list[RuleEntry], Allowed("a list of rules")] = Field(default_factory=list)
    default: DefaultEntry | None = None
