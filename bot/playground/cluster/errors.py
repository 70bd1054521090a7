"""Refusals of the API server, worded as Kubernetes 1.36 words them.

    ApiError
    ├── NotFound            404   the object does not exist
    ├── PageNotFound        404   the path is not served (plain text, no Status)
    ├── AlreadyExists       409
    ├── Conflict            409   resourceVersion or UID precondition
    ├── Invalid             422   with causes
    ├── BadRequest          400
    ├── Unauthorized        401
    ├── Forbidden           403
    ├── Expired             410   resourceVersion or continue token too old
    ├── MethodNotAllowed    405
    ├── UnsupportedMediaType 415
    ├── Internal            500   with a reason; ``DialFailed`` is the same without one
    ├── DialFailed          500
    └── ServiceUnavailable  503

Every text was compared with answers of a real 1.36 API server.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from .kinds import Kind

JsonObject = dict[str, Any]


class ApiError(Exception):
    """A refusal with a Status body."""

    code = 500
    reason = ""

    def __init__(self, message: str, details: JsonObject | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    content_type = "application/json"

    def status(self) -> JsonObject:
        """The metav1.Status of this refusal."""
        body: JsonObject = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            body["reason"] = self.reason
        if self.details is not None:
            body["details"] = self.details
        body["code"] = self.code
        return body

    def body(self) -> bytes:
        """What goes over the wire."""
        return msgspec.json.encode(self.status()) + b"\n"


def object_details(kind: Kind, name: str, **more: Any) -> JsonObject:
    """The ``details`` of a Status about one object; the group is absent for core."""
    details: JsonObject = {"name": name}
    if kind.group:
        details["group"] = kind.group
    return details | {"kind": kind.plural} | more


def _by_kind(kind: Kind) -> str:
    """``Lease.coordination.k8s.io``: how a delete's preconditions name what they refuse."""
    return f"{kind.kind}.{kind.group}" if kind.group else kind.kind


class NotFound(ApiError):
    """404: no such object."""

    code = 404
    reason = "NotFound"

    def __init__(self, kind: Kind, name: str) -> None:
        super().__init__(f'{kind.qualified} "{name}" not found', object_details(kind, name))


class PageNotFound(ApiError):
    """404 as plain text: the path is not served at all."""

    code = 404
    reason = "NotFound"
    content_type = "text/plain; charset=utf-8"

    def __init__(self) -> None:
        super().__init__("404 page not found")

    def body(self) -> bytes:
        return b"404 page not found\n"


class AlreadyExists(ApiError):
    """409: the name is taken."""

    code = 409
    reason = "AlreadyExists"

    def __init__(self, kind: Kind, name: str) -> None:
        super().__init__(f'{kind.qualified} "{name}" already exists', object_details(kind, name))


class Conflict(ApiError):
    """409: a precondition does not hold."""

    code = 409
    reason = "Conflict"

    @classmethod
    def modified(cls, kind: Kind, name: str) -> Conflict:
        """The resourceVersion is not the latest."""
        return cls(
            f'Operation cannot be fulfilled on {kind.qualified} "{name}": the object has been '
            "modified; please apply your changes to the latest version and try again",
            object_details(kind, name),
        )

    @classmethod
    def other_uid(cls, kind: Kind, name: str, wanted: str, found: str) -> Conflict:
        """The UID precondition of a delete: another object bears the name now."""
        return cls(
            f'Operation cannot be fulfilled on {_by_kind(kind)} "{name}": the UID in the '
            f"precondition ({wanted}) does not match the UID in record ({found}). The object might "
            "have been deleted and then recreated",
            object_details(kind, name) | {"kind": kind.kind},
        )

    @classmethod
    def no_such_uid(
        cls, kind: Kind, name: str, namespace: str, wanted: str, found: str
    ) -> Conflict:
        """A PUT of an object with another UID than the one that bears the name, if any does."""
        key = f"{namespace}/{name}" if namespace else name
        where = "minions" if kind.plural == "nodes" else kind.plural  # nodes kept their old place
        return cls(
            f'Operation cannot be fulfilled on {kind.qualified} "{name}": StorageError: invalid '
            f"object, Code: 4, Key: /registry/{where}/{key}, ResourceVersion: 0, "
            f"AdditionalErrorMsg: Precondition failed: UID in precondition: {wanted}, UID in "
            f"object meta: {found}",
            object_details(kind, name),
        )

    @classmethod
    def other_version(cls, kind: Kind, name: str, wanted: str, found: str) -> Conflict:
        """The resourceVersion precondition of a delete."""
        return cls(
            f'Operation cannot be fulfilled on {_by_kind(kind)} "{name}": the ResourceVersion '
            f"in the precondition ({wanted}) does not match the ResourceVersion in record ({found})"
            ". The object might have been modified",
            object_details(kind, name) | {"kind": kind.kind},
        )


class Invalid(ApiError):
    """422: validation failed, or a JSON patch could not be applied."""

    code = 422
    reason = "Invalid"

    @classmethod
    def field(cls, kind: Kind, name: str, field: str, cause: str, message: str) -> Invalid:
        """One bad field; ``cause`` is the machine word, for example ``FieldValueInvalid``."""
        details: JsonObject = {"name": name}
        if kind.group:
            details["group"] = kind.group
        details["kind"] = kind.kind
        details["causes"] = [{"reason": cause, "message": message, "field": field}]
        return cls(f'{_by_kind(kind)} "{name}" is invalid: {field}: {message}', details)

    @classmethod
    def without_version(cls, kind: Kind, name: str) -> Invalid:
        """A PUT that would overwrite blindly what may not be."""
        message = "Invalid value: 0x0: must be specified for an update"
        cause = {
            "reason": "FieldValueInvalid", "message": message, "field": "metadata.resourceVersion"
        }  # fmt: skip
        return cls(
            f'{kind.qualified} "{name}" is invalid: metadata.resourceVersion: {message}',
            object_details(kind, name, causes=[cause]),
        )

    @classmethod
    def patch(cls) -> Invalid:
        """What a failing JSON patch test answers."""
        return cls("the server rejected our request due to an error in our request", {})


class BadRequest(ApiError):
    """400: the request itself makes no sense."""

    code = 400
    reason = "BadRequest"


class Unauthorized(ApiError):
    """401: the token is not known."""

    code = 401
    reason = "Unauthorized"

    def __init__(self) -> None:
        super().__init__("Unauthorized")


class Forbidden(ApiError):
    """403: the user may not do this."""

    code = 403
    reason = "Forbidden"


class Expired(ApiError):
    """410: history before this resourceVersion is gone."""

    code = 410
    reason = "Expired"


class MethodNotAllowed(ApiError):
    """405: the resource has no such verb."""

    code = 405
    reason = "MethodNotAllowed"

    def __init__(self) -> None:
        super().__init__("the server does not allow this method on the requested resource", {})


class UnsupportedMediaType(ApiError):
    """415: a patch or body of a type that is not understood."""

    code = 415
    reason = "UnsupportedMediaType"

    def __init__(self) -> None:
        super().__init__("415: Unsupported Media Type", {})


class Internal(ApiError):
    """500 with reason InternalError."""

    code = 500
    reason = "InternalError"

    def __init__(self, message: str, causes: Sequence[str] = ()) -> None:
        causes = causes or [message]
        super().__init__(
            f"Internal error occurred: {message}",
            {"causes": [{"message": cause} for cause in causes]},
        )


class DialFailed(ApiError):
    """500 without a reason: the API server could not reach a kubelet."""


class ServiceUnavailable(ApiError):
    """503: a proxied pod did not answer."""

    code = 503
    reason = "ServiceUnavailable"
