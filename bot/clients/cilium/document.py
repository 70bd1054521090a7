"""Reading JSON whose shape differs between Cilium versions, without ever failing on one field.

A field that is missing, null or of another type reads as absent: agents omit what is empty
(absent integer or boolean means 0 or false), and newer versions add fields.
"""

from __future__ import annotations

from typing import Any

import msgspec

from bot.model.errors import Malformed

Document = dict[str, Any]


def document(body: bytes, what: str) -> Document:
    """``body`` as a JSON object; :class:`Malformed` says ``what`` could not be read."""
    value = _decoded(body, what)
    if not isinstance(value, dict):
        raise Malformed(f"{what} is not a JSON object.")
    return value


def documents(body: bytes, what: str) -> list[Document]:
    """``body`` as a JSON array; members that are no objects are left out."""
    value = _decoded(body, what)
    if not isinstance(value, list):
        raise Malformed(f"{what} is not a JSON array.")
    return [member for member in value if isinstance(member, dict)]


def _decoded(body: bytes, what: str) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        shown = " ".join(body[:80].decode(errors="replace").split())
        raise Malformed(f"{what} is not JSON: it begins with {shown!r}.") from None


def inner(value: Any, *path: str) -> Any:
    """The value at ``path``, or ``None``."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def text(value: Any, *path: str) -> str:
    """The string at ``path``, or empty."""
    found = inner(value, *path)
    return found if isinstance(found, str) else ""


def count(value: Any, *path: str) -> int:
    """The integer at ``path``, or 0."""
    found = inner(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def objects(value: Any, *path: str) -> list[Document]:
    """The objects in the array at ``path``."""
    found = inner(value, *path)
    return (
        [member for member in found if isinstance(member, dict)] if isinstance(found, list) else []
    )


def mapping(value: Any, *path: str) -> Document:
    """The object at ``path``, or an empty one."""
    found = inner(value, *path)
    return found if isinstance(found, dict) else {}
