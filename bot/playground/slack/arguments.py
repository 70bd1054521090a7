"""The arguments of a Web API call, however they arrive: query, form or JSON.

In a form or query every value is text, and structured ones (`blocks`, `metadata`, `files`) are
JSON within it; in a JSON body they are what they are. slack_sdk uses all three ways.
"""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.playground.slack.errors import SlackError
from bot.playground.slack.inspection import Json


class Arguments:
    """Typed access to the arguments of one call."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = {name: value for name, value in given.items() if name != "token"}

    def has(self, name: str) -> bool:
        return self.given.get(name) is not None

    def text(self, name: str) -> str | None:
        """A value as text, or None where it is missing."""
        value = self.given.get(name)
        return None if value is None else str(value)

    def flag(self, name: str) -> bool:
        return str(self.given.get(name, "")).lower() in ("1", "true")

    def number(self, name: str, default: int) -> int:
        value = self.given.get(name)
        if value is None:
            return default
        try:
            return int(value)
        except (TypeError, ValueError):
            raise SlackError(
                "invalid_arguments", [f"must provide an integer [json-pointer:/{name}]"]
            ) from None

    def structure(self, name: str, *, error: str) -> Json:
        """A structured value; text that is not JSON is refused with `error`."""
        value = self.given.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            raise SlackError(error) from None


async def read(request: web.Request) -> dict[str, Any]:
    """All arguments of a request, the token among them."""
    given: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = await request.json()
        except (ValueError, RecursionError):
            raise SlackError("invalid_json") from None
        if not isinstance(body, dict):
            raise SlackError("json_not_object")
        given |= body
    elif request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        given |= dict((await request.post()).items())
    return given


def token(request: web.Request, given: Mapping[str, Any]) -> str:
    """The token, from the Authorization header or the arguments; empty when there is none."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value:
        return value.strip()
    return str(given.get("token", ""))
