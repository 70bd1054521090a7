"""Typed parameters of runbooks, and the grammar each must satisfy before it goes anywhere.

The types are plain ``str`` and ``float`` at run time; what distinguishes them is the annotation,
which the command grammar reads from a runbook's signature. Sources: Kubernetes' "Object Names and
IDs" page (RFC 1123 subdomain and label), SemVer for Cilium's tags.
"""

from __future__ import annotations

import re
from typing import NewType

NodeName = NewType("NodeName", str)
PodName = NewType("PodName", str)
Namespace = NewType("Namespace", str)
Version = NewType("Version", str)
RevisionNumber = NewType("RevisionNumber", int)
"""Of a release: it counts from 1."""
Duration = NewType("Duration", float)
"""Seconds."""

_LABEL = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"
_DNS_LABEL = re.compile(rf"{_LABEL}\Z")
_DNS_SUBDOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\Z")
_VERSION = re.compile(r"v?(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3})(-[0-9A-Za-z.-]{1,40})?)?\Z")
_REVISION = re.compile(r"[1-9][0-9]{0,5}\Z")
_DURATION = re.compile(
    r"(?:(\d{1,4})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m)?(?:(\d{1,7}(?:\.\d{1,3})?)s)?\Z"
)


def is_dns_label(text: str) -> bool:
    """RFC 1123 label: at most 63 of ``a-z0-9-``, alphanumeric at both ends."""
    return bool(_DNS_LABEL.match(text))


def is_dns_subdomain(text: str) -> bool:
    """RFC 1123 subdomain: labels joined by dots, at most 253 characters."""
    return len(text) <= 253 and bool(_DNS_SUBDOMAIN.match(text))


def is_version(text: str) -> bool:
    """``1.18``, ``1.18.6`` or ``1.19.0-rc.1``, with or without a leading ``v``."""
    return bool(_VERSION.match(text))


def parse_revision(text: str) -> RevisionNumber | None:
    """``3``; ``None`` when it is no whole number from 1."""
    return RevisionNumber(int(text)) if _REVISION.match(text) else None


def parse_duration(text: str) -> Duration | None:
    """``90s``, ``15m``, ``1h30m``, ``2d`` in seconds; ``None`` when it is not a duration."""
    match = _DURATION.match(text)
    if not match or not any(match.groups()):
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return Duration(days * 86400 + hours * 3600 + minutes * 60 + seconds)


def counted(number: int, noun: str) -> str:
    """``1 restart``, ``12 restarts``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def natural(name: str) -> list[tuple[int, str]]:
    """A sort key with which node-2 comes before node-10."""
    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts if part]


def format_duration(seconds: float) -> str:
    """The two largest units that matter: ``2.7s``, ``45s``, ``12m``, ``1h 30m``, ``3d 4h``."""
    whole = round(seconds)
    if 0 < seconds < 9.95:
        return f"{seconds:.1f}".removesuffix(".0") + "s"
    if whole < 60:
        return f"{whole}s"
    for size, unit, small, small_unit in (
        (86400, "d", 3600, "h"),
        (3600, "h", 60, "m"),
        (60, "m", 1, "s"),
    ):
        if whole >= size:
            large, rest = divmod(whole, size)
            rest //= small
            return f"{large}{unit} {rest}{small_unit}" if rest and large < 10 else f"{large}{unit}"
    raise AssertionError("unreachable: a minute or more has a unit")
