"""What the bot tells Prometheus. Label values are bounded: names from the settings and the
registry, methods and outcomes from closed lists; nothing a person typed, no node, no pod."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

from bot.model.outcome import CANCELLED
from bot.model.run import RunRecord

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 3)
_UNHEARD = frozenset(["unreachable", "timedout", "untrusted", CANCELLED])
"""Outcomes of a request that say nothing came from the API server."""


class Metrics:
    """One registry per bot, so that two bots in one process do not meet."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        registry = self._registry
        ProcessCollector(registry=registry)
        self.runs = Counter(
            "cilium_oncall_runs",
            "Runs that ended",
            ["runbook", "state", "verdict"],
            registry=registry,
        )
        self.run_seconds = Histogram(
            "cilium_oncall_run_seconds",
            "From start to end of a run",
            ["runbook"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.gaps = Counter(
            "cilium_oncall_gaps",
            "What runs could not see",
            ["runbook", "cluster"],
            registry=registry,
        )
        self.ack_seconds = Histogram(
            "cilium_oncall_ack_seconds",
            "Until a request of Slack was answered",
            buckets=_QUICK,
            registry=registry,
        )
        self._slack_seconds = Histogram(
            "cilium_oncall_slack_call_seconds",
            "Calls of Slack's Web API",
            ["method", "outcome"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._slack_throttled = Counter(
            "cilium_oncall_slack_throttled",
            "Calls that Slack answered with 429",
            ["method"],
            registry=registry,
        )
        self._socket_ends = Counter(
            "cilium_oncall_slack_socket_ends",
            "Socket Mode connections that were replaced, or refused",
            ["why"],
            registry=registry,
        )
        self._exec_seconds = Histogram(
            "cilium_oncall_exec_seconds",
            "Commands in agents",
            ["cluster", "outcome"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._api_seconds = Histogram(
            "cilium_oncall_api_request_seconds",
            "Requests to API servers, each attempt",
            ["cluster", "method", "outcome"],
            buckets=_SECONDS,
            registry=registry,
        )

        self._store_seconds = Histogram(
            "cilium_oncall_store_seconds",
            "Questions to the store",
            ["outcome"],
            buckets=_QUICK,
            registry=registry,
        )

    def exposition(self) -> bytes:
        """Prometheus' text format."""
        return generate_latest(self._registry)

    def watch(self, name: str, what: str, read: Callable[[], float]) -> None:
        """A gauge ``cilium_oncall_NAME`` that is read when Prometheus asks."""
        gauge = Gauge(f"cilium_oncall_{name}", what, registry=self._registry)
        gauge.set_function(read)

    def slack_called(self, method: str, seconds: float, outcome: str) -> None:
        """A call of the Web API ended."""
        self._slack_seconds.labels(method, outcome).observe(seconds)
        if outcome == "throttled":
            self._slack_throttled.labels(method).inc()

    def socket_ended(self, why: str) -> None:
        """A Socket Mode connection was replaced or refused: refreshed, lost, silent, refused."""
        self._socket_ends.labels(why).inc()

    def run_ended(self, record: RunRecord) -> None:
        """A run reached a terminal state."""
        runbook, report = record.request.runbook, record.report
        verdict = report.verdict if report else "none"
        self.runs.labels(runbook, record.state, verdict).inc()
        if record.took is not None:
            self.run_seconds.labels(runbook).observe(record.took)
        if report:
            self.gaps.labels(runbook, record.request.cluster).inc(len(report.gaps))

    def store(self) -> StoreWatch:
        """What to hand to the store."""
        return StoreWatch(self._store_seconds)

    def cluster(self, name: str) -> ClusterWatch:
        """What to hand to the clients of one cluster."""
        return ClusterWatch(name, self._api_seconds, self._exec_seconds)


class StoreWatch:
    """Figures of the store, and since when it is away. Times are monotonic."""

    def __init__(self, answers: Histogram) -> None:
        self._answers = answers
        self.heard_at: float | None = None
        self.away_since: float | None = None

    def answered(self, seconds: float, ok: bool) -> None:
        """A question ended."""
        self._answers.labels("ok" if ok else "unavailable").observe(seconds)
        if ok:
            self.heard_at, self.away_since = time.monotonic(), None
        else:
            self.away_since = self.away_since or time.monotonic()


class ClusterWatch:
    """Figures of one cluster, and when its API server was last heard. Times are monotonic."""

    def __init__(self, name: str, requests: Histogram, execs: Histogram) -> None:
        self.name = name
        self._requests, self._execs = requests, execs
        self.heard_at: float | None = None
        self.unheard_since: float | None = None
        self.trouble = ""

    def requested(self, method: str, seconds: float, outcome: str) -> None:
        """A request ended; a refusal is an answer, too."""
        self._requests.labels(self.name, method, outcome).observe(seconds)
        if outcome not in _UNHEARD:
            self.heard_at, self.unheard_since, self.trouble = time.monotonic(), None, ""
        elif outcome != CANCELLED:
            self.unheard_since = self.unheard_since or time.monotonic()
            self.trouble = outcome

    def executed(self, seconds: float, outcome: str) -> None:
        """A command ended."""
        self._execs.labels(self.name, outcome).observe(seconds)


def watches(metrics: Metrics, clusters: Iterable[str]) -> dict[str, ClusterWatch]:
    """One watch per cluster."""
    return {name: metrics.cluster(name) for name in clusters}
