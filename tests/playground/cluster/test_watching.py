"""watch: events, selectors, bookmarks, compaction."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from bot.playground.cluster import SimulatedCluster

from .conftest import Client

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
