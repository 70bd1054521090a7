"""get and list over HTTP: shapes, paging, refusals."""

from __future__ import annotations

import base64

import pytest

from bot.playground.cluster import SimulatedCluster

from .conftest import SYSTEM, Client


async def test_list_items_of_built_in_kinds_leave_their_type_out(api: Client) -> None:
    status, nodes = await api.get("/api/v1/nodes")

    assert status == 200
    assert (nodes["kind"], nodes["apiVersion"]) == ("NodeList", "v1")
    assert len(nodes["items"]) == 12
    assert "kind" not in nodes["items"][0]
    assert (await api.items("/apis/cilium.io/v2/ciliumnodes"))[0]["kind"] == "CiliumNode"


async def test_pages_join_to_the_whole_list(api: Client) -> None:
    names, token, remaining = [], "", []
    while True:
        _, page = await api.get(f"/api/v1/nodes?limit=5&continue={token}")
        names += [item["metadata"]["name"] for item in page["items"]]
        remaining.append(page["metadata"].get("remainingItemCount"))
        token = page["metadata"].get("continue", "")
        if not token:
            break

    assert names == sorted(f"node-{number}" for number in range(1, 13))
    assert remaining == [7, 2, None]


async def test_a_later_page_shows_the_cluster_as_it_was(
    cluster: SimulatedCluster, api: Client
) -> None:
    _, first = await api.get("/api/v1/nodes?limit=5")
    cluster.objects.delete("nodes", "node-9")
    cluster.objects.put("nodes", {**cluster.objects.get("nodes", "node-8"), "status": {}})

    _, rest = await api.get(f"/api/v1/nodes?limit=50&continue={first['metadata']['continue']}")

    names = [item["metadata"]["name"] for item in rest["items"]]
    assert "node-9" in names
    assert all(item["status"] for item in rest["items"])
    assert rest["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


async def test_with_a_selector_the_number_left_is_not_told(api: Client) -> None:
    _, page = await api.get(f"{SYSTEM}/pods?labelSelector=k8s-app%20in%20(cilium)&limit=1")

    assert page["metadata"]["continue"]
    assert "remainingItemCount" not in page["metadata"]


async def test_a_continue_token_is_that_of_a_real_server(api: Client) -> None:
    _, page = await api.get("/api/v1/nodes?limit=1")

    token = page["metadata"]["continue"]
    decoded = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    assert decoded.startswith('{"v":"meta.k8s.io/v1","rv":')
    assert decoded.endswith('"start":"/node-1\\u0000"}')


@pytest.mark.parametrize(
    ("path", "code", "reason", "message"),
    [
        (f"{SYSTEM}/pods/nope", 404, "NotFound", 'pods "nope" not found'),
        (
            "/api/v1/nodes?limit=2&continue=abc", 400, "BadRequest",
            "invalid continue token: continue key is not valid: invalid character 'i' looking for "
            "beginning of value",
        ),
        (
            "/api/v1/pods?fieldSelector=spec.nope%3D1", 400, "BadRequest",
            "field label not supported: spec.nope",
        ),
        (
            "/api/v1/pods?labelSelector=a%3D%3D%3Db", 400, "BadRequest",
            "unable to parse requirement: found '=', expected: identifier",
        ),
    ],
)  # fmt: skip
async def test_refusals_are_worded_as_the_real_ones(
    api: Client, path: str, code: int, reason: str, message: str
) -> None:
    status, body = await api.get(path)

    assert (status, body["code"], body["reason"]) == (code, code, reason)
    assert body["message"] == message
    assert (body["kind"], body["status"], body["metadata"]) == ("Status", "Failure", {})


@pytest.mark.parametrize(
    "path", ["/apis/cilium.io/v9/nope", "/apis/metrics.k8s.io/v1beta1/pods", "/openapi/v2", "/x"]
)
async def test_what_is_not_served_is_a_plain_404(api: Client, path: str) -> None:
    assert await api.get(path) == (404, "404 page not found\n")


async def test_old_versions_are_gone_and_future_ones_too_large(api: Client) -> None:
    status, body = await api.get("/api/v1/nodes?resourceVersion=1&resourceVersionMatch=Exact")
    assert (status, body["reason"]) == (410, "Expired")

    status, body = await api.get("/api/v1/nodes?resourceVersion=999999999")
    assert (status, body["reason"]) == (504, "Timeout")


async def test_a_table_has_a_row_for_each_object(api: Client) -> None:
    _, table = await api.get(
        f"{SYSTEM}/pods?labelSelector=k8s-app%3Dcilium",
        Accept="application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
    )

    assert table["kind"] == "Table"
    assert len(table["rows"]) == 12
    assert table["rows"][0]["cells"][1:4] == ["1/1", "Running", "0"]


async def test_tokens_and_hosts_are_checked(api: Client) -> None:
    status, body = await api.get("/api/v1/pods", Host="evil.example:80")
    assert status == 403

    api.token = "wrong"
    status, body = await api.get("/api/v1/pods")
    assert (status, body["message"], body["reason"]) == (401, "Unauthorized", "Unauthorized")

    api.token = ""
    status, body = await api.get("/api/v1/pods")
    assert status == 403
    assert 'User "system:anonymous" cannot list resource "pods"' in body["message"]
    assert (await api.get("/version"))[1]["gitVersion"].startswith("v1.36")
