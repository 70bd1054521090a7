"""The running bot: every part started and stopped in order."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.app import wiring
from bot.app.clusters import addresses_of, build_executor, close
from bot.app.open_store import OpenStore
from bot.engine.executor import Executor
from bot.model.errors import ConfigurationError
from bot.model.time_scale import REAL_TIME, TimeScale
from bot.settings import Settings

if TYPE_CHECKING:
    from aiohttp import web

    from bot.observability.health import LoopLag, Part
    from bot.observability.metrics import Metrics
    from bot.slack.door import SlackDoor
    from bot.slack.socket_mode import SocketMode


logger = logging.getLogger(__name__)

BACKLOG = 1024
"""Connections the kernel holds for us in a burst: Slack gives a command three seconds."""


@dataclass(slots=True)
class Bot:
    """The running bot: the Slack door over an executor on a store, on one HTTP port and, where
    there is an app-level token, by Socket Mode."""

    store: OpenStore
    executor: Executor
    door: SlackDoor
    sockets: SocketMode | None
    runner: web.AppRunner
    port: int
    lag: LoopLag

    @classmethod
    async def start(
        cls, settings: Settings, *, port: int | None = None, time_scale: TimeScale = REAL_TIME
    ) -> Bot:
        """Start listening, on ``port`` instead of the settings' (0 takes a free one).

        Raises :class:`ConfigurationError` for what cannot work, and for a time scale towards the
        real Slack. From the main thread: the embedded store ends with it.
        """
        from bot.engine.carrier import Carrier
        from bot.observability.health import LoopLag
        from bot.observability.metrics import Metrics, watches

        _refuse_what_cannot_work(settings, time_scale)
        metrics, lag = Metrics(), LoopLag()
        heard = metrics.store()
        store = await OpenStore.of(settings, time_scale, heard.answered)
        carrier = Carrier(store.store)
        watched = watches(metrics, settings.clusters)
        executor = build_executor(
            addresses_of(settings),
            settings.limits,
            settings.helm,
            carrier=carrier,
            time_scale=time_scale,
            observers=watched,
            on_ended=metrics.run_ended,
            more=[wiring.doctor(settings, store, lambda: (door, sockets))],
        )
        wiring.changes(settings, executor, carrier, store.store)
        door = wiring.slack_door(settings, executor, store.store, metrics)
        sockets = wiring.socket_mode(settings, door, time_scale, metrics)
        await door.start()
        await executor.open()
        wiring.watch(metrics, door, lag, carrier)
        lines = wiring.lines(settings, door, sockets, heard, watched)
        try:
            api = wiring.terminal_api(settings, executor)
            runner, bound = await _listen(settings, port, door, sockets, metrics, lag, lines, api)
        except ConfigurationError:
            await close(executor)
            await door.close()
            await store.close()
            raise
        logger.info("listening on %s:%s", settings.http.host, bound)
        if sockets is not None:
            await sockets.start()
        lag.start()
        return cls(store, executor, door, sockets, runner, bound, lag)

    async def stop(self) -> None:
        """Take no more requests, hand runs over, deliver what is left to say, close connections."""
        if self.sockets is not None:
            await self.sockets.close()
        await self.runner.cleanup()
        await self.lag.stop()
        await close(self.executor)
        await self.door.close()
        await self.store.close()


def _refuse_what_cannot_work(settings: Settings, time_scale: TimeScale) -> None:
    if settings.slack.is_genuine:
        time_scale.require_real()
    settings.credentials.require_slack()
    if not settings.clusters:
        raise ConfigurationError(
            "No cluster is configured.", hint="Name one under clusters: in bot.yaml."
        )


async def _listen(
    settings: Settings,
    port: int | None,
    door: SlackDoor,
    sockets: SocketMode | None,
    metrics: Metrics,
    lag: LoopLag,
    lines: Sequence[Part],
    api: Sequence[web.RouteDef],
) -> tuple[web.AppRunner, int]:
    """Answer Slack, Prometheus and the kubelet; the runner and the port it is bound to."""
    from aiohttp import web

    from bot.observability.web import application

    runner = web.AppRunner(application(door.routes(), metrics, lag, lines, api), access_log=None)
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


def spare_collections() -> None:
    """Leave everything that startup made out of garbage collections from now on.

    A full collection stands still for all of it: 100 ms in the middle of a large run, in which no
    command is acknowledged. For a process that is one bot and nothing else.
    """
    gc.collect()
    gc.freeze()


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
    spare_collections()
    try:
        await ended.wait()
    finally:
        await bot.stop()
