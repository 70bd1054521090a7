"""Events: written through either API, read through both."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Client

CORE = "/api/v1/namespaces/kube-system/events"
NEWER = "/apis/events.k8s.io/v1/namespaces/kube-system/events"


async def about(api: Client) -> dict[str, Any]:
    """A reference to an agent's pod."""
    pod = (await api.agent("node-7"))["metadata"]
    return {
        "kind": "Pod", "apiVersion": "v1", "namespace": "kube-system", "name": pod["name"],
        "uid": pod["uid"],
    }  # fmt: skip


async def core_event(api: Client) -> dict[str, Any]:
    return {
        "metadata": {"generateName": "cilium-oncall-"},
        "involvedObject": await about(api),
        "reason": "Restarted", "message": "restart-agent node-7 by ana", "type": "Normal",
        "source": {"component": "cilium-oncall"}, "count": 1,
        "firstTimestamp": "2026-11-28T03:00:00Z", "lastTimestamp": "2026-11-28T03:00:00Z",
    }  # fmt: skip


async def newer_event(api: Client) -> dict[str, Any]:
    return {
        "metadata": {"generateName": "cilium-oncall-"},
        "regarding": await about(api),
        "reason": "Restarted", "note": "restart-agent node-7 by ana", "type": "Normal",
        "action": "Restart", "eventTime": "2026-11-28T03:00:00.000000Z",
        "reportingController": "cilium-oncall", "reportingInstance": "bot-0",
    }  # fmt: skip


async def test_a_core_event_is_read_through_the_newer_api(api: Client) -> None:
    given = await core_event(api)
    status, made = await api.call("POST", CORE, given)
    assert (status, made["apiVersion"], made["kind"]) == (201, "v1", "Event")
    assert made.items() >= {k: v for k, v in given.items() if k != "metadata"}.items()
    assert made["eventTime"] is None

    _, seen = await api.get(f"{NEWER}/{made['metadata']['name']}")

    assert seen["apiVersion"] == "events.k8s.io/v1"
    assert seen["metadata"] == made["metadata"]
    assert seen["regarding"] == given["involvedObject"]
    assert seen["note"] == given["message"]
    assert seen["deprecatedCount"] == 1
    assert "involvedObject" not in seen


async def test_a_newer_event_is_read_through_core(api: Client) -> None:
    given = await newer_event(api)
    status, made = await api.call("POST", NEWER, given)
    assert (status, made["apiVersion"]) == (201, "events.k8s.io/v1")
    assert made.items() >= {k: v for k, v in given.items() if k != "metadata"}.items()

    uid = given["regarding"]["uid"]
    (core,) = await api.items(f"{CORE}?fieldSelector=involvedObject.uid%3D{uid},reason%3DRestarted")
    (newer,) = await api.items(f"{NEWER}?fieldSelector=regarding.uid%3D{uid}")

    assert core["involvedObject"] == newer["regarding"] == given["regarding"]
    assert core["message"] == newer["note"] == given["note"]
    assert core["reportingComponent"] == "cilium-oncall"


async def test_both_apis_change_and_delete_the_same_event(api: Client) -> None:
    _, made = await api.call("POST", NEWER, await newer_event(api))
    name = made["metadata"]["name"]
    series = {"count": 2, "lastObservedTime": "2026-11-28T03:01:00.000000Z"}

    status, patched = await api.patch(f"{NEWER}/{name}", {"series": series})
    assert (status, patched["series"], patched["note"]) == (200, series, made["note"])
    status, _ = await api.patch(f"{CORE}/{name}", {"message": "done"})
    assert status == 200
    assert (await api.get(f"{NEWER}/{name}"))[1]["note"] == "done"

    assert (await api.call("DELETE", f"{CORE}/{name}"))[0] == 200
    status, body = await api.get(f"{NEWER}/{name}")
    assert (status, body["details"]["group"]) == (404, "events.k8s.io")


async def test_dry_runs_store_no_event(api: Client) -> None:
    before = len(await api.items(CORE))
    for path, given in ((CORE, await core_event(api)), (NEWER, await newer_event(api))):
        status, body = await api.call("POST", f"{path}?dryRun=All", given)
        assert (status, body["type"]) == (201, "Normal")
    assert body["note"] == given["note"]
    assert len(await api.items(CORE)) == before


@pytest.mark.parametrize(
    ("path", "without", "change", "field"),
    [
        (CORE, "", {"involvedObject": {"kind": "Node", "name": "node-7"}}, "involvedObject.namesp"),
        (CORE, "", {"eventTime": "2026-11-28T03:00:00.000000Z"}, "reportingController"),
        (NEWER, "eventTime", {}, "eventTime"),
        (NEWER, "action", {}, "action"),
        (NEWER, "reportingInstance", {}, "reportingInstance"),
        (NEWER, "", {"type": "Bad"}, "type"),
        (NEWER, "", {"note": "x" * 1025}, "message"),
        (NEWER, "", {"deprecatedCount": 1}, "count"),
    ],
)
async def test_events_are_validated(
    api: Client, path: str, without: str, change: dict[str, Any], field: str
) -> None:
    given = (await core_event(api) if path == CORE else await newer_event(api)) | change
    given.pop(without, None)

    status, body = await api.call("POST", path, given)

    assert (status, body["reason"]) == (422, "Invalid")
    assert body["details"]["kind"] == "Event"
    assert body["details"]["causes"][0]["field"].startswith(field)


async def test_an_event_about_a_node_stands_in_default(api: Client) -> None:
    node = {"kind": "Node", "name": "node-7", "apiVersion": "v1"}
    given = (await core_event(api)) | {"involvedObject": node}
    assert (await api.call("POST", "/api/v1/namespaces/default/events", given))[0] == 201
    given = (await newer_event(api)) | {"regarding": node}
    assert (await api.call("POST", NEWER, given))[0] == 201  # with an eventTime, here too
