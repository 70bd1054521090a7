"""Writes: preconditions hold, dry runs change nothing, and nothing is ever sent twice."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from bot.clients.cluster import Cluster
from bot.model.errors import ClientError, Conflict, NotFound, Refused, Throttled, Unreachable
from bot.playground.cluster import SimulatedCluster
from tests.clients.kubernetes.serving import against, answering, text

MAPS = "/api/v1/namespaces/default/configmaps"
ONE = f"{MAPS}/settings"


def settings(**data: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings"},
        "data": data,
    }


async def created(cluster: Cluster) -> dict[str, Any]:
    """The metadata of a fresh ConfigMap."""
    answer = msgspec.json.decode(await cluster.api.create(MAPS, settings(a="1")))
    metadata: dict[str, Any] = answer["metadata"]
    return metadata


def stored(simulated: SimulatedCluster) -> dict[str, str] | None:
    """Its data, or None when it does not exist."""
    found = simulated.objects.find("configmaps", "settings", "default")
    return found.object["data"] if found else None


def effective(simulated: SimulatedCluster) -> list[str]:
    return [change.verb for change in simulated.ledger if change.effective]


async def test_creating_what_exists_is_a_conflict(
    simulated: SimulatedCluster, cluster: Cluster
) -> None:
    await created(cluster)
    with pytest.raises(Conflict, match='configmaps "settings" already exists'):
        await cluster.api.create(MAPS, settings(a="2"))
    assert stored(simulated) == {"a": "1"}
    assert effective(simulated) == ["create"]


async def test_an_unknown_field_is_refused(simulated: SimulatedCluster, cluster: Cluster) -> None:
    with pytest.raises(Refused, match="unknown field"):
        await cluster.api.create(MAPS, {**settings(), "dtaa": {"a": "1"}})
    assert stored(simulated) is None
    metadata = await created(cluster)
    with pytest.raises(Refused, match="unknown field"):
        await cluster.api.patch(ONE, {"dtaa": {}}, resource_version=metadata["resourceVersion"])
    assert effective(simulated) == ["create"]


async def test_a_patch_merges_into_the_version_that_was_read(
    simulated: SimulatedCluster, cluster: Cluster
) -> None:
    version = (await created(cluster))["resourceVersion"]
    changes = {"metadata": {"labels": {"x": "y"}}, "data": {"b": "2"}}
    await cluster.api.patch(ONE, changes, resource_version=version)
    assert stored(simulated) == {"a": "1", "b": "2"}
    with pytest.raises(Conflict, match="the object has been modified"):
        await cluster.api.patch(ONE, {"data": {"c": "3"}}, resource_version=version)
    assert stored(simulated) == {"a": "1", "b": "2"}
    assert effective(simulated) == ["create", "patch"]
    assert changes["metadata"] == {"labels": {"x": "y"}}


async def test_deleting_what_was_replaced_deletes_nothing(
    simulated: SimulatedCluster, cluster: Cluster
) -> None:
    uid = (await created(cluster))["uid"]
    with pytest.raises(Conflict, match="does not match the UID in record"):
        await cluster.api.delete(ONE, uid="00000000-0000-0000-0000-000000000000")
    assert stored(simulated) == {"a": "1"}
    await cluster.api.delete(ONE, uid=uid)
    assert stored(simulated) is None
    with pytest.raises(NotFound, match='configmaps "settings" not found'):
        await cluster.api.delete(ONE, uid=uid)
    codes = [(change.verb, change.code) for change in simulated.ledger]
    assert codes == [("create", 201), ("delete", 409), ("delete", 200), ("delete", 404)]


async def test_a_dry_run_changes_nothing(simulated: SimulatedCluster, cluster: Cluster) -> None:
    await cluster.api.create(MAPS, settings(a="1"), dry_run=True)
    assert stored(simulated) is None
    metadata = await created(cluster)
    version, uid = metadata["resourceVersion"], metadata["uid"]
    await cluster.api.patch(ONE, {"data": {"a": "2"}}, resource_version=version, dry_run=True)
    await cluster.api.delete(ONE, uid=uid, dry_run=True)
    assert stored(simulated) == {"a": "1"}
    assert effective(simulated) == ["create"]
    with pytest.raises(Conflict):
        await cluster.api.delete(ONE, uid="another", dry_run=True)


async def written(cluster: Cluster, method: str) -> bytes:
    match method:
        case "POST":
            return await cluster.api.create(MAPS, settings())
        case "PATCH":
            return await cluster.api.patch(ONE, {}, resource_version="7")
        case _:
            return await cluster.api.delete(ONE, uid="u")


METHODS = ["POST", "PATCH", "DELETE"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("status", "kind"), [(429, Throttled), (500, Unreachable), (503, Unreachable)]
)
async def test_a_refused_write_is_not_sent_again(
    tmp_path: Path, method: str, status: int, kind: type[ClientError]
) -> None:
    handler = answering(text("no", status, Retry_After="0"))
    async with against(handler, tmp_path) as (cluster, served):
        with pytest.raises(kind):
            await written(cluster, method)
        assert [request.method for request in served.requests] == [method]


@pytest.mark.parametrize("reused", [False, True], ids=["fresh", "kept-alive"])
@pytest.mark.parametrize("method", METHODS)
async def test_a_write_whose_answer_is_lost_is_not_sent_again(
    tmp_path: Path, method: str, reused: bool
) -> None:
    async def losing(request: web.BaseRequest) -> web.Response:
        if request.method != "GET":
            await request.read()
            assert request.transport is not None
            request.transport.abort()
        return web.Response(text="{}")

    async with against(losing, tmp_path) as (cluster, served):
        if reused:
            await cluster.api.get(ONE)
        with pytest.raises(Unreachable, match="broke before the answer came") as caught:
            await written(cluster, method)
        assert "Whether the change took effect is not known" in caught.value.hint
        assert [r.method for r in served.requests if r.method != "GET"] == [method]


async def test_a_delete_whose_answer_is_lost_reaches_the_cluster_once(
    simulated: SimulatedCluster, cluster: Cluster
) -> None:
    uid = (await created(cluster))["uid"]
    simulated.inject("api-reply-lost", count=2)
    with pytest.raises(Unreachable):
        await cluster.api.delete(ONE, uid=uid)
    assert [change.verb for change in simulated.ledger] == ["create", "delete"]


async def test_a_write_to_a_server_that_is_not_there_changed_nothing(
    simulated: SimulatedCluster, cluster: Cluster
) -> None:
    await cluster.api.get(MAPS)
    simulated.inject("api-down")
    await asyncio.sleep(0.05)  # until the pool has noticed that its connections are gone
    with pytest.raises(Unreachable, match="cannot be reached") as caught:
        await cluster.api.delete(ONE, uid="u")
    assert "not known" not in caught.value.hint
    simulated.clear_all()
    await simulated.settle()
    assert simulated.ledger == []
