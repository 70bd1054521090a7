"""The real bot between a simulated cluster and a local Slack workspace, in one process."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot.app import Bot
from bot.model.report import Gap, Report
from bot.model.run import RunRecord
from bot.playground.cluster import SimulatedCluster
from bot.playground.slack import Workspace
from bot.playground.slack.records import Ack, Message
from bot.settings import Cluster, Credentials, Settings, Slack, Store

NAME = "playground"
CHANNEL = "cilium-oncall"
EXEC = ("get", "", "pods", "exec")
_RUN_ID = re.compile(r"\br-[a-z0-9]{10}\b")


@dataclass(frozen=True)
class Answer:
    """What came of one command: Slack's side, and the engine's record of the run."""

    ack: Ack
    message: Message
    record: RunRecord

    @property
    def report(self) -> Report:
        assert self.record.report is not None, self.record.error
        return self.record.report

    @property
    def findings(self) -> dict[str, str]:
        """Subjects by finding id."""
        return {finding.id: finding.subject.name for finding in self.report.findings}

    @property
    def gaps(self) -> tuple[Gap, ...]:
        return self.report.gaps

    @property
    def shown(self) -> str:
        """Everything the message says."""
        return said(self.message)


@dataclass(frozen=True)
class House:
    """A person in Slack talks to the bot, the bot to the cluster."""

    cluster: SimulatedCluster
    slack: Workspace
    bot: Bot

    @property
    def execs(self) -> int:
        """How often anything was executed in a pod."""
        return self.cluster.requests[EXEC]

    async def ask(self, text: str, *, user: str = "ana") -> Answer:
        """Type ``/cilium text`` and wait for the answer in the channel."""
        before = {message.ts for message in self.slack.messages(CHANNEL)}
        ack = await self.slack.command("/cilium", text, user=user, channel=CHANNEL)

        def answer(messages: list[Message]) -> Message | None:
            new = (message for message in messages if message.ts not in before)
            return next((message for message in new if is_answer(message)), None)

        message = await self.slack.wait_for(answer, timeout=15)
        return Answer(ack, message, await self.record_of(message))

    async def ask_privately(self, text: str, *, user: str = "ana") -> str:
        """Type ``/cilium text`` and wait for what only that person sees."""
        before = {message.ts for message in self.slack.messages(CHANNEL)}
        await self.slack.command("/cilium", text, user=user, channel=CHANNEL)
        message = await self.slack.wait_for(
            lambda messages: next((m for m in messages if m.ts not in before), None)
        )
        assert message.ephemeral_to == self.slack.users[user], said(message)
        return said(message)

    async def record_of(self, message: Message) -> RunRecord:
        """The run whose id is in the small print of ``message``."""
        named = _RUN_ID.search(said(message))
        assert named is not None, said(message)
        record = await self.bot.executor.get(named[0])
        assert record is not None
        return record

    def live_messages(self) -> list[Message]:
        """What everybody in the channel sees, without threads."""
        return [m for m in self.slack.messages(CHANNEL) if m.bot and not m.ephemeral_to
                and not m.thread_ts]  # fmt: skip

    async def thread_of(self, answer: Answer, wanted: str) -> Message:
        """The reply in the answer's thread that contains ``wanted``, as text or as a file."""

        def holds(message: Message) -> bool:
            files = " ".join((file.content or b"").decode() for file in message.files)
            return message.thread_ts == answer.message.ts and wanted in said(message) + files

        return await self.slack.wait_for(
            lambda messages: next((m for m in messages if holds(m)), None)
        )


def is_answer(message: Message) -> bool:
    """Whether a message of the channel is one that the bot will not change any more."""
    public = message.bot and not message.ephemeral_to and not message.thread_ts
    return bool(public) and "LOOKING" not in message.text


def said(message: Message) -> str:
    """The text of a message's blocks, as it was sent; of its text where there are none."""
    return "\n".join(_texts(message.blocks)) or message.text


def _texts(block: Any) -> Iterator[str]:
    if isinstance(block, list):
        for part in block:
            yield from _texts(part)
    elif isinstance(block, dict):
        for name, value in block.items():
            if name == "text" and isinstance(value, str):
                yield value
            else:
                yield from _texts(value)


@asynccontextmanager
async def house_on(
    cluster: SimulatedCluster, folder: Path, *, token: str | None = None
) -> AsyncIterator[House]:
    """The bot, configured for ``cluster``, and a workspace whose channel is bound to it."""
    kubeconfig = cluster.write_kubeconfig(folder / "kubeconfig", context=NAME, token=token)
    async with Workspace() as slack:
        settings = Settings(
            clusters={NAME: Cluster(kubeconfig=kubeconfig, context=NAME)},
            channels={slack.channels[CHANNEL]: NAME},
            slack=Slack(api_url=slack.api_url),
            store=Store(folder=folder / "store"),
            credentials=Credentials(
                slack_bot_token=SecretStr(slack.bot_token),
                slack_signing_secret=SecretStr(slack.signing_secret),
            ),
        )
        bot = await Bot.start(settings, port=0)
        slack.bot_url = f"http://127.0.0.1:{bot.port}/slack/events"
        try:
            yield House(cluster, slack, bot)
        finally:
            await bot.stop()
