"""Who somebody is, asked of Slack and remembered for a short time.

What Slack does not tell is unknown, and :func:`bot.engine.access.decide` refuses by it; the reason
is a sentence with its fix. An answer that is older than its time still serves a plain read while
Slack cannot be asked, for at most :data:`STALE` seconds; never where ``certain`` is wanted.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from bot.model.access import Person, Standing
from bot.model.errors import ClientError, Throttled
from bot.slack import messages
from bot.slack.clock import Clock
from bot.slack.reading import Identity
from bot.slack.webapi import Declined

FRESH = 300.0
"""Seconds an answer holds."""
CERTAIN = 10.0
"""Seconds an answer holds for what matters: short, and still within Slack's tier 2 (20 a minute)
for a handful of groups and several clicks in a row."""
STALE = 3_600.0
AGAIN = 15.0
"""Seconds before something is asked again that could not be answered."""
MOST = 5_000
"""People remembered."""

T = TypeVar("T")


class Asks(Protocol):
    """What is read of Slack: see :class:`bot.slack.reading.Reading`."""

    async def identity(self) -> Identity:
        """Who the token is."""

    async def user(self, user_id: str) -> Mapping[str, object]:
        """A user object."""

    async def members(self, group_id: str) -> frozenset[str]:
        """The user ids of a group."""


@dataclass(slots=True)
class _Kept(Generic[T]):
    value: T | None = None
    at: float = float("-inf")
    trouble: ClientError | None = None
    not_before: float = float("-inf")


class _Memory(Generic[T]):
    """Answers by key; one question at a time per key, however many ask."""

    def __init__(self, ask: Callable[[str], Awaitable[T]], clock: Clock) -> None:
        self._ask = ask
        self._clock = clock
        self._kept: OrderedDict[str, _Kept[T]] = OrderedDict()
        self._locks: dict[str, asyncio.Lock] = {}

    async def get(self, key: str, *, certain: bool) -> T:
        """The answer, not older than it may be. Raises :class:`ClientError`."""
        lock = self._locks.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                return await self._get(key, certain=certain)
        finally:
            if not lock.locked():
                self._locks.pop(key, None)

    async def _get(self, key: str, *, certain: bool) -> T:
        kept, now = self._kept.setdefault(key, _Kept()), self._clock.monotonic()
        self._kept.move_to_end(key)
        if kept.value is not None and now - kept.at <= (CERTAIN if certain else FRESH):
            return kept.value
        if now >= kept.not_before:
            try:
                kept.value, kept.at = await self._ask(key), self._clock.monotonic()
            except ClientError as error:
                pause = error.retry_after if isinstance(error, Throttled) else 0.0
                kept.trouble, kept.not_before = error, now + max(AGAIN, pause)
            else:
                kept.trouble, kept.not_before = None, float("-inf")
                while len(self._kept) > MOST:
                    self._kept.popitem(last=False)
                return kept.value
        assert kept.trouble is not None  # noqa: S101  only a failure sets not_before
        declined = isinstance(kept.trouble, Declined)  # an answer, though not a welcome one
        if kept.value is not None and not certain and not declined and now - kept.at <= STALE:
            return kept.value
        raise kept.trouble


class People:
    """Looks people up. ``groups`` are the user groups that access rules name."""

    def __init__(self, asks: Asks, groups: frozenset[str], clock: Clock) -> None:
        self._groups = groups
        self._own = _Memory(lambda _: asks.identity(), clock)
        self._users = _Memory(asks.user, clock)
        self._members = _Memory(asks.members, clock)

    async def person(self, user_id: str, *, certain: bool = False) -> Person:
        """The facts about ``user_id``; ``certain`` for what matters. Never raises for Slack."""
        known = asyncio.create_task(self._standing(user_id, certain=certain))
        asked = sorted(self._groups)
        answers = await asyncio.gather(*(self._is_in(group, user_id, certain) for group in asked))
        standing, trouble = await known
        troubles = [trouble, *(answer for answer in answers if isinstance(answer, str))]
        return Person(
            id=user_id,
            standing=standing,
            groups=frozenset(g for g, a in zip(asked, answers, strict=True) if a is True),
            unknown_groups=frozenset(
                g for g, a in zip(asked, answers, strict=True) if isinstance(a, str)
            ),
            trouble=" ".join(dict.fromkeys(filter(None, troubles))),
        )

    async def name(self, user_id: str) -> str:
        """How somebody is called, as in ``@ana``; empty when that is not known."""
        try:
            name = (await self._users.get(user_id, certain=False)).get("name")
        except ClientError:
            return ""
        return name if isinstance(name, str) else ""

    async def members(self, group: str) -> frozenset[str]:
        """Who is in a user group, for telling them something. Raises :class:`ClientError`."""
        return await self._members.get(group, certain=False)

    async def workspace_url(self) -> str:
        """Where the workspace is, such as ``https://ours.slack.com/``; empty when not known."""
        try:
            return (await self._own.get("", certain=False)).url
        except ClientError:
            return ""

    async def _standing(self, user_id: str, *, certain: bool) -> tuple[Standing, str]:
        try:
            own = await self._own.get("", certain=False)
            user = await self._users.get(user_id, certain=certain)
        except Declined as error:
            if error.reason in ("user_not_found", "users_not_found", "user_not_visible"):
                return Standing.GONE, ""
            return Standing.UNKNOWN, messages.cannot_ask(error)
        except ClientError as error:
            return Standing.UNKNOWN, messages.cannot_ask(error)
        return standing_of(user, own.team_id), ""

    async def _is_in(self, group: str, user_id: str, certain: bool) -> bool | str:
        try:
            return user_id in await self._members.get(group, certain=certain)
        except ClientError as error:
            return messages.cannot_ask(error, group)


def standing_of(user: Mapping[str, object], own_team: str) -> Standing:
    """What a user object says (docs.slack.dev, "User object"); what it leaves out is unknown.

    In an Enterprise Grid a person belongs to several workspaces, listed under ``enterprise_user``.
    """
    if not user or not own_team:
        return Standing.UNKNOWN
    if user.get("deleted") is True:
        return Standing.GONE
    if user.get("is_bot") is True or user.get("id") == "USLACKBOT":
        return Standing.BOT
    teams = {user.get("team_id")}
    grid = user.get("enterprise_user")
    if isinstance(grid, Mapping) and isinstance(listed := grid.get("teams"), list):
        teams |= {team for team in listed if isinstance(team, str)}
    if user.get("is_stranger") is True or own_team not in teams:
        return Standing.FOREIGN
    if user.get("is_restricted") is True or user.get("is_ultra_restricted") is True:
        return Standing.GUEST
    return Standing.MEMBER if user.get("is_restricted") is False else Standing.UNKNOWN
