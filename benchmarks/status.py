"""``status`` at 500 and 1,000 simulated nodes: how much faster than asking one agent at a time.

    make bench                      # or: python -m benchmarks.status --nodes 500 --nodes 1000

Baseline: the same client with one request and one exec in flight, as a shell loop works. It is
timed on 50 nodes and scaled by their number, since nobody would wait for a thousand. Every
measurement runs in a fresh process against a simulator in a process of its own; the simulator adds
the printed latency to each exec. Requests are counted by the simulator.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import httpx

EXEC_LATENCY = 0.2
BASELINE_NODES = 50
REPEATS = 3


@click.command()
@click.option("--nodes", multiple=True, type=int, default=(500, 1000), show_default=True)
@click.option("--measure", hidden=True, help="One measurement in this process, as JSON.")
@click.option("--kubeconfig", hidden=True)
def main(nodes: tuple[int, ...], measure: str | None, kubeconfig: str) -> None:
    """Print the figures, or take one measurement."""
    if measure is not None:
        click.echo(json.dumps(asyncio.run(_measure(measure, Path(kubeconfig)))))
        return
    with _simulated(BASELINE_NODES) as cluster:
        baseline = cluster.run("one-by-one")["seconds"] / BASELINE_NODES
    click.echo(f"exec latency {EXEC_LATENCY * 1000:.0f} ms; best of {REPEATS}")
    click.echo(f"baseline: one at a time, {BASELINE_NODES} nodes: {baseline:.3f} s a node\n")
    click.echo("nodes  run     seconds  requests  execs  at once  peak MB  against")
    for size in nodes:
        _compare(size, baseline * size)


def _compare(size: int, one_by_one: float) -> None:
    with _simulated(size) as cluster:
        deep = min((cluster.run("deep") for _ in range(REPEATS)), key=lambda run: run["seconds"])
        quick = min((cluster.run("quick") for _ in range(REPEATS)), key=lambda run: run["seconds"])
    _print(
        size,
        "deep",
        deep,
        f"one at a time ({one_by_one:.0f} s): {one_by_one / deep['seconds']:.1f}x",
    )
    _print(size, "quick", quick, f"deep: {deep['seconds'] / quick['seconds']:.1f}x")


def _print(size: int, name: str, run: dict[str, Any], against: str) -> None:
    click.echo(
        f"{size:>5}  {name:<6} {run['seconds']:>7.2f} {run['requests']:>9} {run['execs']:>6} "
        f"{run['at_once']:>8} {run['peak_mb']:>8.0f}  {against}"
    )


class _Cluster:
    """A running simulator, and measurements against it."""

    def __init__(self, ready: dict[str, str]) -> None:
        self._kubeconfig = ready["kubeconfig"]
        headers = {"Authorization": f"Bearer {ready['token']}"}
        self._client = httpx.Client(base_url=ready["server"], headers=headers, timeout=30)

    def run(self, name: str) -> dict[str, Any]:
        """One measurement in a fresh process, with what the simulator counted meanwhile."""
        before = self._counted()
        command = [sys.executable, "-m", "benchmarks.status", "--measure", name]
        command += ["--kubeconfig", self._kubeconfig]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
        measured: dict[str, Any] = json.loads(done.stdout)
        after = self._counted()
        return {
            **measured,
            "requests": after["requests"] - before["requests"],
            "execs": after["execs"] - before["execs"],
            "at_once": after["execs_in_flight_peak"],
        }

    def _counted(self) -> dict[str, int]:
        counted: dict[str, int] = self._client.get("/playground/counters").json()
        return counted


@contextmanager
def _simulated(nodes: int) -> Iterator[_Cluster]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bot.playground.cluster", "--nodes", str(nodes)]
        command += ["--exec-latency-ms", str(round(EXEC_LATENCY * 1000))]
        command += ["--kubeconfig", str(Path(folder) / "kubeconfig"), "--die-with-parent"]
        process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        try:
            yield _Cluster(json.loads(process.stdout.readline()))
        finally:
            process.terminate()
            process.communicate()


async def _measure(name: str, kubeconfig: Path) -> dict[str, Any]:
    """Seconds of one run, from its start to its report, and this process's peak memory."""
    from bot.app import build_executor, close
    from bot.clients.kubernetes.connection import ClusterAddress
    from bot.engine.grammar import parse
    from bot.model.run import Door, Requester
    from bot.settings import Limits

    limits = Limits(deep_deadline=600.0)
    if name == "one-by-one":
        limits = Limits(deep_deadline=600.0, execs_in_flight=1, api_requests_in_flight=1)
    executor = build_executor({"bench": (ClusterAddress(kubeconfig), "kube-system")}, limits)
    await executor.clusters["bench"].api.connection()  # imports and credentials are paid once
    words = ["status"] if name == "quick" else ["status", "--deep"]
    command = parse(executor.registry, words)
    requester = Requester(door=Door.TERMINAL, id="bench")
    record = await executor.start_here(command, "bench", requester, _Silent())
    await close(executor)
    assert record.report is not None, record.error
    assert record.started_at is not None
    assert record.finished_at is not None
    return {
        "seconds": (record.finished_at - record.started_at).total_seconds(),
        "verdict": record.report.verdict,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


class _Silent:
    async def refused(self, error: Exception) -> None:
        raise error

    async def started(self, record: object) -> None: ...

    def progressed(self, record: object, progress: object) -> None: ...

    async def finished(self, record: object) -> None: ...


if __name__ == "__main__":
    main()
