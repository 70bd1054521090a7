"""The ledger proves what happened: each effect once, with the object it happened to."""

from __future__ import annotations

from typing import Any

from bot.playground.cluster import SimulatedCluster

from .conftest import SYSTEM, Client

MAPS = "/api/v1/namespaces/default/configmaps"


async def test_an_entry_names_the_object_before_and_after(
    cluster: SimulatedCluster, api: Client
) -> None:
    _, made = await api.call("POST", MAPS, {"metadata": {"generateName": "g-"}})
    path = f"{MAPS}/{made['metadata']['name']}"
    _, patched = await api.patch(path, {"data": {"k": "1"}})
    await api.call("DELETE", path)

    created, changed, deleted = cluster.ledger
    uid = made["metadata"]["uid"]
    assert [(one.uid_before, one.uid_after) for one in cluster.ledger] == [
        ("", uid), (uid, uid), (uid, ""),
    ]  # fmt: skip
    assert created.name == made["metadata"]["name"]  # generated, and yet known
    assert changed.version_before == created.version_after == made["metadata"]["resourceVersion"]
    assert changed.version_after == deleted.version_before == patched["metadata"]["resourceVersion"]
    assert all(one.effective and not one.reply_lost for one in cluster.ledger)


async def test_who_wrote_with_what(cluster: SimulatedCluster, api: Client) -> None:
    await api.call("POST", MAPS, {"metadata": {"name": "a"}}, User_Agent="cilium-oncall/0.1.0")

    (entry,) = cluster.ledger
    assert (entry.user, entry.user_agent) == ("kubernetes-admin", "cilium-oncall/0.1.0")


async def test_a_success_that_changed_nothing_is_not_effective(
    cluster: SimulatedCluster, api: Client
) -> None:
    cluster.inject("node-unreachable", "node-7")  # nobody stops its pods
    await cluster.settle()
    name = (await api.agent("node-7"))["metadata"]["name"]
    await api.call("DELETE", f"{SYSTEM}/pods/{name}")
    await api.call("DELETE", f"{SYSTEM}/pods/{name}")  # it terminates already
    await api.patch("/api/v1/nodes/node-1", {"spec": {"unschedulable": None}})
    await api.patch("/api/v1/nodes/node-1?dryRun=All", {"spec": {"unschedulable": True}})
    await api.call("POST", MAPS, {"metadata": {"name": "Bad_Name"}})

    seen = [(one.verb, one.code, one.effective) for one in cluster.ledger]
    assert seen == [
        ("delete", 200, True),
        ("delete", 200, False),
        ("patch", 200, False),
        ("patch", 200, False),
        ("create", 422, False),
    ]
    first, second = cluster.ledger[:2]
    assert first.uid_before == first.uid_after == second.uid_after  # still there, terminating
    assert first.version_before != first.version_after == second.version_after


async def test_a_collection_names_all_that_it_deleted(
    cluster: SimulatedCluster, api: Client
) -> None:
    uids = []
    for name in "ab":
        _, made = await api.call("POST", MAPS, {"metadata": {"name": name, "labels": {"x": "y"}}})
        uids.append(made["metadata"]["uid"])
    await api.call("DELETE", f"{MAPS}?labelSelector=x%3Dy&dryRun=All")
    await api.call("DELETE", f"{MAPS}?labelSelector=x%3Dy")

    dry, real = cluster.ledger[-2:]
    assert (dry.effective, dry.collected) == (False, ())
    assert (real.effective, real.collected) == (True, tuple(uids))


async def test_the_page_sees_every_field(cluster: SimulatedCluster, api: Client) -> None:
    _, made = await api.call("POST", MAPS, {"metadata": {"name": "a"}})

    _, shown = await api.get("/playground/ledger")

    (entry,) = shown["mutations"]
    wanted: dict[str, Any] = {
        "user": "kubernetes-admin", "verb": "create", "group": "", "resource": "configmaps",
        "subresource": "", "namespace": "default", "name": "a", "code": 201, "dry_run": False,
        "effective": True, "reply_lost": False, "uid_before": "",
        "uid_after": made["metadata"]["uid"], "version_before": "",
        "version_after": made["metadata"]["resourceVersion"], "collected": [],
        "body": {"metadata": {"name": "a"}},
    }  # fmt: skip
    assert entry.items() >= wanted.items()
    assert entry.keys() - wanted.keys() == {"time", "user_agent"}
