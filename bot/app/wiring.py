"""From settings to parts: what each room is handed, and nothing more."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from bot.app.open_store import OpenStore
from bot.clients.cluster import Cluster
from bot.engine.executor import Executor
from bot.engine.registry import Runbook
from bot.model.time_scale import TimeScale
from bot.settings import Settings

if TYPE_CHECKING:
    from aiohttp import web
    from pydantic import SecretStr

    from bot.doctor.sheet import Part as DoctorPart
    from bot.engine.carrier import Carrier
    from bot.observability.health import LoopLag, Part
    from bot.observability.metrics import ClusterWatch, Metrics, StoreWatch
    from bot.slack.door import SlackDoor
    from bot.slack.socket_mode import SocketMode
    from bot.store.connection import Store


def secret(value: SecretStr | None) -> str | None:
    """The text of a secret, where there is one."""
    return None if value is None else value.get_secret_value()


def doctor(
    settings: Settings,
    store: OpenStore,
    slack: Callable[[], tuple[SlackDoor, SocketMode | None]],
) -> Runbook:
    """The doctor over what this bot was started with."""
    from bot.doctor.changes import ChangesPart, rights_in
    from bot.doctor.cluster import ClusterPart
    from bot.doctor.files import Files
    from bot.doctor.runbook import doctor_runbook
    from bot.doctor.socket_mode import SocketPart
    from bot.doctor.store import StorePart
    from bot.doctor.workspace import Workspace

    channels, groups = settings.named_channels, settings.groups
    signing_secret = secret(settings.credentials.slack_signing_secret)

    def parts(cluster: Cluster) -> tuple[DoctorPart, ...]:
        door, sockets = slack()
        workspace = Workspace(door.reading, signing_secret, channels, groups)
        by_socket = () if sockets is None else (SocketPart(sockets.opening, sockets),)
        kept = StorePart(store.store, embedded=store.embedded is not None)
        here = ClusterPart(cluster, rights_in(cluster.name, settings))
        return Files("settings"), workspace, *by_socket, kept, ChangesPart(settings), here

    return doctor_runbook(parts)


def changes(settings: Settings, executor: Executor, carrier: Carrier, store: Store) -> None:
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


def terminal_api(settings: Settings, executor: Executor) -> list[web.RouteDef]:
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


def socket_mode(
    settings: Settings, door: SlackDoor, time_scale: TimeScale, metrics: Metrics
) -> SocketMode | None:
    """Socket Mode feeding ``door``, where there is an app-level token."""
    from bot.slack.clock import SystemClock
    from bot.slack.socket_mode import SocketMode

    app_token = secret(settings.credentials.slack_app_token)
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


def slack_door(settings: Settings, executor: Executor, store: Store, metrics: Metrics) -> SlackDoor:
    """The Slack door on the shared store."""
    from bot.slack.calling_back import LONG_RUN
    from bot.slack.changes.offers import OLD
    from bot.slack.clock import SystemClock
    from bot.slack.door import SlackDoor
    from bot.slack.replays import StoreReplays
    from bot.slack.store_pending import LEASE, StorePending
    from bot.store.claims import Claims
    from bot.store.homes import Homes
    from bot.store.outbox import OutboxEntries

    credentials = settings.credentials
    bot_token = secret(credentials.slack_bot_token)
    assert bot_token is not None  # noqa: S101  required before
    clock, claims = SystemClock(store.time_scale), Claims(store)
    entries = OutboxEntries(store, f"outbox-{secrets.token_hex(8)}", lease=LEASE)
    return SlackDoor(
        executor,
        bot_token=bot_token,
        signing_secret=secret(credentials.slack_signing_secret),
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
        old_answer=store.time_scale.seconds(OLD),
        audit_channel=settings.changes.audit_channel or "",
    )


def watch(metrics: Metrics, door: SlackDoor, lag: LoopLag, carrier: Carrier) -> None:
    """Let metrics look at what is counted elsewhere."""
    metrics.watch("outbox_entries", "Messages that wait for Slack", lambda: door.outbox.depth)
    metrics.watch("outbox_oldest_seconds", "Age of the oldest", lambda: door.outbox.age)
    metrics.watch("event_loop_lag_seconds", "Lateness of the event loop", lambda: lag.seconds)
    metrics.watch("open_runs", "Runs of all bots not yet answered", lambda: carrier.backlog[0])
    metrics.watch("open_runs_oldest_seconds", "Age of the oldest", lambda: carrier.backlog[1])


def lines(
    settings: Settings,
    door: SlackDoor,
    sockets: SocketMode | None,
    store: StoreWatch,
    clusters: Mapping[str, ClusterWatch],
) -> list[Part]:
    """What ``/readyz`` tells, a line each."""
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
