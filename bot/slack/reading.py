"""What the bot reads of its workspace: itself, people, user groups, channels."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bot.slack.webapi import WebApi


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who the token is. ``url`` is the workspace's, with a slash at its end;
    ``scopes`` is ``None`` where Slack's answer does not name them."""

    team_id: str
    team: str
    user_id: str
    user: str
    url: str = ""
    scopes: frozenset[str] | None = None


class ChannelSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One channel as the bot sees it."""

    name: str
    is_member: bool
    is_archived: bool


class Reading:
    """Reads through one :class:`WebApi`; raises its errors. Nothing is cached here."""

    def __init__(self, api: WebApi) -> None:
        self._api = api

    async def identity(self) -> Identity:
        """``auth.test``: needs no scope; the scopes stand in a header of the answer."""
        answer, headers = await self._api.read("auth.test")
        named = headers.get("x-oauth-scopes")
        scopes = None if named is None else frozenset(filter(None, named.replace(",", " ").split()))
        return Identity(
            team_id=_text(answer, "team_id"),
            team=_text(answer, "team"),
            user_id=_text(answer, "user_id"),
            user=_text(answer, "user"),
            url=_text(answer, "url"),
            scopes=scopes,
        )

    async def user(self, user_id: str) -> Mapping[str, object]:
        """``users.info`` (scope ``users:read``, tier 4): the user object as Slack gives it."""
        answer, _ = await self._api.read("users.info", user=user_id)
        user = answer.get("user")
        return user if isinstance(user, Mapping) else {}

    async def members(self, group_id: str) -> frozenset[str]:
        """``usergroups.users.list`` (``usergroups:read``, a paid plan, tier 2): user ids."""
        answer, _ = await self._api.read("usergroups.users.list", usergroup=group_id)
        users = answer.get("users")
        return frozenset(map(str, users)) if isinstance(users, list) else frozenset()

    async def channel(self, channel_id: str) -> ChannelSeen:
        """``conversations.info`` (``channels:read``, for private ones ``groups:read``, tier 3)."""
        answer, _ = await self._api.read("conversations.info", channel=channel_id)
        channel = answer.get("channel")
        seen = channel if isinstance(channel, Mapping) else {}
        return ChannelSeen(
            name=_text(seen, "name"),
            is_member=seen.get("is_member") is True or seen.get("is_im") is True,
            is_archived=seen.get("is_archived") is True,
        )


def _text(answer: Mapping[str, object], name: str) -> str:
    value = answer.get(name)
    return value if isinstance(value, str) else ""
