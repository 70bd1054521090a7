"""``python -m bot.playground.cluster``: serve a simulated cluster until told to stop."""

from __future__ import annotations

import asyncio
import ctypes
import json
import logging
import os
import signal
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import click

from .simulation import SimulatedCluster

PR_SET_PDEATHSIG = 1


@click.command()
@click.option("--nodes", default=12, show_default=True, help="Number of nodes.")
@click.option("--port", default=0, show_default=True, help="Port on 127.0.0.1; 0 is a free one.")
@click.option("--cilium", default="1.18.6", show_default=True, help="Cilium version.")
@click.option("--exec-latency-ms", default=0, show_default=True, help="Duration of every exec.")
@click.option("--time-scale", default=1.0, show_default=True, help="Divides every duration.")
@click.option("--workload-pods-per-node", default=4, show_default=True, help="Application pods.")
@click.option("--kubeconfig", type=click.Path(path_type=Path), help="Where to write it.")
@click.option("--no-agent-metrics", is_flag=True, help="Agents serve no metrics.")
@click.option("--die-with-parent", is_flag=True, help="Stop when the parent process ends.")
def main(
    nodes: int,
    port: int,
    cilium: str,
    exec_latency_ms: int,
    time_scale: float,
    workload_pods_per_node: int,
    kubeconfig: Path | None,
    no_agent_metrics: bool,
    die_with_parent: bool,
) -> None:
    """Serve a simulated Cilium cluster; prints one JSON line when it is ready."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    if die_with_parent:
        _ask_kernel_for_end()
    try:
        cluster = SimulatedCluster(
            nodes,
            workload_pods_per_node,
            cilium,
            exec_latency=exec_latency_ms / 1000,
            time_scale=time_scale,
            agent_metrics=not no_agent_metrics,
            port=port,
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    asyncio.run(_serve(cluster, kubeconfig, die_with_parent=die_with_parent))


async def _serve(
    cluster: SimulatedCluster, kubeconfig: Path | None, *, die_with_parent: bool
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stop.set)
    if die_with_parent:
        _watch_stdin(loop, stop)
    async with cluster:
        with tempfile.TemporaryDirectory(prefix="cilium-playground-") as folder:
            path = cluster.write_kubeconfig(kubeconfig or Path(folder) / "kubeconfig")
            kubectl = cluster.write_kubeconfig(Path(folder) / "kubectl", for_kubectl=True)
            ready = {
                "server": cluster.url,
                "token": cluster.token,
                "kubeconfig": str(path),
                "kubectl": str(kubectl),
            }
            sys.stdout.write(json.dumps(ready) + "\n")
            sys.stdout.flush()
            await stop.wait()


def _ask_kernel_for_end() -> None:
    """Linux sends SIGTERM when the parent dies; elsewhere only stdin's end tells."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Stop when stdin closes; a stdin that cannot be watched (a file) is left alone."""
    number = sys.stdin.fileno()

    def readable() -> None:
        if not os.read(number, 4096):
            loop.remove_reader(number)
            stop.set()

    with suppress(PermissionError, OSError):
        loop.add_reader(number, readable)


if __name__ == "__main__":
    main()
