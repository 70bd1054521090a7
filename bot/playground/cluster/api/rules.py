"""What Kubernetes checks in the fields of Leases and Events, and the fields it fills in.

After pkg/apis/coordination/validation and pkg/apis/core/validation/events.go. Of several causes
only the first is named.
"""

from __future__ import annotations

import re
from typing import Any

from bot.playground.cluster.errors import ApiError, BadRequest, Invalid
from bot.playground.cluster.events import ALWAYS_SHOWN
from bot.playground.cluster.kinds import BY_PLURAL, EVENTS_V1, Kind

JsonObject = dict[str, Any]

_MICRO_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)")
_MICRO_LAYOUT = "2006-01-02T15:04:05.000000Z07:00"
# metav1.MicroTime, which Go reads only with exactly six digits.
_MICRO_TIMES = {
    "leases": (("spec", "acquireTime"), ("spec", "renewTime")),
    "events": (("eventTime",), ("series", "lastObservedTime")),
}
LONGEST_NOTE = 1024
LONGEST_WORD = 128


def complete(kind: Kind, thing: JsonObject) -> JsonObject:
    """A new object in its stored form, with what the API server adds."""
    return ALWAYS_SHOWN | thing if kind.plural == "events" else thing


def check_times(kind: Kind, thing: JsonObject, *, patched: bool = False) -> None:
    """Refuse times that could not be decoded: 400, or 422 when a patch brought them in."""
    for path in _MICRO_TIMES.get(kind.plural, ()):
        found: Any = thing
        for step in path:
            found = found.get(step) if isinstance(found, dict) else None
        if found is None or (isinstance(found, str) and _MICRO_TIME.fullmatch(found)):
            continue
        why = f'parsing time "{found}" as "{_MICRO_LAYOUT}": cannot parse it'
        if patched:
            raise Invalid(f' "" is invalid: patch: Invalid value: {why}', {})
        raise BadRequest(
            f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: {why}'
        )


def check_fields(kind: Kind, thing: JsonObject, *, new: bool) -> None:
    """Refuse field values that make no sense; the object is in its stored form."""
    if kind.plural == "leases":
        _check_lease(kind, thing)
    elif kind.plural == "events":
        _check_event(thing, strictly=new and kind is EVENTS_V1)


def _check_lease(kind: Kind, lease: JsonObject) -> None:
    spec = lease.get("spec") or {}
    for name, least, rule in (
        ("leaseDurationSeconds", 1, "must be greater than 0"),
        ("leaseTransitions", 0, "must be greater than or equal to 0"),
    ):
        value = spec.get(name)
        if value is not None and value < least:
            raise Invalid.field(
                kind, lease["metadata"]["name"], f"spec.{name}", "FieldValueInvalid",
                f"Invalid value: {value}: {rule}",
            )  # fmt: skip


def _check_event(event: JsonObject, *, strictly: bool) -> None:
    """An Event with an eventTime is of the newer sort, wherever it came in."""
    about = (event.get("involvedObject") or {}).get("namespace") or ""
    namespace = event["metadata"]["namespace"]
    if event.get("eventTime") is None:
        fits = namespace == (about or "default")
    else:
        fits = bool(about) or namespace in ("default", "kube-system")
    if not fits:
        raise _bad(event, "involvedObject.namespace", f'"{about}": does not match event.namespace')
    if strictly and event.get("eventTime") is None:
        raise _missing(event, "eventTime")
    if event.get("eventTime") is not None:
        _check_newer(event)
    if strictly:
        _check_strictly(event)


def _check_newer(event: JsonObject) -> None:
    for name, shown, longest in (
        ("reportingComponent", "reportingController", None),
        ("reportingInstance", "reportingInstance", LONGEST_WORD),
        ("action", "action", LONGEST_WORD),
        ("reason", "reason", LONGEST_WORD),
    ):
        value = event.get(name) or ""
        if not value:
            raise _missing(event, shown)
        if longest and len(value.encode()) > longest:
            raise _bad(event, shown, f'"": can have at most {longest} characters')
    if len((event.get("message") or "").encode()) > LONGEST_NOTE:
        raise _bad(event, "message", f'"": can have at most {LONGEST_NOTE} characters')


def _check_strictly(event: JsonObject) -> None:
    """What only a create through events.k8s.io/v1 must satisfy."""
    if event.get("type") not in ("Normal", "Warning"):
        raise _bad(event, "type", f'"": has invalid value: {event.get("type") or ""}')
    for name in ("firstTimestamp", "lastTimestamp", "count", "source"):
        if event.get(name):
            raise _bad(event, name, '"": needs to be unset')


def _bad(event: JsonObject, field: str, what: str) -> ApiError:
    return Invalid.field(
        BY_PLURAL["events"], event["metadata"]["name"], field, "FieldValueInvalid",
        f"Invalid value: {what}",
    )  # fmt: skip


def _missing(event: JsonObject, field: str) -> ApiError:
    return Invalid.field(
        BY_PLURAL["events"], event["metadata"]["name"], field, "FieldValueRequired",
        "Required value",
    )  # fmt: skip
