"""Who is meant, as mrkdwn: by name, which rings nobody, or by mention. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.model.approval import Approvers
from bot.model.run import Requester
from bot.slack.mrkdwn import CUT, escape

MOST_NAMED = 6
"""Approvers on a card; a phone shows two lines of them."""

_USER = re.compile(r"[UW][A-Z0-9]{2,30}\Z")
_GROUP = re.compile(r"S[A-Z0-9]{2,30}\Z")


def who(person: Requester) -> str:
    """A person by name, else by mention."""
    return escape(f"@{person.name}", 80) if person.name else mention(person.id)


def plainly(person: Requester) -> str:
    """A person for places without markup."""
    return f"@{person.name}" if person.name else person.id


def mention(user: str) -> str:
    """A person, rung where the message is new; an id that is none stays text."""
    return f"<@{user}>" if _USER.match(user) else escape(user, 40)


def mention_group(group: str) -> str:
    """A user group, rung where the message is new."""
    return f"<!subteam^{group}>" if _GROUP.match(group) else escape(group, 40)


def named(approvers: Approvers, most: int = MOST_NAMED) -> str:
    """Approvers by mention, the groups first; on a message that is updated it rings nobody."""
    shown = [*map(mention_group, sorted(approvers.groups)), *mentions(sorted(approvers.users))]
    more = f" + {len(shown) - most} more{CUT}" if len(shown) > most else ""
    return ", ".join(shown[:most]) + more


def mentions(users: Iterable[str]) -> list[str]:
    """People by mention."""
    return [mention(user) for user in users]
