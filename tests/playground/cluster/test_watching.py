"""watch: events, selectors, bookmarks, compaction."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from bot.playground.cluster import SimulatedCluster

from .conftest import Client
from .views import ready

MAPS = "/api/v1/namespaces/default/configmaps"


async def stream(api: Client, path: str, started: asyncio.Event | None = None) -> list[Any]:
    """All events until the server ends the stream."""
    headers = {"Authorization": f"Bearer {api.token}"}
    events = []
    async with api.session.get(api.cluster.url + path, headers=headers) as response:
        if started:
            started.set()
        async for line in response.content:
            events.append(msgspec.json.decode(line))
    return events


async def test_an_object_that_stops_matching_is_deleted_for_the_watcher(api: Client) -> None:
    started = asyncio.Event()
    watching = asyncio.create_task(
        stream(
            api,
            f"{MAPS}?watch=1&labelSelector=w%3D1&sendInitialEvents=true&allowWatchBookmarks=true"
            "&resourceVersionMatch=NotOlderThan&timeoutSeconds=1",
            started,
        )
    )
    await started.wait()
    await asyncio.sleep(0.05)
    await api.call("POST", MAPS, {"metadata": {"name": "w", "labels": {"w": "1"}}})
    await api.patch(f"{MAPS}/w", {"data": {"x": "1"}})
    _, changed = await api.patch(f"{MAPS}/w", {"metadata": {"labels": {"w": "2"}}})

    events = await watching

    assert [event["type"] for event in events] == [
        "BOOKMARK", "ADDED", "MODIFIED", "DELETED", "BOOKMARK",
    ]  # fmt: skip
    annotations = events[0]["object"]["metadata"]["annotations"]
    assert annotations == {"k8s.io/initial-events-end": "true"}
    gone = events[3]["object"]["metadata"]
    assert gone["labels"] == {"w": "1"}  # as it was, with the version of its leaving
    assert gone["resourceVersion"] == changed["metadata"]["resourceVersion"]


async def test_a_watch_replays_what_came_after_its_version(api: Client) -> None:
    _, listed = await api.get(MAPS)
    version = listed["metadata"]["resourceVersion"]
    await api.call("POST", MAPS, {"metadata": {"name": "a"}})
    await api.call("DELETE", f"{MAPS}/a")

    events = await stream(api, f"{MAPS}?watch=true&resourceVersion={version}&timeoutSeconds=1")

    assert [event["type"] for event in events] == ["ADDED", "DELETED"]


async def test_a_compacted_version_is_an_error_event(
    cluster: SimulatedCluster, api: Client
) -> None:
    events = await stream(api, "/api/v1/nodes?watch=1&resourceVersion=1&timeoutSeconds=2")

    (event,) = events
    assert event["type"] == "ERROR"
    assert (event["object"]["code"], event["object"]["reason"]) == (410, "Expired")
    assert event["object"]["message"].startswith("too old resource version: 1 (")


async def test_without_a_version_everything_comes_first(api: Client) -> None:
    events = await stream(api, "/api/v1/nodes?watch=1&timeoutSeconds=1")

    assert [event["type"] for event in events] == ["ADDED"] * 12
    assert events[0]["object"]["kind"] == "Node"


AGENTS = "/api/v1/namespaces/kube-system/pods"
OF_AGENTS = "labelSelector=k8s-app%3Dcilium&fieldSelector=spec.nodeName%3Dnode-7"


async def test_a_restart_is_followed_without_asking_again(
    cluster: SimulatedCluster, api: Client
) -> None:
    """What a bot sees that deletes an agent's pod and waits for the next one to be ready."""
    _, listed = await api.get(f"{AGENTS}?{OF_AGENTS}")
    (pod,) = listed["items"]
    version = listed["metadata"]["resourceVersion"]
    path = f"{AGENTS}?watch=1&{OF_AGENTS}&resourceVersion={version}&timeoutSeconds=1"
    watching = asyncio.create_task(stream(api, path))
    await api.call("DELETE", f"{AGENTS}/{pod['metadata']['name']}")

    events = await watching

    told = [(event["type"], event["object"]["metadata"]["uid"]) for event in events]
    old, new = pod["metadata"]["uid"], events[-1]["object"]["metadata"]["uid"]
    assert told[:3] == [("MODIFIED", old), ("DELETED", old), ("ADDED", new)]
    assert set(told[3:]) == {("MODIFIED", new)}
    assert "deletionTimestamp" in events[0]["object"]["metadata"]
    assert [ready(event["object"]) for event in events[3:]][-1] is True
    versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in events]
    assert versions == sorted(versions)
    assert (await api.get("/playground/counters"))[1]["requests"] < 10


async def test_a_compacted_watch_of_pods_cannot_be_resumed(
    cluster: SimulatedCluster, api: Client
) -> None:
    _, listed = await api.get(f"{AGENTS}?{OF_AGENTS}")
    await api.patch("/api/v1/nodes/node-1", {"metadata": {"labels": {"a": "b"}}})
    cluster.objects.compact()

    version = listed["metadata"]["resourceVersion"]
    (event,) = await stream(api, f"{AGENTS}?watch=1&{OF_AGENTS}&resourceVersion={version}")

    assert (event["type"], event["object"]["code"]) == ("ERROR", 410)


async def test_watch_expired_ends_what_is_open(cluster: SimulatedCluster, api: Client) -> None:
    started = asyncio.Event()
    _, listed = await api.get(MAPS)
    version = listed["metadata"]["resourceVersion"]
    await api.call("POST", MAPS, {"metadata": {"name": "a"}})
    path = f"{MAPS}?watch=1&resourceVersion={version}"
    watching = asyncio.create_task(stream(api, path, started))
    await started.wait()
    await asyncio.sleep(0.05)

    cluster.inject("watch-expired")

    assert [event["type"] for event in await watching] == ["ADDED"]
    (event,) = await stream(api, path)
    assert (event["type"], event["object"]["reason"]) == ("ERROR", "Expired")


async def test_slow_watches_tell_everything_late_and_in_order(
    cluster: SimulatedCluster, api: Client
) -> None:
    fault = cluster.inject("watch-slow", seconds=0.4)
    _, listed = await api.get(MAPS)
    version = listed["metadata"]["resourceVersion"]
    path = f"{MAPS}?watch=1&resourceVersion={version}&allowWatchBookmarks=true&timeoutSeconds=1"
    await api.call("POST", MAPS, {"metadata": {"name": "a"}})
    begun = asyncio.get_running_loop().time()
    arrived: list[tuple[float, Any]] = []

    async def read() -> None:
        headers = {"Authorization": f"Bearer {api.token}"}
        async with api.session.get(api.cluster.url + path, headers=headers) as response:
            async for line in response.content:
                event = msgspec.json.decode(line)
                arrived.append((asyncio.get_running_loop().time() - begun, event))

    watching = asyncio.create_task(read())
    await asyncio.sleep(0.1)
    await api.call("POST", MAPS, {"metadata": {"name": "b"}})
    cluster.clear(fault.id)
    _, last = await api.call("POST", MAPS, {"metadata": {"name": "c"}})
    assert (await api.get(f"{MAPS}/c"))[0] == 200  # reads are not late
    await watching

    names = [event["object"]["metadata"].get("name") for _, event in arrived]
    assert names == ["a", "b", "c", None]
    assert arrived[0][0] >= 0.4
    assert arrived[1][0] >= 0.5
    bookmark = arrived[3][1]["object"]["metadata"]["resourceVersion"]
    assert int(bookmark) >= int(last["metadata"]["resourceVersion"])


async def test_a_bookmark_does_not_run_ahead_of_late_events(
    cluster: SimulatedCluster, api: Client
) -> None:
    _, listed = await api.get(MAPS)
    version = listed["metadata"]["resourceVersion"]
    cluster.inject("watch-slow", seconds=60)
    await api.call("POST", MAPS, {"metadata": {"name": "a"}})

    path = f"{MAPS}?watch=1&resourceVersion={version}&allowWatchBookmarks=true&timeoutSeconds=1"
    (bookmark,) = await stream(api, path)

    assert bookmark["type"] == "BOOKMARK"
    assert bookmark["object"]["metadata"]["resourceVersion"] == version


async def test_a_watcher_that_leaves_is_forgotten(cluster: SimulatedCluster, api: Client) -> None:
    before = len(cluster.objects._listeners)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await stream(api, "/api/v1/nodes?watch=1")

    for _ in range(100):
        if len(cluster.objects._listeners) == before:
            return
        await asyncio.sleep(0.01)
    pytest.fail("the watcher still listens")
