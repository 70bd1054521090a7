"""Upgrades and rollbacks: what they leave in the release and in the cluster."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from bot.clients.helm.arguments import Chart
from bot.clients.helm.names import FIELD_MANAGER, ChartVersion, ReleaseName
from bot.clients.helm.release import ReleaseState, Revision
from bot.model.errors import Conflict, NotFound, Refused, Unreachable
from tests.clients.helm.contract.conftest import CILIUM, Bench

S, D, F = ReleaseState.SUPERSEDED, ReleaseState.DEPLOYED, ReleaseState.FAILED


async def states(bench: Bench) -> list[tuple[int, ReleaseState, str]]:
    return [(r.number, r.state, r.chart_version) for r in await bench.releases.history(CILIUM)]


async def values(bench: Bench) -> dict[str, object]:
    return dict((await bench.releases.history(CILIUM))[-1].values)


async def upgrade(bench: Bench, version: str, over: dict[str, object], **options: bool) -> Revision:
    given = {**(await values(bench)), **over}
    return await bench.helm.upgrade(
        CILIUM, bench.offered(version), given, description="a test", **options
    )


async def test_an_upgrade_and_the_way_back(bench: Bench) -> None:
    made = await upgrade(bench, "1.19.1", {"debug": {"enabled": True}})
    assert (made.number, made.state, made.chart_version) == (4, D, "1.19.1")
    assert await states(bench) == [(1, S, "1.18.5"), (2, S, "1.18.6"), (3, S, "1.18.6"),
                                   (4, D, "1.19.1")]  # fmt: skip
    assert (await bench.releases.history(CILIUM))[-1].description == "cilium-oncall: a test"
    assert bench.config()["debug"] == "true"
    assert bench.agent_images() == {"quay.io/cilium/cilium:v1.19.1"}

    await bench.helm.rollback(CILIUM, 3)
    newest = (await bench.releases.history(CILIUM))[-1]
    assert (newest.number, newest.state, newest.description) == (5, D, "Rollback to 3")
    assert newest.chart_version == "1.18.6"
    assert bench.config()["debug"] == "false"
    assert bench.agent_images() == {"quay.io/cilium/cilium:v1.18.6"}
    daemonset = bench.simulated.objects.get("daemonsets", "cilium", "kube-system")
    (container,) = daemonset["spec"]["template"]["spec"]["containers"]
    assert [port["containerPort"] for port in container["ports"]] == [9962]
    managers = {
        entry["manager"]
        for entry in daemonset["metadata"]["managedFields"]
        if entry.get("subresource") != "status"
    }
    assert managers == {FIELD_MANAGER}


async def test_a_dry_run_changes_nothing(bench: Bench) -> None:
    before = len([one for one in bench.simulated.ledger if one.effective])
    made = await upgrade(bench, "1.19.1", {}, dry_run=True)
    assert (made.number, made.state.pending) == (4, True) or made.number == 3
    assert "v1.19.1" in made.manifest
    await bench.helm.rollback(CILIUM, 1, dry_run=True)
    assert len([one for one in bench.simulated.ledger if one.effective]) == before
    assert (await states(bench))[-1] == (3, D, "1.18.6")


async def test_an_empty_values_file_means_empty(bench: Bench) -> None:
    await upgrade(bench, "1.18.6", {"debug": {"enabled": True}})
    await bench.helm.upgrade(CILIUM, bench.offered("1.18.6"), {}, description="all defaults")
    assert await values(bench) == {}
    assert bench.config()["debug"] == "false"


async def test_what_is_not_there_is_told_before_anything_is_sent(bench: Bench) -> None:
    absent = ReleaseName("kube-system", "cilum")
    with pytest.raises(NotFound):
        await bench.helm.upgrade(absent, bench.offered("1.18.6"), {}, description="x")
    with pytest.raises(NotFound, match="no such revision"):
        await bench.helm.rollback(CILIUM, 9)
    with pytest.raises(NotFound, match="that version"):
        await upgrade(bench, "1.18.99", {})
    other = Chart(bench.chart("1.18.6").reference, ChartVersion.of("1.19.1"))
    with pytest.raises(NotFound, match=r"holds version 1\.18\.6, not 1\.19\.1"):
        await bench.helm.upgrade(CILIUM, other, {}, description="x")
    assert bench.simulated.ledger == []


async def test_a_repository_that_is_away(bench: Bench) -> None:
    away = Chart("cilium", ChartVersion.of("1.18.6"), "http://127.0.0.1:9")
    with pytest.raises(Unreachable, match="repository cannot be reached"):
        await bench.helm.upgrade(CILIUM, away, {}, description="x")
    await bench.helm.rollback(CILIUM, 2)
    assert (await states(bench))[-1] == (4, D, "1.18.6")


async def test_values_that_the_chart_refuses(bench: Bench) -> None:
    with pytest.raises(Refused, match="tunnel was deprecated"):
        await upgrade(bench, "1.18.6", {"tunnel": "vxlan"})
    assert (await states(bench))[-1] == (3, D, "1.18.6")


async def test_fields_that_somebody_else_owns(bench: Bench) -> None:
    path = "/api/v1/namespaces/kube-system/configmaps/cilium-config"
    config = await bench.cluster.reads.config_map("kube-system", "cilium-config")
    await bench.cluster.api.patch(
        path, {"data": {"debug": "true"}}, resource_version=config.metadata.resource_version
    )
    with pytest.raises(Conflict, match="belong to somebody else"):
        await upgrade(bench, "1.18.6", {"debug": {"enabled": False}, "l7Proxy": False})
    assert (await states(bench))[-2:] == [(3, D, "1.18.6"), (4, F, "1.18.6")]


async def test_the_api_server_is_away(bench: Bench) -> None:
    bench.simulated.inject("api-down")
    await bench.simulated.settle()
    started = children()
    with pytest.raises(Unreachable, match="API server"):
        await bench.helm.rollback(CILIUM, 2)
    assert children() == started


async def test_killed_in_the_middle_it_stays_pending_until_it_is_rolled_back(bench: Bench) -> None:
    bench.simulated.inject("api-slow", seconds=0.1)
    given = await values(bench)
    changing = asyncio.create_task(
        bench.helm.upgrade(CILIUM, bench.offered("1.19.1"), given, description="to be killed")
    )
    while not any(one.resource == "secrets" and one.effective for one in bench.simulated.ledger):
        await asyncio.sleep(0.02)
    (helm,) = [pid for pid in children() if "upgrade" in command_of(pid)]
    os.kill(helm, signal.SIGKILL)
    with pytest.raises(Unreachable, match="killed"):
        await changing
    bench.simulated.clear_all()

    newest = (await bench.releases.history(CILIUM))[-1]
    assert (newest.number, newest.state) == (4, ReleaseState.PENDING_UPGRADE)
    with pytest.raises(Conflict, match="another operation"):
        await upgrade(bench, "1.19.1", {})
    await bench.helm.rollback(CILIUM, 3)
    found = await states(bench)
    assert found[-1] == (5, D, "1.18.6")
    assert [state for _, state, _ in found].count(D) == 1
    assert bench.agent_images() == {"quay.io/cilium/cilium:v1.18.6"}


def children() -> list[int]:
    with open(f"/proc/self/task/{os.getpid()}/children") as file:  # noqa: PTH123
        return [int(pid) for pid in file.read().split()]


def command_of(pid: int) -> str:
    with open(f"/proc/{pid}/cmdline", "rb") as file:  # noqa: PTH123
        return file.read().replace(b"\0", b" ").decode()
