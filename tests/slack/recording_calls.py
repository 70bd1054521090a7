"""Slack's Web API as a list of calls: answers as told, remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from itertools import count
from typing import NamedTuple

from bot.model.errors import ClientError
from bot.slack.blocks import Message
from bot.slack.private_address import PrivateAddress
from bot.slack.uploads import Upload
from bot.slack.webapi import Declined
from tests.slack.virtual_clock import VirtualClock


class Called(NamedTuple):
    method: str
    channel: str
    text: str
    ts: str
    at: float


class RecordingCalls:
    """Takes every call; ``fail`` lets the next ones of a method raise, ``hold`` stops it."""

    def __init__(self, clock: VirtualClock) -> None:
        self.called: list[Called] = []
        self.responded: list[Message] = []
        self.looked_for: list[str] = []
        self.history: dict[str, str] | None = None
        self._clock = clock
        self._failures: dict[str, deque[ClientError]] = defaultdict(deque)
        self._ts = count(1)
        self._gates: dict[str, asyncio.Event] = {}

    def fail(self, method: str, *errors: ClientError) -> None:
        self._failures[method].extend(errors)

    def hold(self, method: str) -> asyncio.Event:
        return self._gates.setdefault(method, asyncio.Event())

    def texts(self, method: str) -> list[str]:
        return [call.text for call in self.called if call.method == method]

    async def post(self, channel: str, key: str, message: Message, thread: str) -> str:
        await self._take("post", channel, message.text, thread)
        return f"ts{next(self._ts)}"

    async def update(self, channel: str, ts: str, message: Message) -> None:
        await self._take("update", channel, message.text, ts)

    async def upload(self, channel: str, thread: str, upload: Upload) -> None:
        await self._take("upload", channel, upload.filename, thread)

    async def respond(self, response_url: str, message: Message) -> None:
        await self._take("respond", response_url, message.text, "")
        self.responded.append(message)

    async def whisper(self, address: PrivateAddress, message: Message) -> None:
        await self._take(
            "whisper", f"{address.channel}/{address.user}", message.text, address.thread
        )

    async def open_direct(self, user: str) -> str:
        await self._take("open", user, "", "")
        return f"D{user[1:]}"

    async def find(self, channel: str, key: str, thread: str, filename: str, since: float) -> str:
        self.looked_for.append(key)
        if self.history is None:
            raise Declined("conversations.history", "missing_scope")
        return self.history.get(key or filename, "")

    async def _take(self, method: str, channel: str, text: str, ts: str) -> None:
        if gate := self._gates.get(method):
            await gate.wait()
        self.called.append(Called(method, channel, text, ts, self._clock.now))
        await asyncio.sleep(0)
        if self._failures[method]:
            raise self._failures[method].popleft()
