"""The messages of the workspace, by channel, in the order of their timestamps."""

import time
from typing import Any

from bot.playground.slack.feed import Feed
from bot.playground.slack.records import File, Message


class Board:
    """Posts, finds, changes and removes messages, and tells the feed."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._messages: dict[str, dict[str, Message]] = {}
        self._last = 0

    def post(self, message: Message) -> Message:
        """Put a new message on the board."""
        self._messages.setdefault(message.channel, {})[message.ts] = message
        self._feed.message(message)
        root = message.thread_ts and self.find(message.channel, message.thread_ts)
        if root:
            self._feed.message(root)  # its reply count changed
        return message

    def change(
        self,
        message: Message,
        *,
        text: str,
        blocks: list[dict[str, Any]],
        metadata: dict[str, Any] | None,
    ) -> None:
        """Replace what a message says. Slack marks it "(edited)" only where no blocks are used."""
        message.text = text
        message.blocks = blocks
        message.metadata = metadata
        message.edited += 1
        message.shows_edited = not blocks
        self._feed.message(message)

    def attach(self, message: Message, file: File) -> None:
        message.files = [*message.files, file]
        self._feed.message(message)

    def react(self, message: Message, name: str) -> None:
        message.reactions = [*message.reactions, name]
        self._feed.message(message)

    def remove(self, message: Message) -> None:
        self._messages[message.channel].pop(message.ts, None)
        self._feed.tell("removed", message)

    def find(self, channel: str, ts: str) -> Message | None:
        return self._messages.get(channel, {}).get(ts)

    def in_channel(self, channel: str) -> list[Message]:
        """All messages of a channel, replies and private ones included, oldest first."""
        return list(self._messages.get(channel, {}).values())

    def replies(self, root: Message) -> list[Message]:
        """The replies that everyone in the channel sees, oldest first."""
        return [
            message
            for message in self.in_channel(root.channel)
            if message.thread_ts == root.ts and message.ephemeral_to is None
        ]

    def next_ts(self) -> str:
        """A timestamp after all given before: seconds with six digits, as in Slack."""
        self._last = max(self._last + 1, time.time_ns() // 1_000)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"
