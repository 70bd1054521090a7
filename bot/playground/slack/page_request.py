"""Reads what the page sends: a JSON object of the page itself, by somebody one can act as."""

from typing import Any

from aiohttp import web

from bot.playground.slack.guard import PageGuard
from bot.playground.slack.records import User
from bot.playground.slack.state import State


async def read_body(guard: PageGuard, request: web.Request) -> dict[str, Any]:
    """The JSON object of a request that the guard lets through."""
    guard.check(request)
    # Requiring JSON keeps out what a plain HTML form of another site could send.
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text="Send JSON.")
    try:
        body = await request.json()
    except ValueError:
        raise web.HTTPBadRequest(text="This is not JSON.") from None
    if not isinstance(body, dict):
        raise web.HTTPBadRequest(text="Send a JSON object.")
    return body


def acting(state: State, name: str) -> User:
    """The person who acts; 404 where there is none of this name."""
    try:
        return state.directory.person(name)
    except KeyError as missing:
        raise web.HTTPNotFound(text=missing.args[0]) from None


def word(body: dict[str, Any], name: str) -> str:
    """A text of the body; empty where it is missing or something else."""
    value = body.get(name)
    return value if isinstance(value, str) else ""


def typed_values(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Plain values by block id and action id: text, lists of text or nothing."""
    typed = body.get("typed")
    if not isinstance(typed, dict):
        return {}
    return {
        block_id: {action_id: value for action_id, value in fields.items() if _is_plain(value)}
        for block_id, fields in typed.items()
        if isinstance(fields, dict)
    }


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(item, str) for item in value)
    return value is None or isinstance(value, str)
