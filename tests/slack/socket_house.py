"""A door that Slack reaches by Socket Mode alone, on the local workspace."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bot.engine.executor import Executor
from bot.model.time_scale import TimeScale
from bot.playground.slack import Workspace
from bot.playground.slack.records import Ack
from bot.slack.clock import SystemClock
from bot.slack.door import SlackDoor
from bot.slack.socket_mode import SocketMode
from tests.slack.conftest import clusters, registry

SCALE = 10.0
"""Seconds pass ten times as fast for the bot; faster, and a busy machine looks like silence."""

_NUMBERS = itertools.count(1)


@dataclass
class SocketHouse:
    """Everything between a person who types and the engine."""

    workspace: Workspace
    executor: Executor
    door: SlackDoor
    sockets: SocketMode
    acks: list[float] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)

    async def command(self, text: str) -> Ack:
        return await self.workspace.command("/cilium", text)

    def payload(self, text: str, **fields: str) -> dict[str, Any]:
        """What Slack sends of ``/cilium TEXT``."""
        return {
            "command": "/cilium",
            "text": text,
            "channel_id": self.workspace.channels["cilium-oncall"],
            "user_id": "U0PLAYANA01",
            "user_name": "ana",
            "response_url": f"{self.workspace.api_url}none",
            "trigger_id": f"t-{next(_NUMBERS)}",
            **fields,
        }

    async def envelope(self, payload: dict[str, Any], kind: str = "slash_commands") -> Ack:
        """Send one envelope to the bot, whatever it holds."""
        return await self.workspace.sockets.send(kind, payload, with_answer=True)

    @property
    def runs(self) -> int:
        return len(self.executor.journal.recent())

    def calls(self, method: str = "apps.connections.open") -> int:
        return sum(call.method == method for call in self.workspace.calls)


async def until(true: Callable[[], object], seconds: float = 8.0) -> None:
    """Wait for something that nobody announces."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def socket_house(
    workspace: Workspace,
    *,
    connections: int = 2,
    app_token: str = "",
    signing_secret: str | None = None,
    wait: bool = True,
) -> AsyncIterator[SocketHouse]:
    """Started, and connected unless told not to ``wait``; closed in the bot's order."""
    executor = Executor(registry(), clusters("prod-eu", "lab"))
    door = SlackDoor(
        executor,
        bot_token=workspace.bot_token,
        signing_secret=signing_secret,
        api_url=workspace.api_url,
        channels={workspace.channels["cilium-oncall"]: "prod-eu"},
    )
    acks: list[float] = []
    ends: list[str] = []
    sockets = SocketMode(
        app_token or workspace.app_token,
        workspace.api_url,
        door.answer,
        SystemClock(TimeScale(SCALE)),
        connections=connections,
        on_ack=acks.append,
        on_end=ends.append,
    )
    await door.start()
    await sockets.start()
    if wait:
        await until(lambda: sockets.open_connections == connections)
    try:
        yield SocketHouse(workspace, executor, door, sockets, acks, ends)
    finally:
        await sockets.close()
        await executor.close()
        await door.outbox.close(patience=0.5)
        await door.close()
