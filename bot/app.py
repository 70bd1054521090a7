"""The composition root: from settings to parts, started and stopped in order.

The only place that knows all parts; everything else is handed what it needs.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bot.clients.cluster import Cluster
from bot.clients.kubernetes.connection import ClusterAddress
from bot.engine.executor import Deadlines, Executor
from bot.engine.journal import Journal, MemoryJournal
from bot.engine.registry import Runbook
from bot.model.errors import ConfigurationError
from bot.settings import Limits, Settings
from runbooks import catalogue

if TYPE_CHECKING:
    from aiohttp import web

    from bot.clients.kubernetes.observer import Observer
    from bot.observability.health import LoopLag, Part
    from bot.slack.door import SlackDoor

logger = logging.getLogger(__name__)

BACKLOG = 1024
"""Connections the kernel holds for us in a burst: Slack gives a command three seconds."""


def build_executor(
    addresses: Mapping[str, tuple[ClusterAddress, str]],
    limits: Limits,
    *,
    journal: Journal | None = None,
    observers: Mapping[str, Observer] | None = None,
    more: Sequence[Runbook] = (),
) -> Executor:
    """An executor for clusters by name: where each is, and Cilium's namespace in it."""
    clusters = {
        name: Cluster.at(
            name,
            address,
            namespace=namespace,
            requests_in_flight=limits.api_requests_in_flight,
            execs_in_flight=limits.execs_in_flight,
            observer=(observers or {}).get(name),
        )
        for name, (address, namespace) in addresses.items()
    }
    deadlines = Deadlines(limits.deadline, limits.deep_deadline)
    return Executor(catalogue.registry(more), clusters, journal, deadlines=deadlines)


def addresses_of(settings: Settings) -> dict[str, tuple[ClusterAddress, str]]:
    """Where the configured clusters are, and Cilium's namespace in each."""
    return {
        name: (
            ClusterAddress(cluster.kubeconfig, cluster.context, cluster.in_cluster),
            cluster.cilium_namespace,
        )
        for name, cluster in settings.clusters.items()
    }


async def close(executor: Executor) -> None:
    """End what is under way and close every connection."""
    await executor.close()
    for cluster in executor.clusters.values():
        await cluster.close()


@dataclass(slots=True)
class Bot:
    """The running bot: the Slack door over an executor, on one HTTP port."""

    executor: Executor
    door: SlackDoor
    runner: web.AppRunner
    port: int
    lag: LoopLag

    @classmethod
    async def start(cls, settings: Settings, *, port: int | None = None) -> Bot:
        """Start listening, on ``port`` instead of the settings' (0 takes a free one).

        Raises :class:`ConfigurationError` for what cannot work.
        """
        from aiohttp import web

        from bot.doctor.cluster import ClusterPart
        from bot.doctor.files import Files
        from bot.doctor.runbook import doctor_runbook
        from bot.doctor.workspace import Workspace
        from bot.observability.health import LoopLag, cluster_line, outbox_line
        from bot.observability.metrics import CountingJournal, Metrics, watches
        from bot.observability.web import application
        from bot.slack.door import SlackDoor

        credentials = settings.credentials
        credentials.require("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET")
        if not settings.clusters:
            raise ConfigurationError(
                "No cluster is configured.", hint="Name one under clusters: in bot.yaml."
            )
        metrics, lag = Metrics(), LoopLag()
        watched = watches(metrics, settings.clusters)
        executor = build_executor(
            addresses_of(settings),
            settings.limits,
            journal=CountingJournal(MemoryJournal(), metrics.run_ended),
            observers=watched,
            more=[doctor_runbook(lambda cluster: (Files("settings"), slack, ClusterPart(cluster)))],
        )
        assert credentials.slack_bot_token is not None  # noqa: S101  required above
        assert credentials.slack_signing_secret is not None  # noqa: S101  required above
        door = SlackDoor(
            executor,
            bot_token=credentials.slack_bot_token.get_secret_value(),
            signing_secret=credentials.slack_signing_secret.get_secret_value(),
            api_url=settings.slack.api_url,
            channels=settings.channels,
            access=settings.rules,
            on_call=metrics.slack_called,
        )
        slack = Workspace(
            door.reading,
            credentials.slack_signing_secret.get_secret_value(),
            frozenset(settings.channels),
            settings.rules.groups,
        )
        metrics.watch("outbox_entries", "Messages that wait for Slack", lambda: door.outbox.depth)
        metrics.watch("outbox_oldest_seconds", "Age of the oldest", lambda: door.outbox.age)
        metrics.watch("event_loop_lag_seconds", "Lateness of the event loop", lambda: lag.seconds)
        parts: list[Part] = [partial(outbox_line, door.outbox)]
        parts += [partial(cluster_line, watch) for watch in watched.values()]
        await door.start()
        runner = web.AppRunner(application(door.routes(), metrics, lag, parts), access_log=None)
        await runner.setup()
        host = settings.http.host
        site = web.TCPSite(
            runner, host, settings.http.port if port is None else port, backlog=BACKLOG
        )
        try:
            await site.start()
        except OSError as error:
            await runner.cleanup()
            await close(executor)
            await door.close()
            raise ConfigurationError(
                f"Cannot listen on {host}:{settings.http.port}: {error.strerror}.",
                hint="Choose another http.port, or stop what uses this one.",
            ) from None
        bound: int = runner.addresses[0][1]
        logger.info("listening on %s:%s", host, bound)
        lag.start()
        return cls(executor, door, runner, bound, lag)

    async def stop(self) -> None:
        """Take no more requests, end runs, deliver what is left to say, close connections."""
        await self.runner.cleanup()
        await self.lag.stop()
        await close(self.executor)
        await self.door.close()


async def serve(settings: Settings) -> None:
    """Run the bot until SIGINT or SIGTERM. Refuses a non-Slack API address outside the demo."""
    if not settings.slack.is_genuine:
        raise ConfigurationError(
            f"{settings.slack.api_url} is not Slack.", hint="Only the demo talks to another."
        )
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, ended.set)
    bot = await Bot.start(settings)
    try:
        await ended.wait()
    finally:
        await bot.stop()
