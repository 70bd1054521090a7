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
    user = cluster.add_user("ana", token="ana-token")
    path = "/apis/authentication.k8s.io/v1/tokenreviews"

    status, body = await api.call("POST", path, {"spec": {"token": "ana-token"}})
    assert (status, body["status"]["authenticated"]) == (201, True)
    assert body["status"]["user"]["username"] == "ana"

    _, body = await api.call("POST", path, {"spec": {"token": "nobody"}})
    assert "authenticated" not in body["status"]

    api.token = user.token
    assert (await api.call("POST", path, {"spec": {"token": "x"}}))[0] == 403
    _, body = await api.call(
        "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {"spec": {}}
    )
    assert body["status"]["userInfo"]["username"] == "ana"
