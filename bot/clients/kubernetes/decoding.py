"""Answers of the API server as typed data."""

from __future__ import annotations

from typing import Any

import msgspec

from bot.model.errors import Malformed


def decode(body: bytes, shape: type[Any], path: str) -> Any:
    """``body`` as ``shape``; :class:`Malformed` names ``path``."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(f"The answer for {path} cannot be read: {error}.") from None
