"""Who owns a field of an object, by its ``managedFields``.

Source: Kubernetes' "Server-Side Apply" page: an ``Apply`` declares its fields and puts them back,
an ``Update`` only wrote them once. The owners are read of one object at a time and are no part of
:mod:`bot.clients.kubernetes.objects`: in lists they would weigh more than all the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from bot.model.errors import Malformed


class FieldOwner(msgspec.Struct, frozen=True):
    """A field manager and how it wrote: ``Apply`` or ``Update``."""

    manager: str
    operation: str


class _Entry(msgspec.Struct, rename="camel"):
    manager: str = ""
    operation: str = ""
    subresource: str = ""
    fields_v1: dict[str, Any] | None = None


class _Metadata(msgspec.Struct, rename="camel"):
    managed_fields: list[_Entry] | None = None


class _Owned(msgspec.Struct):
    metadata: _Metadata


def owners_of(body: bytes, field: Sequence[str]) -> tuple[FieldOwner, ...]:
    """Who owns ``field``, named by its path, in the object ``body``. Raises :class:`Malformed`."""
    try:
        entries = msgspec.json.decode(body, type=_Owned).metadata.managed_fields or ()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"Who owns {'.'.join(field)} cannot be read: {error}.") from None
    return tuple(
        FieldOwner(entry.manager, entry.operation)
        for entry in entries
        if not entry.subresource and _holds(entry.fields_v1, field)
    )


def _holds(tree: Any, field: Sequence[str]) -> bool:
    for name in field:
        if not isinstance(tree, dict) or f"f:{name}" not in tree:
            return False
        tree = tree[f"f:{name}"]
    return True
