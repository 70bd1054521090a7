"""A bot in a process of its own, to be killed: forked from a warm parent that imported everything.

A bot's own imports take most of a second, and a story about kills starts many. The standard
library's fork server holds them once; what it forks has no threads, no loop and no connection yet.
"""

from __future__ import annotations

import asyncio
import logging
import os
import pkgutil
import signal
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from pydantic import SecretStr

import bot
from bot.app import Bot, spare_collections
from bot.model.access import ANY
from bot.model.approval import ApprovalRule, ApprovalRules, Approvers
from bot.model.plan import Risk
from bot.model.time_scale import TimeScale
from bot.settings import Cluster, Credentials, Helm, Settings, Slack, Store

FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(["tests.chaos.warm"])


def warm() -> None:
    """Import what a bot imports only when it needs it."""
    for module in pkgutil.walk_packages(bot.__path__, "bot."):
        if not module.name.startswith(("bot.playground", "bot.demo", "bot.cli")):
            import_module(module.name)
    spare_collections()


def run(given: dict[str, str], log: Path, told: Connection) -> None:
    """Be a bot until SIGTERM: everything printed goes to ``log``, the port is told."""
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    asyncio.run(_live(given, told))


def approved_by(user: str) -> ApprovalRules:
    """One person approves everything."""
    everything = frozenset([ANY])
    rule = ApprovalRule(
        name="chaos",
        place="the test",
        risks=frozenset([Risk.SAFE, Risk.GUARDED]),
        remedies=everything,
        clusters=everything,
        namespaces=everything,
        channels=everything,
        approvers=Approvers(users=frozenset([user])),
    )
    return ApprovalRules(rules=(rule,))


async def _live(given: dict[str, str], told: Connection) -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    settings = Settings(
        clusters={"prod": Cluster(kubeconfig=Path(given["kubeconfig"]), context="playground")},
        channels={given["channel"]: "prod"},
        slack=Slack(api_url=given["api_url"]),
        helm=Helm(program=given.get("helm") or "helm"),
        store=Store(url=given["store"]) if given.get("store") else Store(folder=given["folder"]),
        approval_rules=approved_by(given["approver"]) if given.get("approver") else None,
        credentials=Credentials(
            seal_key=SecretStr("chaos " * 8),
            slack_bot_token=SecretStr(given["bot_token"]),
            slack_signing_secret=SecretStr(given["signing_secret"]),
            slack_app_token=SecretStr(given["app_token"]) if given.get("app_token") else None,
        ),
    )
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    bot = await Bot.start(settings, port=0, time_scale=TimeScale(float(given["time_scale"])))
    spare_collections()
    told.send(bot.port)
    await ended.wait()
    await bot.stop()
