"""A 401: credentials are read again once, for everyone who was refused with the same ones."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import web

from bot.clients.kubernetes import credentials as credentials_module
from bot.clients.kubernetes.connection import ClusterAddress, Connection, connect
from bot.clients.kubernetes.pod_ref import PodRef
from bot.model.errors import ConfigurationError, Denied
from bot.playground.cluster import SimulatedCluster
from tests.clients.kubernetes.serving import against, serving, using, write_kubeconfig

PATH = "/api/v1/nodes"
SYSTEM = "kube-system"


async def only_new(request: web.BaseRequest) -> web.Response:
    accepted = request.headers.get("Authorization") == "Bearer new"
    return web.Response(text="{}", status=200 if accepted else 401)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[ClusterAddress]:
    """How often credentials were read."""
    times: list[ClusterAddress] = []

    async def counted(address: ClusterAddress) -> Connection:
        times.append(address)
        await asyncio.sleep(0.01)
        return await connect(address)

    monkeypatch.setattr(credentials_module, "connect", counted)
    return times


async def test_expired_credentials_are_renewed_once_for_all(
    tmp_path: Path, read: list[ClusterAddress]
) -> None:
    async with serving(only_new) as served:
        path = write_kubeconfig(tmp_path / "config", served.url, {"tokenFile": "token"})
        (tmp_path / "token").write_text("old")
        async with using(path) as cluster:
            await cluster.api.connection()
            (tmp_path / "token").write_text("new")
            gets = (cluster.api.get(PATH) for _ in range(20))
            assert await asyncio.gather(*gets) == [b"{}"] * 20
        assert len(read) == 2
        assert len(served.requests) == 40


async def test_credentials_that_stay_refused_are_not_read_again_by_each_request(
    tmp_path: Path, read: list[ClusterAddress]
) -> None:
    async with against(only_new, tmp_path) as (cluster, served):
        gets = (cluster.api.get(PATH) for _ in range(20))
        errors = await asyncio.gather(*gets, return_exceptions=True)
        assert {type(error) for error in errors} == {Denied}
        assert "kubectl auth whoami" in str(errors[0])
        assert len(read) == 2
        assert len(served.requests) == 20


async def test_they_are_read_again_later(
    tmp_path: Path, read: list[ClusterAddress], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials_module, "RENEWAL_PAUSE", 0.0)
    async with serving(only_new) as served:
        path = write_kubeconfig(tmp_path / "config", served.url, {"tokenFile": "token"})
        (tmp_path / "token").write_text("old")
        async with using(path) as cluster:
            with pytest.raises(Denied):
                await cluster.api.get(PATH)
            (tmp_path / "token").write_text("new")
            assert await cluster.api.get(PATH) == b"{}"


async def test_a_write_that_was_not_let_in_is_sent_again_with_new_credentials(
    tmp_path: Path,
) -> None:
    async with serving(only_new) as served:
        path = write_kubeconfig(tmp_path / "config", served.url, {"tokenFile": "token"})
        (tmp_path / "token").write_text("old")
        async with using(path) as cluster:
            await cluster.api.connection()
            (tmp_path / "token").write_text("new")
            assert await cluster.api.delete(f"{PATH}/node-1", uid="u") == b"{}"
        assert [request.method for request in served.requests] == ["DELETE", "DELETE"]


async def test_an_exec_renews_them_too(simulated: SimulatedCluster, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("old")
    path = write_kubeconfig(tmp_path / "config", simulated.url, {"tokenFile": "token"})
    agent = next(
        thing.object["metadata"]
        for thing in simulated.objects.all("pods", SYSTEM)
        if thing.name.startswith("cilium-") and "operator" not in thing.name
        and "envoy" not in thing.name
    )  # fmt: skip
    pod = PodRef(SYSTEM, agent["name"], agent["uid"], "node-1")
    argv = ("cilium", "status", "--brief")
    async with using(path) as cluster:
        with pytest.raises(Denied, match="does not accept these credentials"):
            await cluster.pod_exec.run(pod, "cilium-agent", argv)
    async with using(path) as cluster:
        await cluster.api.connection()
        (tmp_path / "token").write_text(simulated.token)
        assert (await cluster.pod_exec.run(pod, "cilium-agent", argv)).exit_code == 0


async def test_a_renewal_that_fails_says_why(tmp_path: Path) -> None:
    async with serving(only_new) as served:
        path = write_kubeconfig(tmp_path / "config", served.url)
        async with using(path) as cluster:
            await cluster.api.connection()
            path.unlink()
            with pytest.raises(Denied, match="cannot be renewed: There is no kubeconfig at"):
                await cluster.api.get(PATH)


async def test_credentials_that_cannot_be_read_are_not_asked_for_by_each_request(
    tmp_path: Path, read: list[ClusterAddress]
) -> None:
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-login"}
    path = write_kubeconfig(tmp_path / "config", "https://a.test", {"exec": plugin})
    async with using(path) as cluster:
        gets = (cluster.api.get(PATH) for _ in range(20))
        errors = await asyncio.gather(*gets, return_exceptions=True)
    assert {type(error) for error in errors} == {ConfigurationError}
    assert all("no-such-login cannot be started" in str(error) for error in errors)
    assert len(read) == 1


async def test_a_renewal_that_fails_is_not_tried_by_each_request(
    tmp_path: Path, read: list[ClusterAddress]
) -> None:
    async with serving(only_new) as served:
        path = write_kubeconfig(tmp_path / "config", served.url)
        async with using(path) as cluster:
            await cluster.api.connection()
            removed(path)
            gets = (cluster.api.get(PATH) for _ in range(20))
            errors = await asyncio.gather(*gets, return_exceptions=True)
    assert {type(error) for error in errors} == {Denied}
    assert len(read) == 2


def removed(path: Path) -> None:
    path.unlink()
