"""What is to be done with a group of alerts, and why: the answer of the routing table."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class AlertSeverity(StrEnum):
    """How loud an incident is."""

    PAGE = "page"
    WARN = "warn"
    INFO = "info"


class AlertRoute(msgspec.Struct, frozen=True, kw_only=True):
    """Which read-only runbook diagnoses a group, with which words, and where it is told.

    ``rule`` names the entry of ``alerts.yaml`` that decided, ``place`` its file and line. An empty
    ``runbook`` means that nothing is run, and ``why`` says so. ``words`` are the command's words as
    a person would type them, made of labels that passed the runbook's own grammar; a label that did
    not is left out and named in ``why``. ``cooldown`` is seconds between two diagnoses of one
    incident.
    """

    rule: str
    place: str
    runbook: str = ""
    words: tuple[str, ...] = ()
    channel: str
    severity: AlertSeverity = AlertSeverity.WARN
    cooldown: float = 900.0
    why: str = ""
