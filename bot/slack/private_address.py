"""Where one person is told something alone, as a text that records and outbox lanes can carry.

Three ways, tried in this order, each only when the one before is refused:

1. the ``response_url`` of what was asked: five messages within 30 minutes, without a token and in
   any channel ("Handling user interaction", docs.slack.dev);
2. ``chat.postEphemeral`` to the person, in the thread or channel. **Not durable:** Slack keeps it
   nowhere and shows it only to somebody who is in the channel, with a client that is open or soon
   will be, and in a thread only when that has replies; the answer to the call says nothing of it;
3. a direct message (``conversations.open``), which stays: when the bot or the person is not in the
   channel, or the channel is closed.

Asked in direct messages with the bot, everything is private there: it is simply posted.
"""

from __future__ import annotations

import re
from enum import StrEnum

import msgspec

_ID = re.compile(r"[A-Z0-9]{0,40}\Z")
_TS = re.compile(r"(?:[0-9]{1,20}\.[0-9]{1,10})?\Z")
_NOT_THERE = frozenset(
    ["channel_not_found", "is_archived", "not_in_channel", "user_not_in_channel"]
)
_NO_THREAD = frozenset(["cannot_reply_to_message", "thread_not_found"])


class Way(StrEnum):
    """How one private message travels."""

    RESPONSE = "response_url"
    EPHEMERAL = "ephemeral"
    DIRECT = "direct"
    """To a direct conversation that is known."""
    OPENED = "opened"
    """To one that must be opened first."""
    NONE = "none"


class PrivateAddress(msgspec.Struct, frozen=True, kw_only=True):
    """One person in one place. ``thread`` is the ``ts`` of a thread's first message.

    As text: ``CHANNEL/USER/THREAD`` and, where there is one, a space and the ``response_url``.
    """

    channel: str = ""
    user: str = ""
    thread: str = ""
    response_url: str = ""

    @classmethod
    def of(cls, text: str) -> PrivateAddress:
        """From its text; a ``response_url`` alone is one, too. What is malformed leads nowhere."""
        place, _, url = text.rpartition(" ") if "://" in text else (text, "", "")
        channel, _, rest = place.partition("/")
        user, _, thread = rest.partition("/")
        if not (_ID.match(channel) and _ID.match(user) and _TS.match(thread)):
            return cls(response_url=url)
        return cls(channel=channel, user=user, thread=thread, response_url=url)

    def __str__(self) -> str:
        place = f"{self.channel}/{self.user}/{self.thread}"
        return f"{'' if place == '//' else place} {self.response_url}".strip()

    @property
    def way(self) -> Way:
        """How a message to this address is sent."""
        if self.response_url:
            return Way.RESPONSE
        if self.channel.startswith("D"):
            return Way.DIRECT
        if self.channel and self.user:
            return Way.EPHEMERAL
        return Way.OPENED if self.user else Way.NONE

    def after(self, reason: str) -> PrivateAddress | None:
        """Where to try next once Slack refused this address for ``reason``, its error code."""
        if self.way is Way.RESPONSE:
            rest = msgspec.structs.replace(self, response_url="")
            return None if rest.way is Way.NONE else rest
        if self.thread and reason in _NO_THREAD:
            return msgspec.structs.replace(self, thread="")
        if self.way is Way.EPHEMERAL and reason in _NOT_THERE:
            return PrivateAddress(user=self.user)
        return None
