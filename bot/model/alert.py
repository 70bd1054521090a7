"""Alerts as Alertmanager delivers them: one delivery is the present state of one group.

Source: Alertmanager's webhook payload, version 4 (prometheus.io/docs/alerting/latest/configuration,
``webhook_config``), and deliveries of Alertmanager 0.25.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class AlertState(StrEnum):
    """Whether an alert, or at least one of its group, fires."""

    FIRING = "firing"
    RESOLVED = "resolved"


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert. ``fingerprint`` is Alertmanager's own, over the labels. Labels, annotations and
    the address are text from elsewhere: they are shown, escaped, and choose nothing by themselves.

    ``ended_at`` is ``None`` while it fires.
    """

    fingerprint: str
    state: AlertState
    labels: dict[str, str]
    annotations: dict[str, str] = {}
    began_at: datetime
    ended_at: datetime | None = None
    source_url: str = ""

    @property
    def name(self) -> str:
        """``alertname``; empty when it has none."""
        return self.labels.get("alertname", "")


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One group of alerts, as it was when Alertmanager posted it.

    ``receiver`` is the name in the path, whose token was shown; ``group_key`` is Alertmanager's.
    ``cluster`` is the configured cluster it speaks for, checked at the door. ``truncated`` alerts
    were left out by Alertmanager, ``unreadable`` ones by the door, because nothing could be made of
    them.
    """

    receiver: str
    group_key: str
    cluster: str
    state: AlertState
    alerts: tuple[Alert, ...]
    group_labels: dict[str, str] = {}
    common_labels: dict[str, str] = {}
    common_annotations: dict[str, str] = {}
    alertmanager_url: str = ""
    truncated: int = 0
    unreadable: int = 0
    received_at: datetime
