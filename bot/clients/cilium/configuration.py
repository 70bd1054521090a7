"""What an agent runs with, as it says itself: ``cilium-dbg config --read-only -o json``.

The answer is the agent's ``DaemonConfig``, by its Go field names: ``EnableIPv4`` for the key
``enable-ipv4`` of cilium-config. Most names are the key's without dashes; those that are not, and
options that moved into modules, are not found and are not compared. Source: cilium-dbg's
``cmd/config.go`` and ``pkg/option`` of Cilium 1.14 - 1.20.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.clients.cilium.document import Document, document

_OTHER_NAMES = {
    "auto-direct-node-routes": "EnableAutoDirectRouting",
    "bpf-policy-map-max": "PolicyMapEntries",
    "agent-not-ready-taint-key": "AgentNotReadyNodeTaintKey",
}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+\Z")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_NANOSECONDS = {"ns": 1, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9}


@dataclass(frozen=True, slots=True)
class RunningDifference:
    """A key whose configured value is not what the agent runs with."""

    key: str
    configured: str
    running: str

    def __str__(self) -> str:
        return f"{self.key}: configured {self.configured}, running {self.running}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """How far an agent's configuration is what is configured."""

    differences: tuple[RunningDifference, ...]
    compared: int
    keys: int


def read_configuration(body: bytes) -> Document:
    """The agent's fields. Raises :class:`Malformed`."""
    return document(body, "The agent's configuration")


def compare(configured: Mapping[str, str], running: Document) -> Comparison:
    """Every key of cilium-config that the agent shows and whose value can be compared."""
    fields = {_plain(name): value for name, value in running.items()}
    differences: list[RunningDifference] = []
    compared = 0
    for key, value in sorted(configured.items()):
        name = _plain(_OTHER_NAMES.get(key, key))
        if name not in fields:
            continue
        same = _same(value, fields[name])
        if same is None:
            continue
        compared += 1
        if not same:
            differences.append(RunningDifference(key, value or '""', _shown(fields[name])))
    return Comparison(tuple(differences), compared, len(configured))


def _plain(name: str) -> str:
    return name.replace("-", "").replace("_", "").lower()


def _same(configured: str, running: Any) -> bool | None:
    """Whether they mean the same; ``None`` when that cannot be told."""
    match running:
        case bool():
            return configured.lower() == str(running).lower()
        case int() | float():
            wanted = _number(configured)
            return None if wanted is None else abs(wanted - running) <= 1e-9 * abs(wanted)
        case str():
            return configured.strip().lower() == running.strip().lower()
        case list() if all(isinstance(item, str) for item in running):
            return sorted(re.split(r"[\s,]+", configured.strip())) == sorted(running or [""])
        case _:
            return None


def _number(text: str) -> float | None:
    """A number, or a duration in nanoseconds, as Go keeps it."""
    if _DURATION.match(text):
        return sum(float(count) * _NANOSECONDS[unit] for count, unit in _PART.findall(text))
    try:
        return float(text)
    except ValueError:
        return None


def _shown(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case list():
            return ",".join(map(str, value)) or '""'
        case _:
            return str(value) or '""'
