"""The few protobuf bodies that kubectl and Helm send where everybody else sends JSON.

``kubectl auth can-i``, ``create configmap`` and ``drain``, and Helm's storage of releases in
Secrets, use typed clients, which encode requests as ``application/vnd.kubernetes.protobuf``. Field
numbers: generated.proto of k8s.io/api. Answers are JSON, which those
clients accept.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.playground.cluster.errors import BadRequest, UnsupportedMediaType

JsonObject = dict[str, Any]
CONTENT_TYPE = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\x00"


@dataclass(frozen=True)
class Field:
    """One field: its JSON name, and how to read its value."""

    name: str
    message: dict[int, Field] | None = None
    repeated: bool = False
    mapping: bool = False
    binary: bool = False
    """A mapping to bytes: base64 in JSON."""


_METADATA = {
    1: Field("name"),
    2: Field("generateName"),
    3: Field("namespace"),
    5: Field("uid"),
    6: Field("resourceVersion"),
    11: Field("labels", mapping=True),
    12: Field("annotations", mapping=True),
}
_RESOURCE_ATTRIBUTES = {
    1: Field("namespace"), 2: Field("verb"), 3: Field("group"), 4: Field("version"),
    5: Field("resource"), 6: Field("subresource"), 7: Field("name"),
}  # fmt: skip
_DELETE_OPTIONS = {
    1: Field("gracePeriodSeconds"),
    2: Field("preconditions", {1: Field("uid"), 2: Field("resourceVersion")}),
    4: Field("propagationPolicy"),
    5: Field("dryRun", repeated=True),
}
_MESSAGES: dict[str, dict[int, Field]] = {
    "ConfigMap": {1: Field("metadata", _METADATA), 2: Field("data", mapping=True)},
    "DeleteOptions": _DELETE_OPTIONS,
    "Eviction": {1: Field("metadata", _METADATA), 2: Field("deleteOptions", _DELETE_OPTIONS)},
    "Namespace": {1: Field("metadata", _METADATA)},
    "Secret": {
        1: Field("metadata", _METADATA),
        2: Field("data", mapping=True, binary=True),
        3: Field("type"),
    },
    "SelfSubjectAccessReview": {
        2: Field("spec", {1: Field("resourceAttributes", _RESOURCE_ATTRIBUTES)})
    },
    "SelfSubjectReview": {},
    "SelfSubjectRulesReview": {2: Field("spec", {1: Field("namespace")})},
}
_PAIR = {1: Field("key"), 2: Field("value")}
_BINARY_PAIR = {1: Field("key"), 2: Field("value", binary=True)}
_ENVELOPE = {1: Field("typeMeta", {1: Field("apiVersion"), 2: Field("kind")})}


def decode(body: bytes) -> JsonObject:
    """A body as JSON would have been; 415 for messages that are not known here."""
    if not body.startswith(_MAGIC):
        raise BadRequest("provided data does not appear to be a protobuf message")
    envelope = body[len(_MAGIC) :]
    head: JsonObject = _message(envelope, _ENVELOPE)["typeMeta"]
    schema = _MESSAGES.get(head["kind"])
    if schema is None:
        raise UnsupportedMediaType
    raw = next((value for number, value in _fields(envelope) if number == 2), b"")
    return head | _message(raw if isinstance(raw, bytes) else b"", schema)


def _message(data: bytes, schema: dict[int, Field]) -> JsonObject:
    decoded: JsonObject = {}
    for number, value in _fields(data):
        field = schema.get(number)
        if field is None:
            continue
        if field.mapping and isinstance(value, bytes):
            pair = _message(value, _BINARY_PAIR if field.binary else _PAIR)
            decoded.setdefault(field.name, {})[pair.get("key", "")] = pair.get("value", "")
        elif field.message is not None and isinstance(value, bytes):
            decoded[field.name] = _message(value, field.message)
        else:
            text = b64encode(value) if field.binary and isinstance(value, bytes) else value
            plain = text.decode() if isinstance(text, bytes) else text
            if field.repeated:
                decoded.setdefault(field.name, []).append(plain)
            elif plain != "":
                decoded[field.name] = plain
    return decoded


def _fields(data: bytes) -> Iterator[tuple[int, bytes | int]]:
    """(field number, value): varints as numbers, everything with a length as bytes."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        match tag & 7:
            case 0:
                value, at = _varint(data, at)
                yield tag >> 3, value
            case 2:
                length, at = _varint(data, at)
                yield tag >> 3, data[at : at + length]
                at += length
            case other:
                raise BadRequest(f"proto: wire type {other} is not used by these messages")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise BadRequest("proto: unexpected end of data")
