"""Trigger ids: each opens one modal, within three seconds of what the person did."""

import secrets
import time

from bot.playground.slack.errors import SlackError
from bot.playground.slack.limits import TRIGGER_SECONDS
from bot.playground.slack.records import User, View


class Triggers:
    """Hands out trigger ids and takes each once.

    The three seconds are real ones, as those for an answer: both measure the bot, which does not
    become faster where Slack's clock does. `expire` ends the wait for a test.
    """

    def __init__(self) -> None:
        self._open: dict[str, tuple[User, View | None, float]] = {}
        self._used: set[str] = set()

    def issue(self, user: User, view: View | None = None) -> str:
        """A new id for what a person did, with the modal they did it in."""
        number = secrets.randbelow
        trigger = f"{number(10**13)}.{number(10**13)}.{secrets.token_hex(16)}"
        self._open[trigger] = (user, view, time.monotonic() + TRIGGER_SECONDS)
        return trigger

    def exchange(self, trigger: str) -> tuple[User, View | None]:
        """Who did what; SlackError where the id is unknown, used or too old."""
        if trigger in self._used:
            raise SlackError("exchanged_trigger_id")
        if trigger not in self._open:
            raise SlackError("invalid_trigger_id")
        user, view, until = self._open[trigger]
        if time.monotonic() > until:
            raise SlackError("expired_trigger_id")
        del self._open[trigger]
        self._used.add(trigger)
        return user, view

    def expire(self) -> None:
        """Let every id that is out be too old."""
        self._open = {trigger: (user, view, 0.0) for trigger, (user, view, _) in self._open.items()}
