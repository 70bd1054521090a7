"""Leases as a lock: who holds it, who comes too late, who releases it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from bot.playground.cluster import SimulatedCluster

from .conftest import Client

LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
LOCK = f"{LEASES}/lock"


def lease(**spec: Any) -> dict[str, Any]:
    held = {
        "holderIdentity": "bot-a", "leaseDurationSeconds": 30, "leaseTransitions": 0,
        "acquireTime": "2026-11-22T22:00:00.000000Z", "renewTime": "2026-11-22T22:00:00.000000Z",
    }  # fmt: skip
    return {"metadata": {"name": "lock"}, "spec": held | spec}


@pytest.fixture
async def lock(api: Client) -> dict[str, Any]:
    """A Lease that bot-a holds."""
    status, body = await api.call("POST", LEASES, lease())
    assert status == 201, body
    held: dict[str, Any] = body
    return held


def renewed(lock: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    changed = copy.deepcopy(lock)
    changed["metadata"] |= metadata
    changed["spec"]["renewTime"] = "2026-11-22T22:00:10.000000Z"
    return changed


async def test_one_of_two_creates_it(api: Client, lock: dict[str, Any]) -> None:
    assert lock["spec"] == lease()["spec"]
    assert "generation" not in lock["metadata"]

    status, body = await api.call("POST", LEASES, lease(holderIdentity="bot-b"))

    assert (status, body["reason"]) == (409, "AlreadyExists")
    assert body["message"] == 'leases.coordination.k8s.io "lock" already exists'


async def test_a_paused_holder_does_not_renew(api: Client, lock: dict[str, Any]) -> None:
    await api.patch(LOCK, {"spec": {"holderIdentity": "bot-b"}})

    status, body = await api.call("PUT", LOCK, renewed(lock))

    assert (status, body["reason"]) == (409, "Conflict")
    assert body["message"] == (
        'Operation cannot be fulfilled on leases.coordination.k8s.io "lock": the object has been '
        "modified; please apply your changes to the latest version and try again"
    )
    assert body["details"] == {
        "name": "lock", "group": "coordination.k8s.io", "kind": "leases",
    }  # fmt: skip
    stale = {"metadata": {"resourceVersion": lock["metadata"]["resourceVersion"]}}
    assert (await api.patch(LOCK, stale | {"spec": {"holderIdentity": "bot-a"}}))[0] == 409
    assert (await api.get(LOCK))[1]["spec"]["holderIdentity"] == "bot-b"


async def test_a_put_must_know_the_version(api: Client, lock: dict[str, Any]) -> None:
    blind = renewed(lock)
    del blind["metadata"]["resourceVersion"]

    status, body = await api.call("PUT", LOCK, blind)

    assert (status, body["reason"]) == (422, "Invalid")
    assert body["message"] == (
        'leases.coordination.k8s.io "lock" is invalid: metadata.resourceVersion: Invalid value: '
        "0x0: must be specified for an update"
    )
    assert (await api.call("PUT", LOCK, renewed(lock)))[0] == 200


async def test_a_lease_that_is_another_one_by_now(api: Client, lock: dict[str, Any]) -> None:
    await api.call("DELETE", LOCK)
    gone, body = await api.call("PUT", LOCK, renewed(lock))
    assert gone == 409
    assert body["message"].endswith(
        f"UID in precondition: {lock['metadata']['uid']}, UID in object meta: "
    )
    _, fresh = await api.call("POST", LEASES, lease(holderIdentity="bot-b"))

    put, _ = await api.call("PUT", LOCK, renewed(lock))
    patched, body = await api.patch(LOCK, {"metadata": {"uid": lock["metadata"]["uid"]}})
    version = fresh["metadata"]["resourceVersion"]
    options = {"preconditions": {"uid": lock["metadata"]["uid"], "resourceVersion": version}}
    deleted, refusal = await api.call("DELETE", LOCK, options)

    assert (put, patched, deleted) == (409, 422, 409)
    assert "metadata.uid" in body["message"]
    assert refusal["details"] == {"name": "lock", "group": "coordination.k8s.io", "kind": "Lease"}
    assert (await api.get(LOCK))[1]["spec"]["holderIdentity"] == "bot-b"


async def test_a_put_creates_what_is_not_there(cluster: SimulatedCluster, api: Client) -> None:
    status, body = await api.call("PUT", LOCK, lease())
    assert (status, body["metadata"]["name"]) == (201, "lock")
    assert (cluster.ledger[-1].verb, cluster.ledger[-1].uid_before) == ("update", "")

    rule = {
        "namespace": "default", "apiGroups": ["coordination.k8s.io"], "resources": ["leases"],
        "verbs": ["update"],
    }  # fmt: skip
    api.token = cluster.add_user("renewer", [rule]).token
    other = {"metadata": {"name": "other"}, "spec": {}}
    assert (await api.call("PUT", f"{LEASES}/other", other))[0] == 403


async def test_it_is_released_by_who_holds_it(
    cluster: SimulatedCluster, api: Client, lock: dict[str, Any]
) -> None:
    _, held = await api.call("PUT", LOCK, renewed(lock))
    late = {"uid": lock["metadata"]["uid"], "resourceVersion": lock["metadata"]["resourceVersion"]}
    assert (await api.call("DELETE", LOCK, {"preconditions": late}))[0] == 409

    exact = late | {"resourceVersion": held["metadata"]["resourceVersion"]}
    status, body = await api.call("DELETE", LOCK, {"preconditions": exact})

    assert (status, body["status"]) == (200, "Success")
    assert body["details"] == {
        "name": "lock", "group": "coordination.k8s.io", "kind": "leases",
        "uid": lock["metadata"]["uid"],
    }  # fmt: skip
    assert (await api.get(LOCK))[0] == 404
    assert [one.effective for one in cluster.ledger] == [True, True, False, True]


@pytest.mark.parametrize(
    ("spec", "code", "complaint"),
    [
        ({"leaseDurationSeconds": 0}, 422, "must be greater than 0"),
        ({"leaseTransitions": -1}, 422, "must be greater than or equal to 0"),
        ({"renewTime": "2026-11-22T22:00:00Z"}, 400, "cannot be handled as a Lease: parsing time"),
        ({"acquireTime": "2026-11-22T22:00:00.5+00:00"}, 400, "2006-01-02T15:04:05.000000Z07:00"),
    ],
)
async def test_senseless_leases_are_refused(
    api: Client, spec: dict[str, Any], code: int, complaint: str
) -> None:
    status, body = await api.call("POST", LEASES, lease(**spec))

    assert status == code
    assert complaint in body["message"]


async def test_a_patch_cannot_bring_in_a_time_without_microseconds(
    api: Client, lock: dict[str, Any]
) -> None:
    status, _ = await api.patch(LOCK, {"spec": {"renewTime": "2026-11-22T22:00:00Z"}})
    assert status == 422
    assert (await api.patch(LOCK, {"spec": {"renewTime": None}}))[0] == 200
