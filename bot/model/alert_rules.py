"""The routing table: who may deliver alerts for which clusters, and which command answers them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bot.model.alert_matcher import Matcher
from bot.model.alert_route import AlertSeverity


class AlertReceiver(msgspec.Struct, frozen=True, kw_only=True):
    """A sender of alerts. ``clusters`` are those it may speak for; its incidents are told in
    ``channel`` unless a rule names another."""

    name: str
    clusters: tuple[str, ...]
    channel: str


class AlertRule(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the table. ``place`` is its file and line.

    It is about an alert when all of ``matchers`` hold; the default has none. ``parameters`` are the
    runbook's, from labels or as they stand. Without ``runbook`` nothing is run, and ``nothing``
    says why. ``severity`` and ``channel`` ``None``: the alert's, the receiver's.
    """

    name: str
    place: str
    matchers: tuple[Matcher, ...] = ()
    runbook: str = ""
    parameters: Mapping[str, str] = {}
    nothing: str = ""
    channel: str | None = None
    severity: AlertSeverity | None = None
    cooldown: float = 900.0

    def is_about(self, labels: Mapping[str, str]) -> bool:
        """Whether every matcher holds."""
        return all(matcher.holds(labels) for matcher in self.matchers)


class AlertRules(msgspec.Struct, frozen=True, kw_only=True):
    """All of ``alerts.yaml``. The first rule that is about an alert decides, else ``default``."""

    receivers: Mapping[str, AlertReceiver]
    rules: tuple[AlertRule, ...]
    default: AlertRule

    def deciding(self, labels: Mapping[str, str]) -> AlertRule:
        """The first rule about an alert with ``labels``; else the default."""
        return next((rule for rule in self.rules if rule.is_about(labels)), self.default)

    def rank(self, rule: AlertRule) -> int:
        """Where ``rule`` stands; the default is the last."""
        return self.rules.index(rule) if rule in self.rules else len(self.rules)
