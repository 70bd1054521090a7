"""The whole bot between a simulated cluster and a local Slack workspace, as the demo builds it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from pydantic import SecretStr

from bot.app import Bot
from bot.playground.cluster import SimulatedCluster
from bot.playground.slack import Workspace
from bot.settings import Cluster, Credentials, Settings, Slack, Store

SECRET = "0123456789abcdef" * 2


@dataclass
class Running:
    bot: Bot
    workspace: Workspace
    cluster: SimulatedCluster
    http: aiohttp.ClientSession

    async def get(self, path: str) -> tuple[int, str]:
        async with self.http.get(f"http://127.0.0.1:{self.bot.port}{path}") as answer:
            return answer.status, await answer.text()

    async def parts(self) -> tuple[int, dict[str, Any]]:
        status, body = await self.get("/readyz")
        lines = [msgspec.json.decode(line) for line in body.splitlines()]
        return status, {line["part"]: line for line in lines}

    async def figure(self, name: str, **labels: str) -> float:
        """The sum of a metric over all series that have these labels."""
        _, body = await self.get("/metrics")
        found = re.findall(rf"^{name}(?:{{(.*)}})? (\S+)$", body, re.MULTILINE)
        wanted = {f'{label}="{value}"' for label, value in labels.items()}
        return sum(float(value) for given, value in found if wanted <= set(given.split(",")))


@asynccontextmanager
async def running_bot(
    tmp_path: Path, *, http: bool = True, socket: bool = False, **more: Any
) -> AsyncIterator[Running]:
    """Slack reaches it over HTTP, by Socket Mode, or both ways; commands come by the latter.
    ``more`` are settings."""
    async with SimulatedCluster(3) as cluster, Workspace(signing_secret=SECRET) as workspace:
        kubeconfig = cluster.write_kubeconfig(tmp_path / "kubeconfig", context="lab")
        settings = Settings(
            clusters={"lab": Cluster(kubeconfig=kubeconfig, context="lab")},
            channels={workspace.channels["cilium-oncall"]: "lab"},
            slack=Slack(api_url=workspace.api_url),
            store=Store(folder=tmp_path / "store"),
            **more,
            credentials=Credentials(
                slack_bot_token=SecretStr(workspace.bot_token),
                slack_signing_secret=SecretStr(SECRET) if http else None,
                slack_app_token=SecretStr(workspace.app_token) if socket else None,
            ),
        )
        bot = await Bot.start(settings, port=0)
        if not socket:
            workspace.bot_url = f"http://127.0.0.1:{bot.port}/slack/events"
        async with aiohttp.ClientSession() as session:
            try:
                yield Running(bot, workspace, cluster, session)
            finally:
                await bot.stop()
