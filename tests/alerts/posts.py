"""Bodies as Alertmanager posts them."""

from __future__ import annotations

import json
from typing import Any

from bot.model.alert_rules import AlertReceiver

PROD = AlertReceiver(name="prod", clusters=("prod",), channel="C0123456789")
BOTH = AlertReceiver(name="both", clusters=("prod", "lab"), channel="C0123456789")


def alert(name: str = "CiliumAgentDown", /, **labels: str) -> dict[str, Any]:
    """One that fires, shaped as Alertmanager 0.25 writes it."""
    return {
        "status": "firing",
        "labels": {"alertname": name, **labels},
        "annotations": {"summary": "an agent is down"},
        "startsAt": "2026-11-22T21:16:02.975Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example:9090/graph",
        "fingerprint": "e78ac7b0a21fc93d",
    }


def resolved(name: str = "CiliumAgentDown", /, **labels: str) -> dict[str, Any]:
    """One that has ended."""
    return {**alert(name, **labels), "status": "resolved", "endsAt": "2026-11-22T21:20:00Z"}


def post(*alerts: Any, **more: Any) -> dict[str, Any]:
    """The whole body."""
    return {
        "receiver": "hook",
        "status": "firing",
        "alerts": list(alerts),
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example:9093",
        "version": "4",
        "groupKey": '{}:{alertname="CiliumAgentDown"}',
        "truncatedAlerts": 0,
        **more,
    }


def body(*alerts: Any, **more: Any) -> bytes:
    """The whole body, as it is sent."""
    return json.dumps(post(*alerts, **more)).encode()
