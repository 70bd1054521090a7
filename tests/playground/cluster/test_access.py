"""RBAC: rules, refusals in the real words, reviews."""

from __future__ import annotations

from typing import Any

import pytest

from bot.playground.cluster import SimulatedCluster
from bot.playground.cluster.access import Access, Attributes

from .conftest import SYSTEM, Client

REVIEWS = "/apis/authorization.k8s.io/v1"


@pytest.mark.parametrize(
    ("rule", "wanted", "allowed"),
    [
        ({}, Attributes("get", "", "pods", namespace="web", name="p"), True),
        ({}, Attributes("delete", "", "pods", namespace="web"), False),
        ({}, Attributes("get", "apps", "pods", namespace="web"), False),
        ({}, Attributes("get", "", "pods", "log", namespace="web"), False),
        ({}, Attributes("list", "", "pods"), False),
        ({"namespace": None}, Attributes("list", "", "pods"), True),
        ({"resources": ["pods/log"]}, Attributes("get", "", "pods", "log", "web"), True),
        ({"resources": ["*/log"]}, Attributes("get", "", "pods", "log", "web"), True),
        ({"resources": ["*"]}, Attributes("get", "", "pods", "log", "web"), True),
        ({"verbs": ["*"]}, Attributes("delete", "", "pods", namespace="web"), True),
        ({"resourceNames": ["p"]}, Attributes("get", "", "pods", "", "web", "p"), True),
        ({"resourceNames": ["p"]}, Attributes("get", "", "pods", "", "web", "q"), False),
        ({"resourceNames": ["p"]}, Attributes("list", "", "pods", "", "web"), False),
    ],
)
def test_rules(rule: dict[str, Any], wanted: Attributes, allowed: bool) -> None:
    access = Access()
    base = {"namespace": "web", "apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}
    user = access.add("u", [base | rule])

    assert access.allows(user, wanted) is allowed


async def test_refusals_name_user_verb_resource_and_place(
    cluster: SimulatedCluster, api: Client
) -> None:
    name = (await api.agent("node-1"))["metadata"]["name"]
    api.token = cluster.add_user("readonly").token

    status, body = await api.get("/api/v1/pods")
    assert status == 403
    assert body["message"] == (
        'pods is forbidden: User "readonly" cannot list resource "pods" in API group "" at the '
        "cluster scope"
    )
    assert body["details"] == {"kind": "pods"}

    _, body = await api.get(f"{SYSTEM}/pods/{name}/log")
    assert body["message"] == (
        f'pods "{name}" is forbidden: User "readonly" cannot get resource "pods/log" in API group '
        '"" in the namespace "kube-system"'
    )


async def test_access_reviews_answer_for_the_caller(cluster: SimulatedCluster, api: Client) -> None:
    rule = {"namespace": "kube-system", "apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
    api.token = cluster.add_user("viewer", [rule]).token

    async def may(**attributes: str) -> bool:
        review = {"spec": {"resourceAttributes": attributes}}
        status, body = await api.call("POST", f"{REVIEWS}/selfsubjectaccessreviews", review)
        assert (status, body["spec"]) == (201, review["spec"])
        allowed: bool = body["status"]["allowed"]
        return allowed

    assert await may(verb="get", resource="pods", namespace="kube-system")
    assert not await may(verb="get", resource="pods", namespace="web")
    assert not await may(
        verb="create", resource="pods", subresource="exec", namespace="kube-system"
    )

    _, body = await api.call(
        "POST", f"{REVIEWS}/selfsubjectrulesreviews", {"spec": {"namespace": "kube-system"}}
    )
    assert body["status"]["resourceRules"] == [
        {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}
    ]
    assert cluster.ledger == []  # reviews change nothing


async def test_tokens_can_be_reviewed_by_who_may(cluster: SimulatedCluster, api: Client) -> None:
    user = cluster.add_user("ana", token="ana-token", groups=["oncall"])
    path = "/apis/authentication.k8s.io/v1/tokenreviews"

    status, body = await api.call("POST", path, {"spec": {"token": "ana-token"}})
    assert (status, body["status"]["authenticated"]) == (201, True)
    assert body["status"]["user"]["username"] == "ana"

    assert body["status"]["user"]["groups"] == ["oncall", "system:authenticated"]
    assert body["status"]["audiences"] == ["https://kubernetes.default.svc"]

    _, body = await api.call("POST", path, {"spec": {"token": "nobody"}})
    assert "authenticated" not in body["status"]
    assert body["status"] == {
        "user": {}, "error": "[invalid bearer token, token lookup failed]"
    }  # fmt: skip
    status, body = await api.call("POST", path, {"spec": {}})
    assert (status, body["message"]) == (400, "token is required for TokenReview in authentication")

    api.token = user.token
    assert (await api.call("POST", path, {"spec": {"token": "x"}}))[0] == 403
    _, body = await api.call(
        "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {"spec": {}}
    )
    assert body["status"]["userInfo"]["username"] == "ana"


async def test_a_token_counts_for_its_audience_only(cluster: SimulatedCluster, api: Client) -> None:
    user = cluster.add_user("ana", audiences=["cilium-oncall", "vault"])

    async def reviewed(*audiences: str) -> dict[str, Any]:
        spec = {"token": user.token, "audiences": list(audiences)}
        path = "/apis/authentication.k8s.io/v1/tokenreviews"
        _, body = await api.call("POST", path, {"spec": spec})
        assert body["spec"] == spec
        status: dict[str, Any] = body["status"]
        return status

    status = await reviewed("cilium-oncall", "elsewhere")
    assert (status["authenticated"], status["audiences"]) == (True, ["cilium-oncall"])
    assert "authenticated" not in await reviewed("elsewhere")
    assert "authenticated" not in await reviewed()  # then it must be for the API server
    api.token = user.token
    assert (await api.get("/api/v1/nodes"))[0] == 401
