"""The page's window on the line between Slack and the bot: how it runs, what is disturbed."""

from typing import Any, Final

from bot.playground.slack.delivery import Delivery
from bot.playground.slack.events import Events
from bot.playground.slack.faults import Failure
from bot.playground.slack.sockets import Sockets
from bot.playground.slack.state import State
from bot.playground.slack.web_api import WebApi

DISTURBANCES: Final = {
    "throttle": "Slack refuses the next 3 posts and updates (429)",
    "hold": "Slack holds the next update back for 40 seconds (429)",
    "fail": "Slack fails at the next post and update (500)",
    "lose-event": "The next event gets lost",
    "double-event": "The next event comes twice",
    "late-events": "Events come 5 seconds late",
    "drop-sockets": "Cut all sockets",
    "refresh-sockets": "Ask for new sockets",
    "refuse-sockets": "Refuse the next 2 connections",
}
_OF_SOCKETS: Final = ("drop-sockets", "refresh-sockets", "refuse-sockets")
_POSTS: Final = ("chat.postMessage", "chat.update")


class Link:
    """Says how the bot is reached, and disturbs it on request of a person on the page."""

    def __init__(
        self, state: State, delivery: Delivery, events: Events, sockets: Sockets, api: WebApi
    ) -> None:
        self._state = state
        self._delivery = delivery
        self._events = events
        self._sockets = sockets
        self._api = api

    def shown(self) -> dict[str, Any]:
        """How the bot is reached (`reached`, `ok`), what is disturbed, what happened, and offers.

        `trouble` and `happened` are lists of words, `offers` of `{"name", "about"}`.
        """
        over_http = self._delivery.bot_url is not None
        count = self._sockets.count
        return {
            "reached": (
                "over HTTP"
                if over_http
                else f"by Socket Mode, {count} open"
                if count
                else "not at all"
            ),
            "ok": over_http or count > 0,
            "trouble": [
                *self._api.faults.trouble(),
                *self._events.trouble(),
                *self._sockets.trouble(),
            ],
            "happened": list(self._state.happenings),
            "offers": [
                {"name": name, "about": about}
                for name, about in DISTURBANCES.items()
                if not over_http or name not in _OF_SOCKETS
            ],
        }

    async def disturb(self, name: str) -> str | None:
        """Carry out one of the disturbances, or "heal"; what went wrong, or None."""
        match name:
            case "throttle":
                for method in _POSTS:
                    self._api.faults.add(method, Failure(retry_after=2), 3)
            case "hold":
                self._api.faults.add("chat.update", Failure(retry_after=40), 1)
            case "fail":
                for method in _POSTS:
                    self._api.faults.add(method, Failure(status=500), 1)
            case "lose-event":
                self._events.lose()
            case "double-event":
                self._events.duplicate()
            case "late-events":
                self._events.late(5.0)
            case "drop-sockets":
                self._sockets.drop()
            case "refresh-sockets":
                await self._sockets.refresh()
            case "refuse-sockets":
                self._sockets.refuse(2)
            case "heal":
                self._api.faults.clear()
                self._events.heal()
                self._sockets.heal()
            case _:
                return f"There is no disturbance {name!r}."
        self._state.feed.tell("link", None)
        return None
