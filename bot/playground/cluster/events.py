"""Events in their two forms: core/v1 and events.k8s.io/v1 are the same stored objects.

They are stored as core/v1 has them. The newer API names some fields otherwise (k8s.io/api/events/v1
and its conversion in pkg/apis/events/v1).
"""

from __future__ import annotations

from typing import Any

from .kinds import EVENTS_V1, Kind
from .store import Stored

JsonObject = dict[str, Any]

_NEWER = {
    "message": "note",
    "involvedObject": "regarding",
    "reportingComponent": "reportingController",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
}
_OLDER = {newer: older for older, newer in _NEWER.items()}

# What core/v1 always shows, because Go does not leave these empty values out.
ALWAYS_SHOWN: JsonObject = {
    "source": {}, "firstTimestamp": None, "lastTimestamp": None, "eventTime": None,
    "reportingComponent": "", "reportingInstance": "",
}  # fmt: skip


def as_served(stored: Stored, kind: Kind) -> Stored:
    """A stored object as the API at this kind's path shows it."""
    if kind is not EVENTS_V1 or stored.kind is kind:
        return stored
    return Stored(kind, stored.key, _renamed(stored.object, _NEWER), stored.version)


def as_stored(thing: JsonObject, kind: Kind) -> JsonObject:
    """An object that came in at this kind's path, as it is stored."""
    return _renamed(thing, _OLDER) if kind is EVENTS_V1 else thing


def stored_path(path: tuple[str, ...], group: str) -> tuple[str, ...]:
    """A field selector's path, ``regarding.name``, in the stored form."""
    if group != EVENTS_V1.group:
        return path
    return (_OLDER.get(path[0], path[0]), *path[1:])


def _renamed(thing: JsonObject, names: dict[str, str]) -> JsonObject:
    return {names.get(key, key): value for key, value in thing.items()}
