"""Typed records with a version: what is written here is still read by the next release.

A record is MessagePack of ``[version, fields by name]``. Fields are added with a default and
never change their meaning; what cannot be expressed so raises the version, and an older bot
refuses such a record and leaves it alone instead of writing half of it back.
"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import msgspec

from bot.model.errors import RecordTooNew

T = TypeVar("T")


class Records(Generic[T]):
    """Encodes and decodes one kind of record. ``what`` names it in errors."""

    def __init__(self, what: str, version: int, kind: type[T]) -> None:
        self._what = what
        self._version = version
        self._fields = msgspec.msgpack.Decoder(kind)
        self._envelope = msgspec.msgpack.Decoder(tuple[int, msgspec.Raw])

    def encode(self, record: T) -> bytes:
        """The record's bytes."""
        return msgspec.msgpack.encode((self._version, record))

    def decode(self, data: bytes) -> T:
        """The record; :class:`RecordTooNew` for one of a later version."""
        version, fields = self._envelope.decode(data)
        if version > self._version:
            raise RecordTooNew(
                f"A newer version of the bot wrote this {self._what} "
                f"(version {version}; this bot reads up to {self._version}).",
                hint="Let the newer version finish, or upgrade this one.",
            )
        return self._fields.decode(fields)


def text(data: Any) -> str:
    """What the store gave, as text; empty for nothing."""
    return data.decode() if isinstance(data, bytes) else "" if data is None else str(data)
