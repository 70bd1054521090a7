"""Writes: preconditions, validation, dry run, apply, the ledger."""

from __future__ import annotations

from typing import Any

import pytest

from bot.playground.cluster import SimulatedCluster

from .conftest import SYSTEM, Client

MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture
async def stored(api: Client) -> dict[str, Any]:
    """A ConfigMap called ``a``."""
    _, body = await api.call(
        "POST", f"{MAPS}?fieldManager=python", {"metadata": {"name": "a"}, "data": {"k": "1"}}
    )
    thing: dict[str, Any] = body
    return thing


async def test_create_answers_the_whole_object(stored: dict[str, Any]) -> None:
    assert (stored["kind"], stored["apiVersion"]) == ("ConfigMap", "v1")
    assert {"uid", "resourceVersion", "creationTimestamp", "namespace"} <= stored["metadata"].keys()


async def test_dry_run_answers_a_uid_and_stores_nothing(
    cluster: SimulatedCluster, api: Client
) -> None:
    status, body = await api.call("POST", f"{MAPS}?dryRun=All", {"metadata": {"name": "dry"}})

    assert status == 201
    assert body["metadata"]["uid"]
    assert "resourceVersion" not in body["metadata"]
    assert (await api.get(f"{MAPS}/dry"))[0] == 404
    assert (cluster.ledger[-1].dry_run, cluster.ledger[-1].effective) == (True, False)


async def test_names_are_generated(api: Client) -> None:
    _, body = await api.call("POST", MAPS, {"metadata": {"generateName": "g-"}})

    assert body["metadata"]["name"].startswith("g-")
    assert len(body["metadata"]["name"]) == 7


@pytest.mark.parametrize(
    ("query", "body", "code", "message"),
    [
        ("", {"metadata": {"name": "a"}}, 409, 'configmaps "a" already exists'),
        (
            "?fieldValidation=Strict", {"metadata": {"name": "s"}, "nope": 1}, 400,
            'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: '
            'unknown field "nope"',
        ),
        (
            "", {"metadata": {"name": "Bad_Name"}}, 422,
            'ConfigMap "Bad_Name" is invalid: metadata.name: Invalid value: "Bad_Name": a '
            "lowercase RFC 1123 subdomain must consist of",
        ),
        ("", {"kind": "Secret", "metadata": {"name": "s"}}, 400, "the kind in the data (Secret)"),
        ("", {"metadata": {"name": "s", "namespace": "web"}}, 400, "the namespace of the provided"),
    ],
)  # fmt: skip
async def test_bad_objects_are_refused(
    api: Client, stored: dict[str, Any], query: str, body: Any, code: int, message: str
) -> None:
    status, refusal = await api.call("POST", MAPS + query, body)

    assert status == code
    assert refusal["message"].startswith(message)


async def test_an_unknown_namespace_is_not_found(api: Client) -> None:
    status, body = await api.call(
        "POST", "/api/v1/namespaces/none/configmaps", {"metadata": {"name": "x"}}
    )

    assert (status, body["message"]) == (404, 'namespaces "none" not found')


async def test_a_stale_version_changes_nothing(api: Client, stored: dict[str, Any]) -> None:
    version = stored["metadata"]["resourceVersion"]
    await api.patch(f"{MAPS}/a", {"data": {"k": "2"}})

    stale = {"metadata": {"resourceVersion": version}, "data": {"k": "3"}}
    status, body = await api.patch(f"{MAPS}/a", stale)

    assert (status, body["reason"]) == (409, "Conflict")
    assert body["message"] == (
        'Operation cannot be fulfilled on configmaps "a": the object has been modified; please '
        "apply your changes to the latest version and try again"
    )
    status, _ = await api.call("PUT", f"{MAPS}/a", stored | {"data": {"k": "4"}})
    assert status == 409
    assert (await api.get(f"{MAPS}/a"))[1]["data"] == {"k": "2"}


async def test_a_patch_without_effect_is_no_write(api: Client, stored: dict[str, Any]) -> None:
    _, body = await api.patch(f"{MAPS}/a", {"data": {"k": "1"}})

    assert body["metadata"]["resourceVersion"] == stored["metadata"]["resourceVersion"]


async def test_a_failing_json_patch_test_is_422(api: Client, stored: dict[str, Any]) -> None:
    operations = [{"op": "test", "path": "/data/k", "value": "9"}]
    status, body = await api.patch(f"{MAPS}/a", operations, "json-patch+json")

    assert status == 422
    assert body["message"] == "the server rejected our request due to an error in our request"


async def test_a_patch_needs_a_known_type(api: Client, stored: dict[str, Any]) -> None:
    status, body = await api.patch(f"{MAPS}/a", {}, "json")

    assert (status, body["reason"]) == (415, "UnsupportedMediaType")


async def test_delete_preconditions(api: Client, stored: dict[str, Any]) -> None:
    uid = stored["metadata"]["uid"]
    other = "00000000-0000-0000-0000-000000000000"

    status, body = await api.call("DELETE", f"{MAPS}/a", {"preconditions": {"uid": other}})
    assert status == 409
    assert body["message"] == (
        f'Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition ({other}) '
        f"does not match the UID in record ({uid}). The object might have been deleted and then "
        "recreated"
    )

    status, body = await api.call("DELETE", f"{MAPS}/a", {"preconditions": {"uid": uid}})
    assert (status, body["status"]) == (200, "Success")
    assert body["details"] == {"name": "a", "kind": "configmaps", "uid": uid}


async def test_apply_takes_fields_only_by_force(api: Client, stored: dict[str, Any]) -> None:
    wanted = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    wanted["data"] = {"k": "5"}  # type: ignore[assignment]
    path = f"{MAPS}/a?fieldManager=other"

    status, body = await api.patch(path, wanted, "apply-patch+yaml")
    assert status == 409
    assert body["message"] == (
        'Apply failed with 1 conflict: conflict with "python" using v1: .data.k'
    )
    assert body["details"]["causes"][0]["reason"] == "FieldManagerConflict"

    status, body = await api.patch(f"{path}&force=true", wanted, "apply-patch+yaml")
    assert (status, body["data"]) == (200, {"k": "5"})


async def test_the_writer_and_the_time_are_remembered(api: Client, stored: dict[str, Any]) -> None:
    await api.patch(f"{MAPS}/a?fieldManager=late", {"data": {"new": "1"}})
    _, body = await api.get(f"{MAPS}/a")

    entries = {entry["manager"]: entry for entry in body["metadata"]["managedFields"]}
    assert entries["python"]["fieldsV1"] == {"f:data": {"f:k": {}}}
    assert entries["late"]["fieldsV1"] == {"f:data": {"f:new": {}}}
    assert entries["late"]["time"] >= entries["python"]["time"]


async def test_a_dry_run_cordon_and_a_real_one(cluster: SimulatedCluster, api: Client) -> None:
    cordon = {"spec": {"unschedulable": True}}
    path = "/api/v1/nodes/node-3"

    _, body = await api.patch(f"{path}?dryRun=All", cordon, "strategic-merge-patch+json")
    assert body["spec"]["unschedulable"] is True
    assert "unschedulable" not in (await api.get(path))[1]["spec"]

    await api.patch(path, cordon, "strategic-merge-patch+json")
    await cluster.settle()
    (taint,) = (await api.get(path))[1]["spec"]["taints"]
    assert (taint["key"], taint["effect"]) == ("node.kubernetes.io/unschedulable", "NoSchedule")


async def test_eviction_as_a_dry_run(api: Client) -> None:
    name = (await api.agent("node-1"))["metadata"]["name"]
    status, body = await api.call(
        "POST",
        f"{SYSTEM}/pods/{name}/eviction",
        {"metadata": {"name": name}, "deleteOptions": {"dryRun": ["All"]}},
    )

    assert (status, body["status"], body["code"]) == (201, "Success", 201)
    assert (await api.agent("node-1"))["metadata"]["name"] == name


async def test_the_ledger_has_refused_mutations_too(cluster: SimulatedCluster, api: Client) -> None:
    await api.get("/api/v1/nodes")
    await api.call("DELETE", f"{MAPS}/absent", {"gracePeriodSeconds": 0})

    (entry,) = cluster.ledger
    assert (entry.verb, entry.resource, entry.name, entry.code) == (
        "delete", "configmaps", "absent", 404,
    )  # fmt: skip
    assert entry.body == {"gracePeriodSeconds": 0}
    assert cluster.requests["list", "", "nodes", ""] == 1


async def test_a_body_may_be_large_but_not_too_large(api: Client) -> None:
    def of(size: int) -> dict[str, Any]:
        return {"metadata": {"name": f"big-{size}"}, "data": {"k": "x" * size}}

    assert (await api.call("POST", MAPS, of(1_500_000)))[0] == 201
    status, body = await api.call("POST", MAPS, of(3_200_000))
    assert (status, body["reason"]) == (413, "RequestEntityTooLarge")
