"""What ``config/access.yaml`` may say, as frozen types. ``docs/access.md`` explains it."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from bot.model.access import ANY, CONFIGURED, Action
from bot.settings.fields import Allowed, Section, channel_id, member_id, one_line, refuse

GROUP_ID = re.compile(r"S[A-Z0-9]{2,30}\Z")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\Z")
_ACTIONS = ", ".join(Action)


def _name(text: str) -> str:
    if text != ANY and not _NAME.match(text):
        raise refuse()
    return text


def _user(text: str) -> str:
    return text if text == ANY else member_id(text)


def _group(text: str) -> str:
    if not GROUP_ID.match(text):
        raise refuse()
    return text


def _channel(text: str) -> str:
    return text if text in (ANY, CONFIGURED) else channel_id(text)


def _action(value: object) -> object:
    if not isinstance(value, str) or value not in list(Action):
        raise refuse()
    return Action(value)


def _short(text: str) -> str:
    if len(text) > 80:
        raise refuse()
    return one_line(text)


RuleName = Annotated[
    str, AfterValidator(_short), Allowed("a few words on one line, at most 80 characters")
]
Words = Annotated[str, AfterValidator(one_line), Allowed("text on one line")]
UserId = Annotated[
    str,
    AfterValidator(_user),
    Allowed("a member's id (U... or W...; in Slack: profile, More, Copy member ID), or '*'"),
]
GroupId = Annotated[
    str, AfterValidator(_group), Allowed("a user group's id (S...), as its page in Slack shows it")
]
CommandName = Annotated[str, AfterValidator(_name), Allowed("a command's name, or '*'")]
ClusterPattern = Annotated[
    str, AfterValidator(_name), Allowed("a name from clusters in bot.yaml, or '*'")
]
ChannelPattern = Annotated[
    str,
    AfterValidator(_channel),
    Allowed(f"a channel's id from channels in bot.yaml, {CONFIGURED}, or '*'"),
]
ActionName = Annotated[Action, BeforeValidator(_action), Allowed(_ACTIONS)]


class RuleEntry(Section):
    """One rule. What is missing is told by :mod:`bot.settings.access_file`: nothing has a default,
    because a line that was forgotten must not widen a rule."""

    name: RuleName | None = None
    allow: Annotated[list[ActionName], Allowed(f"a list of: {_ACTIONS}")] | None = None
    deny: Annotated[list[ActionName], Allowed(f"a list of: {_ACTIONS}")] | None = None
    users: Annotated[list[UserId], Allowed("a list of member ids, or ['*']")] | None = None
    groups: Annotated[list[GroupId], Allowed("a list of user group ids")] | None = None
    commands: Annotated[list[CommandName], Allowed("a list of commands, or ['*']")] | None = None
    clusters: Annotated[list[ClusterPattern], Allowed("a list of clusters, or ['*']")] | None = None
    channels: (
        Annotated[list[ChannelPattern], Allowed(f"a list of channels, [{CONFIGURED}] or ['*']")]
        | None
    ) = None


class AccessFile(Section):
    """The whole of ``access.yaml``."""

    ask: Words = ""
    rules: Annotated[list[RuleEntry], Allowed("a list of rules")] = Field(default_factory=list)
