"""Faults in the middle of a change: the answer is lost, the server dies, somebody was faster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.playground.cluster import SimulatedCluster

from .conftest import SYSTEM, Client

NODE = "/api/v1/nodes/node-1"
MAPS = "/api/v1/namespaces/default/configmaps"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
CORDON = {"spec": {"unschedulable": True}}


@pytest.fixture
async def once(cluster: SimulatedCluster) -> AsyncIterator[Client]:
    """A client that sends nothing twice: by itself aiohttp repeats a PUT or DELETE that got no
    answer."""
    async with aiohttp.ClientSession() as session:
        session._retry_connection = False
        yield Client(cluster, session)


async def back(api: Client) -> None:
    """Wait until the API server answers again."""
    for _ in range(200):
        try:
            await api.get("/version")
        except aiohttp.ClientConnectionError:
            await asyncio.sleep(0.01)
        else:
            return
    pytest.fail("it did not come back")


class Writes:
    """One write of each kind that a change makes, against objects that stand ready."""

    def __init__(self, api: Client) -> None:
        self._api = api

    async def prepare(self) -> None:
        _, self.lease = await self._api.call(
            "POST", LEASES, {"metadata": {"name": "lock"}, "spec": {"holderIdentity": "a"}}
        )
        self.pod = await self._api.agent("node-7")

    async def __call__(self, verb: str) -> tuple[int, Any]:
        pod = f"{SYSTEM}/pods/{self.pod['metadata']['name']}"
        preconditions = {"preconditions": {"uid": self.pod["metadata"]["uid"]}}
        match verb:
            case "DELETE":
                return await self._api.call("DELETE", pod, preconditions)
            case "PATCH":
                return await self._api.patch(NODE, CORDON)
            case "PUT":
                renewed = self.lease | {"spec": {"holderIdentity": "b"}}
                return await self._api.call("PUT", f"{LEASES}/lock", renewed)
            case "POST":
                return await self._api.call("POST", LEASES, {"metadata": {"name": "second"}})
            case _:
                body = {"metadata": {"name": pod}, "deleteOptions": preconditions}
                return await self._api.call("POST", f"{pod}/eviction", body)


EVERY_WRITE = ["DELETE", "PATCH", "PUT", "POST", "eviction"]


@pytest.fixture
async def write(once: Client) -> Writes:
    writes = Writes(once)
    await writes.prepare()
    return writes


@pytest.mark.parametrize("verb", EVERY_WRITE)
async def test_a_reply_is_lost_after_any_effect(
    cluster: SimulatedCluster, write: Writes, verb: str
) -> None:
    cluster.inject("api-reply-lost")
    before = len(cluster.ledger)

    with pytest.raises(aiohttp.ClientConnectionError):
        await write(verb)

    (entry,) = cluster.ledger[before:]
    assert (entry.effective, entry.reply_lost) == (True, True)
    assert cluster.faults == []  # it has struck as often as it was to
    await write(verb)  # whatever it says now, it is said
    assert not cluster.ledger[-1].reply_lost


@pytest.mark.parametrize("verb", EVERY_WRITE)
async def test_nothing_happens_while_the_api_is_down(
    cluster: SimulatedCluster, write: Writes, verb: str
) -> None:
    fault = cluster.inject("api-down")
    before, version = len(cluster.ledger), cluster.objects.version
    with pytest.raises(aiohttp.ClientConnectionError):
        await write(verb)
    changed = [
        one for one in cluster.objects.collection("leases").since(version)
        if one.last.name != "cilium-operator-resource-lock"
    ]  # fmt: skip
    assert changed == []
    assert len(cluster.ledger) == before

    cluster.clear(fault.id)
    await cluster.settle()
    assert (await write(verb))[0] in (200, 201)


@pytest.mark.parametrize("verb", EVERY_WRITE)
@pytest.mark.parametrize("effect", ["applied", "none"])
async def test_the_server_dies_at_a_write_and_comes_back(
    cluster: SimulatedCluster, once: Client, write: Writes, verb: str, effect: str
) -> None:
    url, before = cluster.url, len(cluster.ledger)
    cluster.inject("api-dies-after", writes=1, effect=effect, seconds=0.2)

    with pytest.raises(aiohttp.ClientConnectionError):
        await write(verb)
    with pytest.raises(aiohttp.ClientConnectionError):
        await once.get("/version")
    (entry,) = cluster.ledger[before:]
    assert (entry.effective, entry.reply_lost) == (effect == "applied", True)
    assert (entry.code == 0) is (effect == "none")

    await back(once)
    assert (cluster.url, cluster.faults) == (url, [])
    assert (await once.patch(NODE, {"metadata": {"labels": {"a": "b"}}}))[0] == 200


async def test_the_nth_write_is_counted_by_its_effect(
    cluster: SimulatedCluster, once: Client
) -> None:
    cluster.inject("api-dies-after", writes=2, seconds=0.05)

    await once.patch(f"{NODE}?dryRun=All", CORDON)
    await once.patch(NODE, {"metadata": {"resourceVersion": "1"}} | CORDON)  # refused
    await once.patch(NODE, CORDON)
    await once.patch(NODE, CORDON)  # changes nothing
    with pytest.raises(aiohttp.ClientConnectionError):
        await once.patch(NODE, {"spec": {"unschedulable": None}})

    await back(once)
    assert [one.effective for one in cluster.ledger] == [False, False, True, False, True]


async def test_it_can_die_at_a_read_and_ends_every_watch(
    cluster: SimulatedCluster, api: Client, once: Client
) -> None:
    headers = {"Authorization": f"Bearer {api.token}"}
    watch = await api.session.get(f"{cluster.url}/api/v1/nodes?watch=1", headers=headers)
    cluster.inject("api-dies-after", requests=2, seconds=0.05)

    await once.get("/api/v1/nodes")
    with pytest.raises(aiohttp.ClientConnectionError):
        await once.get("/api/v1/nodes")

    with pytest.raises(aiohttp.ClientError):
        await watch.read()
    await back(once)


async def test_two_outages_end_with_the_longer_one(cluster: SimulatedCluster, once: Client) -> None:
    down = cluster.inject("api-down")
    dying = cluster.inject("api-dies-after", seconds=60)
    cluster.clear(dying.id)
    with pytest.raises(aiohttp.ClientConnectionError):
        await once.get("/version")
    cluster.clear(down.id)
    await back(once)

    for _ in range(3):  # again and again, with nobody waiting in between
        cluster.clear(cluster.inject("api-down").id)
    await back(once)


async def test_clearing_a_death_brings_the_server_back(
    cluster: SimulatedCluster, once: Client
) -> None:
    fault = cluster.inject("api-dies-after", seconds=60)
    with pytest.raises(aiohttp.ClientConnectionError):
        await once.patch(NODE, CORDON)

    cluster.clear(fault.id)
    await back(once)


async def test_another_writer_was_faster(cluster: SimulatedCluster, api: Client) -> None:
    cluster.inject("write-conflict", count=2)
    await api.patch(NODE, {"metadata": {"labels": {"any": "version"}}})  # insists on none
    for _ in range(2):
        _, node = await api.get(NODE)
        version = node["metadata"]["resourceVersion"]
        asked = {"metadata": {"resourceVersion": version}} | CORDON
        assert (await api.patch(f"{NODE}?dryRun=All", asked))[0] == 200
        status, body = await api.patch(NODE, asked)
        assert (status, body["reason"]) == (409, "Conflict")
        _, node = await api.get(NODE)
        assert node["metadata"]["resourceVersion"] != version
        assert "unschedulable" not in node["spec"]

    assert cluster.faults == []
    version = node["metadata"]["resourceVersion"]
    assert (await api.patch(NODE, {"metadata": {"resourceVersion": version}} | CORDON))[0] == 200
    assert node["metadata"]["annotations"]["inventory.example.com/seen"] == "2"
    managers = {entry["manager"] for entry in node["metadata"]["managedFields"]}
    assert "inventory" in managers
    others = [one for one in cluster.ledger if one.user != "kubernetes-admin"]
    assert [(one.user, one.verb, one.effective) for one in others] == [
        ("system:serviceaccount:inventory:inventory", "patch", True)
    ] * 2


async def test_conflicts_can_be_aimed_at_one_resource(
    cluster: SimulatedCluster, api: Client
) -> None:
    _, lease = await api.call(
        "POST", LEASES, {"metadata": {"name": "lock"}, "spec": {"holderIdentity": "a"}}
    )
    cluster.inject("write-conflict", resource="leases", count=3)
    _, node = await api.get(NODE)
    version = node["metadata"]["resourceVersion"]
    assert (await api.patch(NODE, {"metadata": {"resourceVersion": version}} | CORDON))[0] == 200

    status, body = await api.call("PUT", f"{LEASES}/lock", lease)
    assert (status, body["details"]["kind"]) == (409, "leases")
    version = cluster.objects.get("leases", "lock", "default")["metadata"]["resourceVersion"]
    tested = [{"op": "test", "path": "/metadata/resourceVersion", "value": version}]
    assert (await api.patch(f"{LEASES}/lock", tested, "json-patch+json"))[0] == 422
    version = cluster.objects.get("leases", "lock", "default")["metadata"]["resourceVersion"]
    options = {"preconditions": {"resourceVersion": version}}
    status, body = await api.call("DELETE", f"{LEASES}/lock", options)
    assert status == 409
    assert body["message"].startswith(
        'Operation cannot be fulfilled on Lease.coordination.k8s.io "lock": the ResourceVersion in '
    )


@pytest.mark.parametrize(("same_name", "code"), [(True, 409), (False, 404)])
async def test_the_pod_is_another_one_when_its_delete_comes(
    cluster: SimulatedCluster, api: Client, same_name: bool, code: int
) -> None:
    planned = (await api.agent("node-7"))["metadata"]
    elsewhere = (await api.agent("node-6"))["metadata"]
    cluster.inject("pod-recreated", "node-7", when="delete", same_name=same_name)
    await api.call("DELETE", f"{SYSTEM}/pods/{elsewhere['name']}")

    options = {"preconditions": {"uid": planned["uid"]}}
    status, body = await api.call("DELETE", f"{SYSTEM}/pods/{planned['name']}", options)

    assert status == code, body
    await cluster.settle()
    present = (await api.agent("node-7"))["metadata"]
    assert present["uid"] != planned["uid"]
    assert (present["name"] == planned["name"]) is same_name
    eviction, refused = cluster.ledger[-2:]
    assert (eviction.subresource, eviction.uid_before) == ("eviction", planned["uid"])
    assert eviction.user == "system:serviceaccount:kube-system:node-drainer"
    assert not refused.effective


@pytest.mark.parametrize("same_name", [True, False])
async def test_the_pod_is_replaced_at_once(
    cluster: SimulatedCluster, api: Client, same_name: bool
) -> None:
    before = (await api.agent("node-7"))["metadata"]
    cluster.inject("pod-recreated", "node-7", same_name=same_name)
    await cluster.settle()

    after = await api.agent("node-7")
    assert after["metadata"]["uid"] != before["uid"]
    assert (after["metadata"]["name"] == before["name"]) is same_name
    pods = await api.items(f"{SYSTEM}/pods?labelSelector=k8s-app%3Dcilium")
    assert len(pods) == 12


@pytest.mark.parametrize(
    ("name", "options", "complaint"),
    [
        ("write-conflict", {"resource": "node"}, "resource must be a plural"),
        ("write-conflict", {"count": 0}, "count must be at least 1"),
        ("api-dies-after", {"effect": "some"}, "effect must be"),
        ("api-dies-after", {"writes": 0}, "writes must be at least 1"),
        ("api-reply-lost", {"count": -1}, "count must be at least 1"),
    ],
)
async def test_bad_options_are_refused(
    cluster: SimulatedCluster, name: str, options: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        cluster.inject(name, **options)
    assert cluster.faults == []
