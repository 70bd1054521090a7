"""Clients against a simulated cluster, retries without long pauses, and a watch for leaks."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.clients.cluster import Cluster
from bot.clients.kubernetes import api as api_module
from bot.clients.kubernetes.pod_ref import PodRef
from bot.playground.cluster import SimulatedCluster
from tests.clients.kubernetes.certificates import Certificates
from tests.clients.kubernetes.serving import using

SYSTEM = "kube-system"


@pytest.fixture(autouse=True)
async def nothing_left_behind() -> AsyncIterator[None]:
    """Every test ends without a task of its own, an open session or an open socket."""
    gc.freeze()  # what is there already is not looked at: a collection takes 1 ms instead of 80
    yield
    await asyncio.sleep(0)
    gc.collect()  # an unclosed session or transport warns when it is collected: an error here
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    assert left == []


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back-off in hundredths of a second."""
    monkeypatch.setattr(api_module, "FIRST_PAUSE", 0.01)


@pytest.fixture
async def simulated(nothing_left_behind: None) -> AsyncIterator[SimulatedCluster]:
    """Three nodes on which everything happens a hundred times as fast."""
    async with SimulatedCluster(3, time_scale=100) as cluster:
        yield cluster


@pytest.fixture
async def cluster(simulated: SimulatedCluster, tmp_path: Path) -> AsyncIterator[Cluster]:
    """The administrator's clients of the simulated cluster."""
    async with using(simulated.write_kubeconfig(tmp_path / "admin")) as clients:
        yield clients


@pytest.fixture
async def agent(cluster: Cluster) -> PodRef:
    """The agent on node-1."""
    pods = await cluster.reads.pods(SYSTEM, "k8s-app=cilium", node="node-1")
    return PodRef.of(pods.items[0])


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """A certificate authority and what it signed."""
    return Certificates.made_in(tmp_path_factory.mktemp("certificates"))
