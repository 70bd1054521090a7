"""Everything around the bots: a simulated cluster, a Slack workspace and a store; and the bots."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from bot.demo import simulated_cluster
from bot.playground.slack import Workspace
from bot.playground.slack.records import Message
from bot.store.embedded import EmbeddedStore
from tests.chaos.bot_process import FORKS, run

CHANNEL = "cilium-oncall"
TIME_SCALE = 8.0
STILL = 30.0
"""Seconds without a new answer after which none is expected."""


@dataclass
class BotProcess:
    """One bot: started, and ended in one way or another."""

    given: dict[str, str]
    log: Path
    process: ForkServerProcess | None = None
    url: str = ""

    async def start(self) -> None:
        heard, told = FORKS.Pipe(duplex=False)
        with heard:
            with told:
                self.process = FORKS.Process(target=run, args=(self.given, self.log, told))
                self.process.start()
            port = await asyncio.to_thread(self._port, heard)
        self.url = f"http://127.0.0.1:{port}/slack/events"

    async def kill(self) -> None:
        await self._end("kill")

    async def terminate(self) -> None:
        await self._end("terminate")

    def _port(self, heard: Connection) -> int:
        try:
            assert heard.poll(30), "the bot does not listen"
            return int(heard.recv())
        except EOFError:
            raise AssertionError(self.log.read_text()) from None

    async def _end(self, how: str) -> None:
        process, self.process = self.process, None
        if process is not None:
            getattr(process, how)()
            await asyncio.to_thread(process.join)
            process.close()


@dataclass
class Town:
    """What a story needs. ``sent`` and ``accepted`` count commands."""

    workspace: Workspace
    store: EmbeddedStore
    bots: list[BotProcess] = field(default_factory=list)
    sent: int = 0
    accepted: int = 0

    async def command(self, bot: BotProcess, text: str = "status") -> bool:
        """Type a command that ``bot`` gets, or any by Socket Mode; whether it was acknowledged."""
        if not bot.given["app_token"]:
            self.workspace.bot_url = bot.url
        self.sent += 1
        ack = await self.workspace.command("/cilium", text, channel=CHANNEL)
        self.accepted += ack.status == 200
        return ack.status == 200

    @property
    def live(self) -> list[Message]:
        """Live messages, by posting order."""
        shown = self.workspace.messages(CHANNEL)
        return [m for m in shown if m.bot and not m.ephemeral_to and not m.thread_ts]

    @property
    def private(self) -> list[Message]:
        """What the bots told one person; Slack's own word of a failed command is not theirs."""
        return [m for m in self.workspace.messages(CHANNEL) if m.ephemeral_to and m.bot]

    @property
    def refused(self) -> list[Message]:
        """Commands of which Slack itself told the person that they failed."""
        own = (m for m in self.workspace.messages(CHANNEL) if m.ephemeral_to and not m.bot)
        return [message for message in own if "failed" in message.text]

    @property
    def replies(self) -> list[Message]:
        return [m for m in self.workspace.messages(CHANNEL) if m.thread_ts]

    def doubled(self) -> list[str]:
        """Keys and files that stand in the channel or its threads more than once."""
        files = Counter(file.name for reply in self.replies for file in reply.files)
        texts = Counter(key_of(reply) for reply in self.replies if not reply.files)
        live = Counter(map(key_of, self.live))
        counts = [*files.items(), *texts.items(), *live.items()]
        return [name for name, count in counts if count > 1]

    def unanswered(self) -> list[Message]:
        """Live messages that still say they are looking."""
        return [message for message in self.live if "LOOKING" in message.text]

    async def until_answered(self, within: float) -> None:
        """Wait until everything accepted is answered and nothing changes any more.

        After ``within`` seconds only while answers still come: a busy machine is slow, and what
        is lost never comes.
        """
        until, answered = time.monotonic() + within, 0
        while len(self.live) < self.accepted or self.unanswered():
            await asyncio.sleep(0.05)
            now, there = time.monotonic(), len(self.live) - len(self.unanswered())
            if there > answered:
                until, answered = max(until, now + STILL), there
            if now > until:
                raise TimeoutError(f"{there} of {self.accepted} answered, and no more came")
        await asyncio.sleep(10.0 / TIME_SCALE)  # anything late would be there by now


def key_of(message: Message) -> str:
    return str((message.metadata or {}).get("event_payload", {}).get("key"))


@asynccontextmanager
async def town(
    folder: Path,
    *,
    bots: int,
    nodes: int = 12,
    time_scale: float = TIME_SCALE,
    socket: bool = False,
) -> AsyncIterator[Town]:
    """A town with ``bots`` running bots on one store; with ``socket`` all on Socket Mode."""
    async with AsyncExitStack() as stack:
        kubeconfig = folder / "kubeconfig"
        controls = await stack.enter_async_context(simulated_cluster(kubeconfig, nodes))
        await controls.inject("agent-crash-loop", "node-7", {})
        workspace = await stack.enter_async_context(
            Workspace(signing_secret="s" * 32, time_scale=time_scale)
        )
        store = EmbeddedStore(folder / "store")
        await store.start()
        stack.push_async_callback(store.stop)
        given = {
            "kubeconfig": str(kubeconfig),
            "channel": workspace.channels[CHANNEL],
            "api_url": workspace.api_url,
            "bot_token": workspace.bot_token,
            "signing_secret": workspace.signing_secret,
            "app_token": workspace.app_token if socket else "",
            "store": store.address.url,
            "time_scale": str(time_scale),
        }
        made = Town(workspace, store)
        for number in range(bots):
            bot = BotProcess(given, folder / f"bot-{number}.log")
            stack.push_async_callback(bot.kill)
            made.bots.append(bot)
        await asyncio.gather(*(bot.start() for bot in made.bots))
        yield made
