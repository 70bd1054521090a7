"""Many ask at once, and Slack slows down: one message each, and each with its answer."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.app import build_executor, close
from bot.clients.kubernetes.connection import ClusterAddress
from bot.playground.cluster import SimulatedCluster
from bot.playground.slack import Workspace
from bot.settings import Limits
from bot.slack.door import SlackDoor
from tests.scenarios.house import CHANNEL, House, is_answer, said

FASTER = 20.0


class FastClock:
    """Twenty seconds pass in one; Slack's timestamps stay as they are."""

    def wall(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic() * FASTER

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / FASTER)


@pytest.fixture
async def fast_slack(tmp_path: Path) -> AsyncIterator[Workspace]:
    """A workspace and a bot for which Slack's minutes pass in seconds."""
    async with SimulatedCluster(12) as cluster, Workspace(time_scale=FASTER) as slack:
        kubeconfig = cluster.write_kubeconfig(tmp_path / "kubeconfig")
        address = ClusterAddress(kubeconfig, "playground")
        executor = build_executor({"playground": (address, "kube-system")}, Limits())
        door = SlackDoor(
            executor, bot_token=slack.bot_token, signing_secret=slack.signing_secret,
            api_url=slack.api_url, clock=FastClock(),
            channels={slack.channels["cilium-oncall"]: next(iter(executor.clusters))},
        )  # fmt: skip
        app = web.Application()
        app.add_routes(door.routes())
        async with TestServer(app) as server:
            await door.start()
            slack.bot_url = str(server.make_url("/slack/events"))
            yield slack
            await close(executor)
            await door.close()


async def test_twenty_commands_at_once_get_one_message_each(fast_slack: Workspace) -> None:
    people = ("ana", "ben", "zoe")
    commands = [f"status node-{1 + number % 12} --deadline 1m" for number in range(20)]
    acks = await asyncio.gather(
        *(fast_slack.command("/cilium", text, user=people[number % 3], channel=CHANNEL)
          for number, text in enumerate(commands))
    )  # fmt: skip
    assert {ack.status for ack in acks} == {200}
    assert max(ack.seconds for ack in acks) < 3

    answers = await fast_slack.wait_for(
        lambda messages: found if len(found := [*filter(is_answer, messages)]) == 20 else None,
        timeout=20,
    )
    titles = Counter(command for answer in answers for command in commands[:12]
                     if f"/cilium {command}`" in said(answer))  # fmt: skip
    assert titles == Counter(commands)
    assert all("OK" in answer.text for answer in answers)


async def test_429_leaves_one_message_with_the_final_answer(house: House) -> None:
    house.cluster.inject("agent-crash-loop", "node-7")
    house.slack.throttle("chat.postMessage", retry_after=1)
    house.slack.throttle("chat.update", retry_after=1)
    answer = await house.ask("status node-7")
    assert answer.shown.startswith("⛔ FAILED")
    assert len(house.live_messages()) == 1
    refused = [call.method for call in house.slack.calls if call.status == 429]
    assert "chat.postMessage" in refused


async def test_first_post_is_only_updated(house: House) -> None:
    answer = await house.ask("status")
    posts = [call for call in house.slack.calls if call.method == "chat.postMessage"
             and not call.arguments.get("thread_ts")]  # fmt: skip
    assert len(posts) == 1
    assert [message.ts for message in house.live_messages()] == [answer.message.ts]
