"""Who owns a field, read from ``managedFields``."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.clients.kubernetes.field_owners import FieldOwner, owners_of
from bot.model.errors import Malformed

MARK = "kubectl.kubernetes.io/restartedAt"
FIELD = ("spec", "template", "metadata", "annotations", MARK)


def entry(manager: str, *path: str, operation: str = "Update", sub: str = "") -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name in reversed(path):
        tree = {f"f:{name}": tree}
    return {
        "manager": manager,
        "operation": operation,
        "subresource": sub,
        "fieldsType": "FieldsV1",
        "fieldsV1": tree,
    }


def owners(*entries: dict[str, Any] | None) -> tuple[FieldOwner, ...]:
    body = {"kind": "DaemonSet", "metadata": {"name": "cilium", "managedFields": list(entries)}}
    return owners_of(json.dumps(body).encode(), FIELD)


def test_every_manager_that_wrote_the_field_is_one() -> None:
    assert owners(
        entry("helm", "spec", "template", "spec", operation="Apply"),
        entry("argocd-controller", *FIELD, operation="Apply"),
        entry("kubectl-rollout", *FIELD),
        entry("kube-controller-manager", *FIELD, sub="status"),
    ) == (FieldOwner("argocd-controller", "Apply"), FieldOwner("kubectl-rollout", "Update"))


def test_an_object_without_owners_has_none() -> None:
    assert owners_of(b'{"metadata": {"managedFields": null}}', FIELD) == ()
    assert owners_of(b'{"metadata": {}}', FIELD) == ()
    assert owners({"manager": "x", "operation": "Apply", "fieldsV1": {"f:spec": {}}}) == ()


@pytest.mark.parametrize("body", [b"", b"[]", b'{"metadata": {"managedFields": 3}}'])
def test_what_cannot_be_read_is_no_good_news(body: bytes) -> None:
    with pytest.raises(Malformed, match="Who owns spec"):
        owners_of(body, FIELD)
