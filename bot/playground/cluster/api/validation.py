"""What a new object must satisfy before it is stored."""

from __future__ import annotations

from typing import Any

from bot.playground.cluster.errors import BadRequest, Invalid
from bot.playground.cluster.kinds import Kind
from bot.playground.cluster.names import SUBDOMAIN_PATTERN, is_subdomain, random_suffix

from .calls import Call

JsonObject = dict[str, Any]

_NAME_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    f"for validation is '{SUBDOMAIN_PATTERN}')"
)


def identify(call: Call, thing: JsonObject) -> JsonObject:
    """The object with its name (generated if so asked) and namespace; refuses what is wrong."""
    kind = call.kind
    _match_type(kind, thing)
    if call.query.get("fieldValidation") == "Strict":
        _refuse_unknown_fields(kind, thing)
    metadata = dict(thing.get("metadata") or {})
    if not metadata.get("name") and metadata.get("generateName"):
        metadata["name"] = metadata["generateName"] + random_suffix()
    if call.path.name:
        metadata.setdefault("name", call.path.name)
    namespace = call.path.namespace
    if namespace and metadata.get("namespace", namespace) != namespace:
        raise BadRequest(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    if namespace:
        metadata["namespace"] = namespace
    _check_name(kind, str(metadata.get("name") or ""))
    return {**thing, "metadata": metadata}


def _match_type(kind: Kind, thing: JsonObject) -> None:
    found = thing.get("apiVersion"), thing.get("kind")
    for given, expected, what in (
        (found[0], kind.api_version, "API version"),
        (found[1], kind.kind, "kind"),
    ):
        if given and given != expected:
            raise BadRequest(
                f"the {what} in the data ({given}) does not match the expected {what} ({expected})"
            )


def _refuse_unknown_fields(kind: Kind, thing: JsonObject) -> None:
    known = {"apiVersion", "kind", "metadata"} | kind.fields
    unknown = [f'unknown field "{name}"' for name in thing if name not in known]
    if unknown:
        raise BadRequest(
            f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: '
            f"strict decoding error: {', '.join(unknown)}"
        )


def _check_name(kind: Kind, name: str) -> None:
    if not name:
        message = "Required value: name or generateName is required"
        raise Invalid.field(kind, name, "metadata.name", "FieldValueRequired", message)
    if not is_subdomain(name):
        message = f'Invalid value: "{name}": {_NAME_RULE}'
        raise Invalid.field(kind, name, "metadata.name", "FieldValueInvalid", message)
