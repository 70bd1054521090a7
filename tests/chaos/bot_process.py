"""A bot in a process of its own, to be killed. Prints its port when it listens."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from pathlib import Path

from pydantic import SecretStr

from bot.app import Bot
from bot.model.time_scale import TimeScale
from bot.settings import Cluster, Credentials, Settings, Slack, Store


async def main(given: dict[str, str]) -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    settings = Settings(
        clusters={"prod": Cluster(kubeconfig=Path(given["kubeconfig"]), context="playground")},
        channels={given["channel"]: "prod"},
        slack=Slack(api_url=given["api_url"]),
        store=Store(url=given["store"]) if given.get("store") else Store(folder=given["folder"]),
        credentials=Credentials(
            slack_bot_token=SecretStr(given["bot_token"]),
            slack_signing_secret=SecretStr(given["signing_secret"]),
            slack_app_token=SecretStr(given["app_token"]) if given.get("app_token") else None,
        ),
    )
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    bot = await Bot.start(settings, port=0, time_scale=TimeScale(float(given["time_scale"])))
    print(json.dumps({"port": bot.port}), flush=True)  # noqa: T201  read by the test
    await ended.wait()
    await bot.stop()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
