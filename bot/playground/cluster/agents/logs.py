"""Container logs: what an agent, or any other container, has written so far.

logfmt as the programs write it: logrus with a quoted time up to Cilium 1.17, slog since 1.18.
Only the recent past is told; a real log would be longer.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from bot.playground.cluster.clock import parse_time, rfc3339, rfc3339_nano
from bot.playground.cluster.machines import Crash
from bot.playground.cluster.podlife import started_at
from bot.playground.cluster.store import Stored
from bot.playground.cluster.world import World

from .controllers import controllers
from .view import AgentView, view_of

JsonObject = dict[str, Any]


class Line(NamedTuple):
    """One line of a log, without its end."""

    time: datetime
    text: str


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class _Writer:
    """Writes lines the way one version of the agent does."""

    def __init__(self, minor: int) -> None:
        self._slog = minor >= 18

    def line(self, at: datetime, level: str, message: str, subsystem: str, error: str = "") -> Line:
        """One logfmt line."""
        time = f"time={rfc3339_nano(at)}" if self._slog else f'time="{rfc3339(at)}"'
        parts = [time, f"level={level}", f"msg={_quoted(message)}"]
        if error:
            parts.append(f"error={_quoted(error)}")
        return Line(at, " ".join([*parts, f"subsys={subsystem}"]))


def log_of(world: World, pod: Stored, container: str, *, previous: bool) -> list[Line]:
    """The log of a container's present attempt, or of the one before."""
    view = view_of(world, pod)
    if view is not None and container == "cilium-agent":
        return list(_agent_log(view, previous=previous))
    return list(_other_log(world, pod, container, previous=previous))


# The agent


_START = (
    ("Memory available for map entries (0.003% of 67385729024B): 168464322B", "config"),
    ("Initializing daemon", "daemon"),
    ("Establishing connection to apiserver", "k8s-client"),
    ("Connected to apiserver", "k8s-client"),
    ("Restored endpoints from disk", "daemon"),
    ("Serving prometheus metrics on :9962", "metrics"),
    ("Successfully wrote CNI configuration file", "cni-config"),
    ("Daemon initialization completed", "daemon"),
)
STEPS_UNTIL_STUCK = 4
_ROUTINE = (
    ("Conntrack garbage collector interval recalculated", "map-ct"),
    ("Regenerating all endpoints due to policy changes", "policy"),
    ("Compiled new BPF template", "datapath-loader"),
)


def _agent_log(view: AgentView, *, previous: bool) -> Iterator[Line]:
    writer = _Writer(view.release.minor)
    crash, last = view.machine.crash, _last_attempt(view.pod)
    if crash is not None or previous:
        died = parse_time(last["finishedAt"]) if last else view.started
        began = died - timedelta(seconds=2)
        yield from _startup(writer, view, began, steps=3)
        yield from _last_words(writer, crash, died)
        return
    if view.machine.stuck:
        yield from _startup(writer, view, view.started, steps=STEPS_UNTIL_STUCK)
        yield from _waiting(writer, view)
        return
    yield from _startup(writer, view, view.started)
    now = view.world.clock.now()
    silent_since = view.machine.troubled_since if view.machine.hung else None
    lines = [*_routine(writer, view, silent_since or now), *_complaints(writer, view)]
    yield from sorted(lines, key=lambda line: line.time)


def _startup(
    writer: _Writer, view: AgentView, at: datetime, steps: int | None = None
) -> Iterator[Line]:
    version = f"Cilium {view.release.version} {view.revision} go version go1.24.11 linux/amd64"
    yield writer.line(at, "info", version, "daemon")
    for index, (message, subsystem) in enumerate(_START[:steps], start=1):
        if "prometheus" in message and not view.world.fleet.metrics_served:
            continue
        yield writer.line(at + timedelta(milliseconds=230 * index), "info", message, subsystem)


def _last_words(writer: _Writer, crash: Crash | None, at: datetime) -> Iterator[Line]:
    if crash is not None and crash.fatal_line:
        yield writer.line(at, "error", "Start hook failed", "hive", crash.error)
        yield writer.line(at, "fatal", crash.fatal_line, "daemon", crash.error)
    elif crash is None:
        yield writer.line(at, "info", "Received termination signal", "daemon")


def _routine(writer: _Writer, view: AgentView, end: datetime) -> Iterator[Line]:
    """The last half hour's ordinary lines; a line keeps its time however often it is read."""
    every = timedelta(seconds=97)
    index = max(1, (end - timedelta(minutes=30) - view.started) // every)
    while (at := view.started + every * index) < end:
        message, subsystem = _ROUTINE[index % len(_ROUTINE)]
        yield writer.line(at, "info", message, subsystem)
        index += 1


def _waiting(writer: _Writer, view: AgentView) -> Iterator[Line]:
    """What an agent says, again and again, that is waiting for its node's pod CIDR."""
    interval = timedelta(seconds=view.world.clock.scaled(15))
    rounds = view.failures(15)
    for index in range(max(0, rounds - 20), rounds):
        yield writer.line(
            view.started + interval * (index + 1), "warning", "Waiting for k8s node information",
            "daemon", "required IPv4 PodCIDR not available",
        )  # fmt: skip


def _complaints(writer: _Writer, view: AgentView) -> Iterator[Line]:
    """One line for each failure that goes on, at most the last twenty of each."""
    since = view.machine.troubled_since
    if since is None or view.machine.hung:
        return
    interval = timedelta(seconds=view.world.clock.scaled(30))
    rounds = view.failures()
    for at in (since + interval * index for index in range(max(0, rounds - 20), rounds)):
        if view.machine.cut_from_api:
            yield writer.line(
                at, "error", "Failed to watch *v2.CiliumNode", "klog",
                f'failed to list *v2.CiliumNode: Get "https://10.96.0.1:443/apis/cilium.io/v2/'
                f'ciliumnodes": {view.unreachable_api}',
            )  # fmt: skip
        for endpoint in view.workloads:
            if endpoint.broken:
                yield writer.line(
                    at, "warning", "Regeneration of endpoint failed", "endpoint",
                    "unable to sync policy map: update map "
                    f"cilium_policy_v2_{endpoint.id:05d}: no space left on device",
                )  # fmt: skip
    for controller in controllers(view):
        if controller.failure:
            yield writer.line(
                since + interval * (rounds - 1), "warning",
                f"Controller run failed: {controller.name}", "controller", controller.failure,
            )  # fmt: skip


# Everything else


def _other_log(world: World, pod: Stored, container: str, *, previous: bool) -> Iterator[Line]:
    began = started_at(pod.object)
    writer = _Writer(world.release.minor)
    last = _last_attempt(pod)
    crash = world.fleet.crash_of_workload(pod.namespace, pod.name)
    if last and (previous or began is None):
        died = parse_time(last["finishedAt"])
        yield writer.line(died - timedelta(seconds=2), "info", "Starting", container)
        yield from _last_words(writer, crash, died)
        return
    at = parse_time(began or pod.object["metadata"]["creationTimestamp"])
    yield writer.line(at, "info", f"Starting {container}", container)
    yield writer.line(at + timedelta(seconds=1), "info", "Ready", container)


def _last_attempt(pod: Stored) -> JsonObject | None:
    statuses = pod.object["status"].get("containerStatuses") or [{}]
    terminated: JsonObject | None = statuses[0].get("lastState", {}).get("terminated")
    return terminated
