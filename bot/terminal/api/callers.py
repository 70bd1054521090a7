"""From a bearer token to a person: TokenReview, then the bot's own settings, then Slack.

A token is first asked about as one made for the bot (``cilium-oncall``): such a token is good for
nothing else, wherever it gets to. One made for the API server is the person's whole power in the
cluster; whoever gets to see it (a dashboard, a proxy, a CI job) could approve changes in their
name, and the bot could act as they. So it counts only where the settings say so. Every token that
proves nothing costs the same: what was looked up is not told, and names are looked up after.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.clients.kubernetes.token_review import Reviewed, TokenReviews
from bot.model.access import Person
from bot.model.errors import ClientError, ConfigurationError, NotAllowed, OncallError
from bot.model.run import Door, Requester
from bot.terminal.api.answers import Busy, Unauthenticated
from bot.terminal.api.wire import AUDIENCE

logger = logging.getLogger(__name__)

AT_ONCE = 8
"""Reviews under way; what comes on top waits, and not for long."""
WAIT = 2.0
REMEMBERED = 10.0
"""Seconds in which a good token is not reviewed again for reading: somebody who follows a change
asks every second. What matters is reviewed each time."""
MOST_REMEMBERED = 500
_TOKEN = re.compile(r"(?i:bearer) +([A-Za-z0-9._~+/-]{8,7800}=*)\Z")
"""RFC 6750, within what the HTTP server takes as a header."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the name Kubernetes knows them by, and the person Slack knows."""

    username: str
    person: Person

    @property
    def requester(self) -> Requester:
        """The caller as the engine compares people: by Slack user id."""
        return Requester(door=Door.TERMINAL, id=self.person.id, name=self.username)


class Callers:
    """Knows callers by their tokens. ``people`` maps Kubernetes usernames to Slack user ids."""

    def __init__(
        self,
        reviews: TokenReviews,
        people: Mapping[str, str],
        person: Callable[[str], Awaitable[Person]],
        *,
        api_server_tokens: bool = False,
    ) -> None:
        self._reviews = reviews
        self._people = people
        self._person = person
        self._api_server_tokens = api_server_tokens
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._known: OrderedDict[bytes, tuple[Reviewed, float]] = OrderedDict()

    async def caller(self, authorization: Sequence[str], *, certain: bool) -> Caller:
        """Who sent these ``Authorization`` headers. ``certain``: asked anew, for what matters.

        Raises :class:`Unauthenticated`, :class:`NotAllowed` for a person the settings do not name,
        and :class:`Busy` when it cannot be found out now.
        """
        match = _TOKEN.match(authorization[0].strip()) if len(authorization) == 1 else None
        if match is None:
            raise Unauthenticated(
                "A bearer token is needed.",
                hint=f"Make one with `kubectl create token NAME --audience {AUDIENCE}`.",
            )
        reviewed = await self._reviewed(match[1], certain=certain)
        if not reviewed.username:
            hint = f"It may have expired; it must be made for the audience {AUDIENCE}."
            if self._api_server_tokens:
                hint = "It may have expired: try `kubectl auth whoami`, then log in again."
            raise Unauthenticated("The token is not accepted.", hint=hint)
        user = self._people.get(reviewed.username)
        if user is None:
            raise NotAllowed(
                f"{reviewed.username} is nobody in this bot's settings.",
                hint="Ask whoever runs the bot to name you under changes.people.",
            )
        return Caller(reviewed.username, await self._person(user))

    async def _reviewed(self, token: str, *, certain: bool) -> Reviewed:
        key, now = hashlib.sha256(token.encode()).digest(), time.monotonic()
        known = self._known.get(key)
        if known is not None and not certain and now - known[1] < REMEMBERED:
            return known[0]
        async with self._slot():
            reviewed = await self._review(token)
        self._known.pop(key, None)
        if reviewed.username:
            self._known[key] = reviewed, now
            while len(self._known) > MOST_REMEMBERED:
                self._known.popitem(last=False)
        return reviewed

    async def _review(self, token: str) -> Reviewed:
        try:
            reviewed = await self._reviews.review(token, AUDIENCE)
            if reviewed.username or not self._api_server_tokens:
                return reviewed
            return await self._reviews.review(token)
        except (ClientError, ConfigurationError) as error:
            said = str(error).replace(token, "•••")
            logger.warning("a token could not be reviewed: %s", said)
            raise _unreachable(error) from None

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(WAIT):
                await self._slots.acquire()
        except TimeoutError:
            raise Busy("Too many ask at once.", hint="Try again in a moment.") from None
        try:
            yield
        finally:
            self._slots.release()


def _unreachable(error: OncallError) -> Busy:
    """The caller is not told what the cluster said: that is for whoever runs the bot."""
    return Busy(
        f"The bot cannot find out whose token this is ({type(error).__name__}).",
        hint="Use Slack, or try again; the bot's log says why.",
    )
