"""What Helm 4 sends: applies that own, replace and give up fields; OpenAPI; Secrets in protobuf."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from bot.playground.cluster.api import protobuf
from bot.playground.cluster.errors import UnsupportedMediaType

from .conftest import Client

MAPS = "/api/v1/namespaces/default/configmaps"
SETS = "/apis/apps/v1/namespaces/kube-system/daemonsets"


async def applied(api: Client, manager: str, **data: str) -> tuple[int, Any]:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "thing"}, "data": data}
    return await api.patch(f"{MAPS}/thing?fieldManager={manager}", body, "apply-patch+yaml")


async def test_who_applies_first_owns_it_by_apply(api: Client) -> None:
    status, body = await applied(api, "helm", a="1")
    (entry,) = body["metadata"]["managedFields"]
    assert (status, entry["manager"], entry["operation"]) == (201, "helm", "Apply")
    status, body = await applied(api, "helm", a="2")
    assert (status, body["data"]) == (200, {"a": "2"})


async def test_what_is_not_sent_any_more_goes_unless_somebody_else_owns_it(api: Client) -> None:
    await applied(api, "helm", a="1", b="1", c="1")
    await applied(api, "other", c="1")
    status, body = await applied(api, "helm", a="1")
    assert (status, body["data"]) == (200, {"a": "1", "c": "1"})
    status, body = await applied(api, "helm")
    assert (status, body.get("data")) == (200, {"c": "1"})


async def test_what_nobody_applied_stays(api: Client) -> None:
    await applied(api, "helm", a="1")
    await api.patch(f"{MAPS}/thing?fieldManager=kubectl", {"data": {"mine": "1"}})
    _, body = await applied(api, "helm", a="2")
    assert body["data"] == {"a": "2", "mine": "1"}


async def test_an_applier_replaces_a_list_as_a_whole(api: Client) -> None:
    _, daemonset = await api.get(f"{SETS}/cilium")
    template = daemonset["spec"]["template"]
    container = template["spec"]["containers"][0]
    container["ports"] = [{"name": "other", "containerPort": 1, "protocol": "TCP"}]
    body = {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "cilium"},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }
    status, body = await api.patch(f"{SETS}/cilium?fieldManager=helm", body, "apply-patch+yaml")
    assert status == 200
    (changed,) = body["spec"]["template"]["spec"]["containers"]
    assert [port["containerPort"] for port in changed["ports"]] == [1]


async def test_openapi_says_that_patch_checks_fields(api: Client) -> None:
    status, root = await api.get("/openapi/v3")
    assert status == 200
    place = root["paths"]["apis/apps/v1"]["serverRelativeURL"]
    status, document = await api.get(place)
    path = document["paths"]["/apis/apps/v1/namespaces/{namespace}/daemonsets/{name}"]
    names = {parameter["name"] for parameter in path["patch"]["parameters"]}
    assert "fieldValidation" in names
    assert path["patch"]["x-kubernetes-group-version-kind"]["kind"] == "DaemonSet"
    assert await api.get("/openapi/v3/apis/nothing/v1") == (404, "404 page not found\n")


def field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2, len(content)]) + content


def message(kind: bytes, content: bytes) -> bytes:
    head = field(1, b"v1") + field(2, kind)
    return b"k8s\x00" + field(1, head) + field(2, content)


def test_a_secret_in_protobuf() -> None:
    label = field(11, field(1, b"owner") + field(2, b"helm"))
    data = field(2, field(1, b"release") + field(2, b"\x00\xff"))
    secret = message(b"Secret", field(1, field(1, b"a") + label) + data + field(3, b"helm.sh/x"))
    assert protobuf.decode(secret) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "a", "labels": {"owner": "helm"}},
        "data": {"release": base64.b64encode(b"\x00\xff").decode()},
        "type": "helm.sh/x",
    }
    with pytest.raises(UnsupportedMediaType):
        protobuf.decode(message(b"Pod", b""))
