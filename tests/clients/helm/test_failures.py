"""Helm's words, as it was seen to say them, in the project's errors."""

from __future__ import annotations

import pytest

from bot.clients.helm.failures import failure_of
from bot.model.errors import (
    ClientError,
    Conflict,
    Denied,
    NotFound,
    Refused,
    TimedOut,
    Unreachable,
    Untrusted,
)

SAID: list[tuple[str, type[ClientError], str]] = [
    ("Error: release: not found", NotFound, "no such release"),
    ('Error: UPGRADE FAILED: "cilum" has no deployed releases', NotFound, "no such release"),
    ("Error: release has no 9 version", NotFound, "no such revision"),
    (
        "Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress",
        Conflict,
        "in the middle of another operation",
    ),
    (
        'Error: looks like "http://127.0.0.1:1" is not a valid chart repository or cannot be '
        'reached: Get "http://127.0.0.1:1/index.yaml": dial tcp: connection refused',
        Unreachable,
        "chart repository",
    ),
    (
        "Error: non-absolute URLs should be in form of repo_name/path_to_chart, got: nonexist",
        NotFound,
        "chart, or that version",
    ),
    (
        'Error: chart "cilium" matching 1.18.99 not found in http://127.0.0.1:1 index. (try '
        "'helm repo update'): no chart version found for cilium-1.18.99",
        NotFound,
        "chart, or that version",
    ),
    (
        "Error: UPGRADE FAILED: execution error at (cilium/templates/validate.yaml:2:3): tunnel is "
        "gone",
        Refused,
        "refuses these values: execution error",
    ),
    (
        "Error: UPGRADE FAILED: conflict occurred while applying object kube-system/cilium "
        "apps/v1, Kind=DaemonSet: Apply failed with 1 conflict: conflict with "
        '"kubectl-patch" using apps/v1: .spec.updateStrategy.type',
        Conflict,
        "belong to somebody else (kubectl-patch)",
    ),
    (
        'Error: query: failed to query with labels: secrets is forbidden: User "ana" cannot list '
        'resource "secrets" in API group "" in the namespace "kube-system"',
        Denied,
        "does not let helm",
    ),
    (
        'Error: Kubernetes cluster unreachable: Get "https://10.0.0.1:6443/version": dial tcp '
        "10.0.0.1:6443: i/o timeout",
        Unreachable,
        "does not reach the API server",
    ),
    (
        'Error: Kubernetes cluster unreachable: Get "https://10.0.0.1:6443/version": tls: failed '
        "to verify certificate: x509: certificate signed by unknown authority",
        Untrusted,
        "cannot verify",
    ),
    ("Error: UPGRADE FAILED: context deadline exceeded", TimedOut, "out of time"),
    ("Error: something new", Refused, "helm upgrade failed: something new"),
    ("", Refused, "no message"),
]


@pytest.mark.parametrize(("said", "kind", "told"), SAID)
def test_what_helm_says(said: str, kind: type[ClientError], told: str) -> None:
    error = failure_of("upgrade", said)
    assert type(error) is kind
    assert told in error.message
    assert error.message.endswith(".")


def test_warnings_before_the_error_are_left_out_and_long_texts_cut() -> None:
    said = "WARNING: Kubernetes configuration file is group-readable\nError: " + "x" * 5000
    error = failure_of("upgrade", said)
    assert "WARNING" not in error.message
    assert len(error.message) < 700
