"""The composition root: from settings to parts, started and stopped in order.

The only place that knows all parts; everything else is handed what it needs.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import secrets
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bot.clients.cluster import Cluster
from bot.clients.helm.source import ChartSource
from bot.clients.kubernetes.connection import ClusterAddress
from bot.engine.carriage import Deadlines
from bot.engine.executor import Executor
from bot.engine.registry import Runbook
from bot.model.errors import ConfigurationError
from bot.model.run import RunRecord
from bot.model.time_scale import REAL_TIME, TimeScale
from bot.settings import Helm as HelmSettings
from bot.settings import Limits, Settings
from runbooks import catalogue

if TYPE_CHECKING:
    from aiohttp import web
    from pydantic import SecretStr

    from bot.clients.kubernetes.observer import Observer
    from bot.doctor.sheet import Part as DoctorPart
    from bot.engine.carrier import Carrier
    from bot.observability.health import LoopLag, Part
    from bot.observability.metrics import ClusterWatch, Metrics, StoreWatch
    from bot.slack.door import SlackDoor
    from bot.slack.socket_mode import SocketMode
    from bot.store.connection import Store
    from bot.store.embedded import EmbeddedStore

logger = logging.getLogger(__name__)

BACKLOG = 1024
"""Connections the kernel holds for us in a burst: Slack gives a command three seconds."""


def build_executor(
    addresses: Mapping[str, tuple[ClusterAddress, str]],
    limits: Limits,
    helm: HelmSettings | None = None,
    *,
    carrier: Carrier | None = None,
    time_scale: TimeScale = REAL_TIME,
    observers: Mapping[str, Observer] | None = None,
    on_ended: Callable[[RunRecord], None] = lambda record: None,
    more: Sequence[Runbook] = (),
) -> Executor:
    """An executor for clusters by name: where each is, and Cilium's namespace in it.

    ``helm`` says where Cilium's chart comes from; without it, from Cilium's own repository.
    """
    charts = ChartSource(helm.repository, helm.chart, helm.program) if helm else None
    clusters = {
        name: Cluster.at(
            name,
            address,
            namespace=namespace,
            requests_in_flight=limits.api_requests_in_flight,
            execs_in_flight=limits.execs_in_flight,
            observer=(observers or {}).get(name),
            charts=charts,
        )
        for name, (address, namespace) in addresses.items()
    }
    return Executor(
        catalogue.registry(more),
        clusters,
        deadlines=Deadlines(limits.deadline, limits.deep_deadline),
        carrier=carrier,
        time_scale=time_scale,
        on_ended=on_ended,
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
    async def of(
        cls,
        settings: Settings,
        time_scale: TimeScale = REAL_TIME,
        on_answer: Callable[[float, bool], None] = lambda seconds, ok: None,
    ) -> OpenStore:
        """Connect to the configured store, or start the embedded one.

        A store of others may be away: the bot starts all the same.
        """
        from bot.store.address import store_address
        from bot.store.connection import Store
        from bot.store.embedded import EmbeddedStore

        if settings.store.url is not None:
            password = settings.credentials.store_password
            secret = password.get_secret_value() if password else ""
            address = store_address(settings.store.url, secret)
            return cls(Store(address, time_scale=time_scale, on_answer=on_answer), None)
        embedded = EmbeddedStore(settings.store.folder.expanduser())
        await embedded.start()
        own = Store(embedded.address, time_scale=time_scale, on_answer=on_answer)
        return cls(own, embedded)

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
            more=[_doctor(settings, store, lambda: (door, sockets))],
        )
        _changes(settings, executor, carrier, store.store)
        door = _slack_door(settings, executor, store.store, metrics)
        sockets = _socket_mode(settings, door, time_scale, metrics)
        await door.start()
        await executor.open()
        _watch(metrics, door, lag, carrier)
        lines = _lines(settings, door, sockets, heard, watched)
        try:
            api = _terminal_api(settings, executor)
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


def _secret(value: SecretStr | None) -> str | None:
    return None if value is None else value.get_secret_value()


def _doctor(
    settings: Settings,
    store: OpenStore,
    slack: Callable[[], tuple[SlackDoor, SocketMode | None]],
) -> Runbook:
    from bot.doctor.changes import ChangesPart, rights_in
    from bot.doctor.cluster import ClusterPart
    from bot.doctor.files import Files
    from bot.doctor.runbook import doctor_runbook
    from bot.doctor.socket_mode import SocketPart
    from bot.doctor.store import StorePart
    from bot.doctor.workspace import Workspace

    channels, groups = settings.named_channels, settings.groups
    signing_secret = _secret(settings.credentials.slack_signing_secret)

    def parts(cluster: Cluster) -> tuple[DoctorPart, ...]:
        door, sockets = slack()
        workspace = Workspace(door.reading, signing_secret, channels, groups)
        by_socket = () if sockets is None else (SocketPart(sockets.opening, sockets),)
        kept = StorePart(store.store, embedded=store.embedded is not None)
        here = ClusterPart(cluster, rights_in(cluster.name, settings))
        return Files("settings"), workspace, *by_socket, kept, ChangesPart(settings), here

    return doctor_runbook(parts)


def _changes(settings: Settings, executor: Executor, carrier: Carrier, store: Store) -> None:
    """Let ``executor`` change what approvers agree to, where the settings say who they are."""
    from bot.engine.changes.parts import Parts
    from bot.engine.changes.service import Changes
    from bot.settings.seal_key import seal_key, why_no_changes

    executor.no_changes = why_no_changes(settings)
    rules, key = settings.approval_rules, None if executor.no_changes else seal_key(settings)
    if rules is None or key is None:
        return
    parts = Parts.of(store, executor.registry, executor.clusters, rules, key)
    executor.changes = Changes(parts, carrier.soon)
    carrier.also["c"] = executor.changes.carrier


def _terminal_api(settings: Settings, executor: Executor) -> list[web.RouteDef]:
    """What people ask for and decide from a terminal; nothing where the settings name nobody."""
    from bot.clients.kubernetes.token_review import TokenReviews
    from bot.terminal.api.callers import Callers
    from bot.terminal.api.routes import ChangesApi
    from bot.terminal.api.understanding import understanding

    changes, wanted = executor.changes, settings.changes
    if not wanted.people or changes is None:
        return []
    identity = executor.clusters[executor.choose_cluster(wanted.identity_cluster)]
    callers = Callers(
        TokenReviews(identity.api),
        wanted.people,
        changes.person,
        api_server_tokens=wanted.api_server_tokens,
    )
    return ChangesApi(changes, callers, understanding(executor), settings.rules).routes()


def _socket_mode(
    settings: Settings, door: SlackDoor, time_scale: TimeScale, metrics: Metrics
) -> SocketMode | None:
    from bot.slack.clock import SystemClock
    from bot.slack.socket_mode import SocketMode

    app_token = _secret(settings.credentials.slack_app_token)
    if app_token is None:
        return None
    sockets = SocketMode(
        app_token,
        settings.slack.api_url,
        door.answer,
        SystemClock(time_scale),
        connections=settings.slack.sockets,
        on_call=metrics.slack_called,
        on_ack=metrics.ack_seconds.observe,
        on_end=metrics.socket_ended,
    )
    metrics.watch("slack_sockets", "Socket Mode connections", lambda: sockets.open_connections)
    return sockets


def _slack_door(
    settings: Settings, executor: Executor, store: Store, metrics: Metrics
) -> SlackDoor:
    from bot.slack.calling_back import LONG_RUN
    from bot.slack.clock import SystemClock
    from bot.slack.door import SlackDoor
    from bot.slack.replays import StoreReplays
    from bot.slack.store_pending import LEASE, StorePending
    from bot.store.claims import Claims
    from bot.store.homes import Homes
    from bot.store.outbox import OutboxEntries

    credentials = settings.credentials
    bot_token = _secret(credentials.slack_bot_token)
    assert bot_token is not None  # noqa: S101  required before
    clock, claims = SystemClock(store.time_scale), Claims(store)
    entries = OutboxEntries(store, f"outbox-{secrets.token_hex(8)}", lease=LEASE)
    return SlackDoor(
        executor,
        bot_token=bot_token,
        signing_secret=_secret(credentials.slack_signing_secret),
        api_url=settings.slack.api_url,
        channels=settings.channels,
        access=settings.rules,
        approver_groups=settings.groups,
        clock=clock,
        replays=StoreReplays(claims),
        claims=claims,
        pending=StorePending(entries, clock),
        memory=Homes(store),
        on_call=metrics.slack_called,
        long_run=store.time_scale.seconds(LONG_RUN),
        audit_channel=settings.changes.audit_channel or "",
    )


def _watch(metrics: Metrics, door: SlackDoor, lag: LoopLag, carrier: Carrier) -> None:
    metrics.watch("outbox_entries", "Messages that wait for Slack", lambda: door.outbox.depth)
    metrics.watch("outbox_oldest_seconds", "Age of the oldest", lambda: door.outbox.age)
    metrics.watch("event_loop_lag_seconds", "Lateness of the event loop", lambda: lag.seconds)
    metrics.watch("open_runs", "Runs of all bots not yet answered", lambda: carrier.backlog[0])
    metrics.watch("open_runs_oldest_seconds", "Age of the oldest", lambda: carrier.backlog[1])


def _lines(
    settings: Settings,
    door: SlackDoor,
    sockets: SocketMode | None,
    store: StoreWatch,
    clusters: Mapping[str, ClusterWatch],
) -> list[Part]:
    from bot.observability.health import cluster_line, outbox_line, socket_line, store_line

    lines: list[Part] = [partial(outbox_line, door.outbox)]
    if sockets is not None:
        only_way = settings.credentials.slack_signing_secret is None
        lines.append(partial(socket_line, sockets, required=only_way))
    return [
        *lines,
        partial(store_line, store),
        *(partial(cluster_line, watch) for watch in clusters.values()),
    ]


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
