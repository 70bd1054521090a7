"""The home tab of the real bot on its real store: across restarts and for other replicas' runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.app import Bot
from bot.playground.cluster import SimulatedCluster
from bot.playground.slack import Workspace
from bot.settings import Cluster, Credentials, Settings, Slack, Store
from bot.slack.home import gather
from tests.scenarios.house import CHANNEL, is_answer

CLUSTERS = ("east", "west")


def tab(slack: Workspace, user: str) -> str:
    home = slack.modals.home(user)
    return json.dumps(home.content["blocks"], ensure_ascii=False) if home else ""


async def until(wanted: Callable[[], Any]) -> None:
    async with asyncio.timeout(15):
        while not wanted():
            await asyncio.sleep(0.02)


async def opened(slack: Workspace, word: str, user: str = "ana") -> str:
    slack.modals.open_home(user)
    await until(lambda: word in tab(slack, user))
    return tab(slack, user)


async def asked(slack: Workspace, text: str) -> None:
    before = len(slack.messages(CHANNEL))
    await slack.command("/cilium", text, user="ben", channel=CHANNEL)
    await slack.wait_for(lambda seen: any(map(is_answer, seen[before:])), timeout=15)


async def pin(slack: Workspace, *names: str) -> None:
    home = slack.modals.home("ana")
    assert home is not None
    block = next(b for b in home.content["blocks"] if "home.pin" in json.dumps(b))
    ack = await slack.modals.click(
        "home.pin", view=home, block_id=block["block_id"], selected=list(names)
    )
    assert ack.error is None


@asynccontextmanager
async def bot_on(settings: Settings, slack: Workspace) -> AsyncIterator[Bot]:
    bot = await Bot.start(settings, port=0)
    slack.bot_url = f"http://127.0.0.1:{bot.port}/slack/events"
    try:
        yield bot
    finally:
        await bot.stop()


def settings_for(cluster: SimulatedCluster, slack: Workspace, folder: Path) -> Settings:
    kubeconfig = cluster.write_kubeconfig(folder / "kubeconfig", context="one")
    one = Cluster(kubeconfig=kubeconfig, context="one")
    return Settings(
        clusters=dict.fromkeys(CLUSTERS, one),
        channels={slack.channels[CHANNEL]: "east"},
        slack=Slack(api_url=slack.api_url),
        store=Store(folder=folder / "store"),
        credentials=Credentials(
            slack_bot_token=SecretStr(slack.bot_token),
            slack_signing_secret=SecretStr(slack.signing_secret),
        ),
    )


async def test_verdicts_links_and_pins_outlive_the_bot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather, "MOST_RUNS", 2)
    async with SimulatedCluster(3, time_scale=100) as cluster, Workspace() as slack:
        settings = settings_for(cluster, slack, tmp_path)
        async with bot_on(settings, slack):
            await asked(slack, "status")
            await opened(slack, "*east* · ✅ OK")
            await pin(slack, "east")
            await until(lambda: "Pinned clusters" in tab(slack, "ana"))
            for _ in range(2):  # the first run is past what the tab looks back to
                await asked(slack, "status node-1")
        async with bot_on(settings, slack):
            before = tab(slack, "ana")
            slack.modals.open_home("ana")
            await until(lambda: tab(slack, "ana") != before)
            text = tab(slack, "ana")
            assert "Pinned clusters" in text
            assert "*west*" not in text
            assert "*east* · ✅ OK" in text
            assert "|message>" in text
            assert text.count("`/cilium status node-1`") == 2
            assert "`/cilium status`" not in text


async def test_what_another_bot_on_the_store_carries_shows_without_a_click(tmp_path: Path) -> None:
    async with SimulatedCluster(3, time_scale=100) as cluster, Workspace() as slack:
        settings = settings_for(cluster, slack, tmp_path)
        async with bot_on(settings, slack) as first:
            embedded = first.store.embedded
            assert embedded is not None
            await opened(slack, "Never looked.")
            shared = settings.model_copy(update={"store": Store(url=embedded.address.url)})
            async with bot_on(shared, slack):
                await asked(slack, "status")
                await until(lambda: "*east* · ✅ OK" in tab(slack, "ana"))
                assert "|message>" in tab(slack, "ana")
