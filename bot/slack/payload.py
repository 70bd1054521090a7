"""The body of Slack's requests: a form, a form that carries JSON, or JSON.

Source: "Implementing slash commands" (form), "Handling user interaction" (form with ``payload``)
and "Using the Events API" (JSON), docs.slack.dev.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

MOST_FIELDS = 100


class Unreadable(Exception):
    """A body in none of the three forms. Says which, never what it held."""


def body_of(raw: bytes, content_type: str) -> dict[str, Any]:
    """The fields of a request; raises :class:`Unreadable`."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise Unreadable("it is not UTF-8") from None
    if content_type == "application/json" or text.startswith("{"):
        return _object(text)
    try:
        fields = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise Unreadable(f"it has more than {MOST_FIELDS} fields") from None
    return _object(fields["payload"]) if "payload" in fields else dict(fields)


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable("it is not JSON") from None
    if not isinstance(value, dict):
        raise Unreadable("it is not a JSON object")
    return value
