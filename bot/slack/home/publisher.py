"""Publishes home tabs politely: one call at a time, each person once however often it is wished.

``views.publish`` is counted for the whole workspace. A 429 pauses everything here for as long as
Slack says. Whoever just opened the tab or clicked comes first; what merely happened is shown at
most every :data:`EVERY` seconds per person. A publish is harmless twice, so one whose reply was
lost is made again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import msgspec

from bot.model.errors import ClientError, Throttled
from bot.slack.clock import Clock, until
from bot.slack.pace import Method, Pace
from bot.slack.webapi import Declined
from bot.store.ending import end

logger = logging.getLogger(__name__)

EVERY = 3.0
"""Seconds between two publishes of news to one person."""
MOST_WISHES = 500
ATTEMPTS = 6
"""Of one wish; with the pauses between them about a minute."""

_FIXES = {
    "not_enabled": "switch the Home Tab on: App Home, or config/slack-manifest.yaml",
    "invalid_auth": "set SLACK_BOT_TOKEN to the app's current bot token",
}


class _Wish(msgspec.Struct):
    at: float
    waits: bool
    attempts: int = 0


class Publisher:
    """``publish`` shows one person their tab as it is now; it raises :class:`ClientError`."""

    def __init__(self, publish: Callable[[str], Awaitable[None]], clock: Clock) -> None:
        self._publish = publish
        self._clock = clock
        self._pace = Pace()
        self._wishes: dict[str, _Wish] = {}
        self._shown: dict[str, float] = {}
        self._changed = asyncio.Event()
        self._sender: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to publish."""
        self._sender = asyncio.create_task(self._send_all(), name="slack home tabs")

    async def close(self) -> None:
        """Stop: what was not published is stale by the time somebody looks again."""
        if self._sender is not None:
            await end([self._sender])

    def wish(self, person: str, *, waits: bool) -> None:
        """Publish to ``person`` soon; ``waits``: at once, they look at it."""
        now = self._clock.monotonic()
        at = now if waits else max(now, self._shown.get(person, -EVERY) + EVERY)
        known = self._wishes.get(person)
        if known is not None:
            known.at, known.waits = min(known.at, at), known.waits or waits
            known.attempts = 0 if waits else known.attempts
        elif waits or len(self._wishes) < MOST_WISHES:
            self._wishes[person] = _Wish(at, waits)
        self._changed.set()

    async def _send_all(self) -> None:
        while True:
            self._changed.clear()
            now = self._clock.monotonic()
            person = self._next(now)
            if person is None:
                await self._changed.wait()
                continue
            ready = max(self._wishes[person].at, self._pace.ready_at(Method.PUBLISH, "", now))
            if ready > now:
                await until(self._clock, self._changed, ready - now)
            else:
                await self._send(person, self._wishes.pop(person))

    def _next(self, now: float) -> str | None:
        """Who is due and waits, else who is due, else who is due first."""
        return min(
            self._wishes,
            key=lambda p: (max(0.0, self._wishes[p].at - now), not self._wishes[p].waits),
            default=None,
        )

    async def _send(self, person: str, wish: _Wish) -> None:
        now = self._clock.monotonic()
        self._pace.called(Method.PUBLISH, "", now)
        if not wish.waits:
            self._remember(person, now)
        try:
            await self._publish(person)
        except Throttled as error:
            self._pace.pause(Method.PUBLISH, "", self._clock.monotonic() + error.retry_after)
            logger.info("Slack asks to pause home tabs for %.0f s", error.retry_after)
            self._once_more(person, wish, 0.0)
        except Declined as error:
            fix = _FIXES.get(error.reason, "")
            logger.warning("the home tab of %s is not shown: %s %s", person, error.message, fix)
        except ClientError as error:
            logger.warning("the home tab of %s waits: %s", person, error.message)
            if wish.attempts < ATTEMPTS:
                self._once_more(person, wish, 2.0**wish.attempts)
        except Exception:  # the border: one person's tab that trips us must not stop the others'
            logger.exception("the home tab of %s could not be shown", person)

    def _once_more(self, person: str, wish: _Wish, pause: float) -> None:
        """Later, unless it was wished again meanwhile."""
        if person not in self._wishes:
            at = self._clock.monotonic() + pause
            self._wishes[person] = _Wish(at, wish.waits, wish.attempts + (pause > 0))

    def _remember(self, person: str, now: float) -> None:
        self._shown[person] = now
        if len(self._shown) > MOST_WISHES:
            self._shown = {name: at for name, at in self._shown.items() if at > now - EVERY}
