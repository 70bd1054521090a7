"""What Slack tells of the home tab: it was opened, something in it was clicked.

Sources: "app_home_opened" and "block_actions payloads", docs.slack.dev. A field that is missing
or of another form is taken for empty.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.slack.home import words
from bot.slack.home.clusters import PIN, STATUS
from bot.slack.home.home import Home
from bot.slack.home.view import REFRESH

logger = logging.getLogger(__name__)

_PERSON = re.compile(r"[UW][A-Z0-9]{2,30}\Z")
_MESSAGES = re.compile(r"D[A-Z0-9]{2,30}\Z")

Listener = Callable[[AsyncAck, dict[str, Any]], Awaitable[None]]
Effect = Callable[[dict[str, Any]], Awaitable[None]]

ACKNOWLEDGED_WITHIN = 2.0
"""Seconds, of Slack's three."""


class HomeListeners:
    """Listeners for one Bolt app. ``actions`` are those of its buttons and menus, by action id.

    Slack sends a click once: its effect comes first and the acknowledgement after it, or when it
    takes long.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self.actions: dict[str, Listener] = {
            REFRESH: self._click(self._looks),
            PIN: self._click(self._pin),
            STATUS: self._click(self._status),
        }

    async def on_opened(self, event: dict[str, Any]) -> None:
        """Somebody opened the Home or the Messages tab."""
        person = _matching(_PERSON, event.get("user"))
        if person and event.get("tab") == "home":
            await self._home.opened(person, _matching(_MESSAGES, event.get("channel")))

    def _click(self, effect: Effect) -> Listener:
        async def on_click(ack: AsyncAck, body: dict[str, Any]) -> None:
            done = asyncio.create_task(self._carry_out(effect, body), name="home click")
            await asyncio.wait({done}, timeout=ACKNOWLEDGED_WITHIN)
            await ack()
            await done

        return on_click

    async def _carry_out(self, effect: Effect, body: dict[str, Any]) -> None:
        if not _person(body):
            logger.warning("a click in a home tab names nobody")
            return
        try:
            await effect(body)
        except Exception:  # the border: whatever it was, the person is told
            logger.exception("a click in a home tab could not be carried out")
            self._home.notify(_person(body), words.TROUBLE)

    async def _pin(self, body: dict[str, Any]) -> None:
        chosen = _action(body).get("selected_options")
        values = [o.get("value") for o in chosen if isinstance(o, dict)] if chosen else []
        await self._home.pin(_person(body), tuple(v for v in values if isinstance(v, str)))
        await self._looks(body)

    async def _status(self, body: dict[str, Any]) -> None:
        """A double click is one run: both carry the view as it was before the first."""
        cluster, person = str(_action(body).get("value", "")), _person(body)
        seen = f"{_view(body).get('id')} {_view(body).get('hash') or body.get('trigger_id')}"
        name = str(body.get("user", {}).get("username", ""))
        once = f"{STATUS} {person} {cluster} {seen}"
        await self._home.status(person, name, cluster, _messages(body), once)
        await self._looks(body)

    async def _looks(self, body: dict[str, Any]) -> None:
        await self._home.opened(_person(body), _messages(body))


def _person(body: dict[str, Any]) -> str:
    return _matching(_PERSON, body.get("user", {}).get("id"))


def _messages(body: dict[str, Any]) -> str:
    return _matching(_MESSAGES, _view(body).get("private_metadata"))


def _view(body: dict[str, Any]) -> dict[str, Any]:
    view = body.get("view")
    return view if isinstance(view, dict) else {}


def _action(body: dict[str, Any]) -> dict[str, Any]:
    actions = body.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else {}
    return first if isinstance(first, dict) else {}


def _matching(form: re.Pattern[str], value: object) -> str:
    return value if isinstance(value, str) and form.match(value) else ""
