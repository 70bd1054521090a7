"""What /metrics, /healthz and /readyz say of a bot between a simulated cluster and Slack."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from bot.model.errors import Denied, StoreUnavailable, Throttled, TimedOut
from bot.model.outcome import timed
from bot.observability.health import LoopLag, cluster_line
from bot.observability.metrics import Metrics
from bot.store.connection import RESTING
from tests.running_bot import Running, running_bot


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with running_bot(tmp_path) as bot:
        yield bot


async def test_a_run_is_counted_with_everything_it_took(running: Running) -> None:
    running.workspace.throttle("chat.postMessage", retry_after=1)
    await running.workspace.command("/cilium", "status")
    await running.workspace.wait_for(lambda seen: any("✅ OK" in m.text for m in seen if m.bot))
    figure = running.figure
    assert await figure("cilium_oncall_runs_total", runbook="status", verdict="ok") == 1
    assert await figure("cilium_oncall_run_seconds_count", runbook="status") == 1
    assert await figure("cilium_oncall_exec_seconds_count", cluster="lab", outcome="ok") >= 3
    assert await figure("cilium_oncall_api_request_seconds_count", cluster="lab", method="GET") > 5
    assert await figure("cilium_oncall_ack_seconds_count") == 1
    posted = {"method": "chat.postMessage", "outcome": "ok"}
    assert await figure("cilium_oncall_slack_call_seconds_count", **posted) >= 1
    assert await figure("cilium_oncall_slack_throttled_total", method="chat.postMessage") == 1
    async with asyncio.timeout(5):  # what was shown is crossed off a moment later
        while await figure("cilium_oncall_outbox_entries"):
            await asyncio.sleep(0.05)
    _, body = await running.get("/metrics")
    assert "process_cpu_seconds_total" in body
    assert "node-" not in body


async def test_healthz_says_how_late_the_loop_is(running: Running) -> None:
    status, body = await running.get("/healthz")
    assert status == 200
    said = msgspec.json.decode(body)
    assert said["alive"] is True
    assert said["loop_lag_seconds"] >= 0


async def test_readyz_names_a_silent_cluster_and_stays_ready(running: Running) -> None:
    status, parts = await running.parts()
    assert (status, parts["cluster lab"]["why"]) == (200, "not asked yet")
    reads = running.bot.executor.clusters["lab"].reads
    await reads.nodes()
    _, parts = await running.parts()
    assert parts["cluster lab"]["ok"] is True
    assert "ago" in parts["cluster lab"]["why"]


async def test_readyz_is_unready_once_the_outbox_is_closed_or_full(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await running.parts())[0] == 200
    monkeypatch.setattr(running.bot.door.outbox, "_most", 0)
    status, parts = await running.parts()
    assert status == 503
    assert parts["slack outbox"]["why"].startswith("full")
    monkeypatch.undo()
    running.bot.door.outbox.closed = True
    status, parts = await running.parts()
    assert (status, parts["slack outbox"]["ok"]) == (503, False)
    assert parts["cluster lab"]["required"] is False


async def test_a_store_that_is_away_is_told_and_nothing_becomes_unready(
    running: Running,
) -> None:
    await running.bot.store.store.ping()
    assert await running.figure("cilium_oncall_store_seconds_count", outcome="ok") > 0
    embedded = running.bot.store.embedded
    assert embedded is not None
    await embedded.stop()
    with suppress(StoreUnavailable):
        await running.bot.store.store.ping()
    status, parts = await running.parts()
    assert (status, parts["store"]["ok"]) == (200, False)
    assert "not recorded" in parts["store"]["why"]
    assert await running.figure("cilium_oncall_store_seconds_count", outcome="unavailable") > 0
    await embedded.start()
    await asyncio.sleep(RESTING)
    await running.bot.store.store.ping()
    assert (await running.parts())[1]["store"]["ok"] is True


def test_a_refusal_counts_as_heard_and_silence_since_its_first() -> None:
    watch = Metrics().cluster("lab")
    watch.requested("GET", 0.1, "denied")
    assert cluster_line(watch).ok
    watch.requested("GET", 10.0, "timedout")
    watch.requested("GET", 10.0, "unreachable")
    line = cluster_line(watch)
    assert not line.ok
    assert not line.required
    assert line.why.startswith("unreachable for")
    watch.requested("GET", 0.1, "ok")
    assert cluster_line(watch).ok


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "ok"),
        (Denied("no"), "denied"),
        (TimedOut("late"), "timedout"),
        (Throttled("wait"), "throttled"),
        (ValueError("a bug"), "broken"),
        (asyncio.CancelledError(), "cancelled"),
    ],
)
def test_outcomes_are_a_closed_list(error: BaseException | None, outcome: str) -> None:
    told: list[str] = []
    with suppress(Exception, asyncio.CancelledError), timed(lambda _, end: told.append(end)):
        if error is not None:
            raise error
    assert told == [outcome]


async def test_a_blocked_loop_shows() -> None:
    lag = LoopLag()
    lag.start()
    await asyncio.sleep(0.3)
    time.sleep(0.6)  # noqa: ASYNC251  this is the blocking that is to be seen
    await asyncio.sleep(0.1)
    await lag.stop()
    assert lag.seconds > 0.2
