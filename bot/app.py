"""The composition root: from settings to parts, started and stopped in order.

The only place that knows all parts; everything else is handed what it needs.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from types import ModuleType
from typing import TYPE_CHECKING

from bot.clients.cluster import Cluster
from bot.clients.kubernetes.connection import ClusterAddress
from bot.engine.carriage import Deadlines
from bot.engine.executor import Executor
from bot.engine.registry import Registry
from bot.model.errors import ConfigurationError
from bot.model.time_scale import REAL_TIME, TimeScale
from bot.settings import Limits, Settings
from runbooks import catalogue

if TYPE_CHECKING:
    from aiohttp import web

    from bot.engine.carrier import Carrier
    from bot.slack.door import SlackDoor
    from bot.store.connection import Store
    from bot.store.embedded import EmbeddedStore

logger = logging.getLogger(__name__)

ENTRY_POINTS = "cilium_oncall.runbooks"
BACKLOG = 1024
"""Connections the kernel holds for us in a burst: Slack gives a command three seconds."""


def build_registry() -> Registry:
    """Our runbooks and a team's own (modules named by the entry point group), by name."""
    own: list[ModuleType] = []
    for entry in entry_points(group=ENTRY_POINTS):
        try:
            own.append(entry.load())
        except ImportError as error:
            raise ConfigurationError(
                f"The runbooks of {entry.name} ({entry.value}) cannot be imported: {error}."
            ) from None
    return Registry.of([*catalogue.MODULES, *own])


def build_executor(
    addresses: Mapping[str, tuple[ClusterAddress, str]],
    limits: Limits,
    carrier: Carrier | None = None,
    time_scale: TimeScale = REAL_TIME,
) -> Executor:
    """An executor for clusters by name: where each is, and Cilium's namespace in it."""
    clusters = {
        name: Cluster.at(
            name,
            address,
            namespace=namespace,
            requests_in_flight=limits.api_requests_in_flight,
            execs_in_flight=limits.execs_in_flight,
        )
        for name, (address, namespace) in addresses.items()
    }
    deadlines = Deadlines(limits.deadline, limits.deep_deadline)
    return Executor(
        build_registry(), clusters, deadlines=deadlines, carrier=carrier, time_scale=time_scale
    )


def addresses_of(settings: Settings) -> dict[str, tuple[ClusterAddress, str]]:
    """Where the configured clusters are, and Cilium's namespace in each."""
    return {
        name: (
            ClusterAddress(cluster.kubeconfig, cluster.context, cluster.in_cluster),
            cluster.cilium_namespace,
        )
        for name, cluster in settings.clusters.items()
    }


@dataclass(slots=True)
class OpenStore:
    """The store, and its server where that is ours."""

    store: Store
    embedded: EmbeddedStore | None

    @classmethod
    async def of(cls, settings: Settings, time_scale: TimeScale = REAL_TIME) -> OpenStore:
        """Connect to the configured store, or start the embedded one.

        A store of others may be away: the bot starts all the same.
        """
        from bot.store.address import store_address
        from bot.store.connection import Store
        from bot.store.embedded import EmbeddedStore

        password = settings.credentials.store_password
        secret = password.get_secret_value() if password else ""
        if settings.store.url is not None:
            return cls(
                Store(store_address(settings.store.url, secret), time_scale=time_scale), None
            )
        embedded = EmbeddedStore(settings.store.folder.expanduser())
        await embedded.start()
        return cls(Store(embedded.address, time_scale=time_scale), embedded)

    async def close(self) -> None:
        """Close the connections and end our server."""
        await self.store.close()
        if self.embedded is not None:
            await self.embedded.stop()


async def close(executor: Executor) -> None:
    """End what is under way and close every connection."""
    await executor.close()
    for cluster in executor.clusters.values():
        await cluster.close()


@dataclass(slots=True)
class Bot:
    """The running bot: the Slack door over an executor on a store, on one HTTP port."""

    store: OpenStore
    executor: Executor
    door: SlackDoor
    runner: web.AppRunner
    port: int

    @classmethod
    async def start(
        cls, settings: Settings, *, port: int | None = None, time_scale: TimeScale = REAL_TIME
    ) -> Bot:
        """Start listening, on ``port`` instead of the settings' (0 takes a free one).

        Raises :class:`ConfigurationError` for what cannot work, and for a time scale towards the
        real Slack. From the main thread: the embedded store ends with it.
        """
        if settings.slack.is_genuine:
            time_scale.require_real()
        settings.credentials.require("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET")
        if not settings.clusters:
            raise ConfigurationError(
                "No cluster is configured.", hint="Name one under clusters: in bot.yaml."
            )
        from bot.engine.carrier import Carrier

        store = await OpenStore.of(settings, time_scale)
        carrier = Carrier(store.store)
        executor = build_executor(addresses_of(settings), settings.limits, carrier, time_scale)
        door = _slack_door(settings, executor, store.store)
        await door.start()
        await executor.open()
        try:
            runner, bound = await _listen(settings, door, port)
        except ConfigurationError:
            await close(executor)
            await door.close()
            await store.close()
            raise
        logger.info("listening on %s:%s", settings.http.host, bound)
        return cls(store, executor, door, runner, bound)

    async def stop(self) -> None:
        """Take no more requests, hand runs over, deliver what is left to say, close connections."""
        await self.runner.cleanup()
        await close(self.executor)
        await self.door.close()
        await self.store.close()


def _slack_door(settings: Settings, executor: Executor, store: Store) -> SlackDoor:
    from bot.slack.clock import SystemClock
    from bot.slack.door import SlackDoor
    from bot.slack.replays import StoreReplays
    from bot.slack.store_pending import LEASE, StorePending
    from bot.store.claims import Claims
    from bot.store.outbox import OutboxEntries

    credentials = settings.credentials
    assert credentials.slack_bot_token is not None  # noqa: S101  required by Bot.start
    assert credentials.slack_signing_secret is not None  # noqa: S101  required by Bot.start
    clock = SystemClock(store.time_scale)
    entries = OutboxEntries(store, f"outbox-{secrets.token_hex(8)}", lease=LEASE)
    return SlackDoor(
        executor,
        bot_token=credentials.slack_bot_token.get_secret_value(),
        signing_secret=credentials.slack_signing_secret.get_secret_value(),
        api_url=settings.slack.api_url,
        channels=settings.channels,
        clock=clock,
        replays=StoreReplays(Claims(store)),
        pending=StorePending(entries, clock),
    )


async def _listen(
    settings: Settings, door: SlackDoor, port: int | None
) -> tuple[web.AppRunner, int]:
    from aiohttp import web

    application = web.Application()
    application.add_routes(door.routes())
    application.add_routes([web.get("/healthz", _alive), web.get("/readyz", _alive)])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    host = settings.http.host
    wanted = settings.http.port if port is None else port
    try:
        await web.TCPSite(runner, host, wanted, backlog=BACKLOG).start()
    except OSError as error:
        await runner.cleanup()
        raise ConfigurationError(
            f"Cannot listen on {host}:{wanted}: {error.strerror}.",
            hint="Choose another http.port, or stop what uses this one.",
        ) from None
    bound: int = runner.addresses[0][1]
    return runner, bound


async def _alive(request: web.Request) -> web.Response:
    """Alive and taking requests; readiness that looks at its dependencies comes with the store."""
    from aiohttp import web

    return web.Response(text="ok\n")


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
