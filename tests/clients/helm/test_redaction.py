"""Secrets in values: hidden by the shape of key or content; everything else stays readable."""

from __future__ import annotations

from typing import Any

import pytest

from bot.clients.helm.redaction import is_secret_key, mark_of, redacted

SECRET = [
    "password", "adminPassword", "token", "apiToken", "key", "tls.key", "privateKey", "caKey",
    "secret", "clientSecret", "passphrase", "credentials", "aws_secret_access_key", "psk",
    "keyData", "bearerToken", "ca.key", "apiKey",
]  # fmt: skip
HARMLESS = [
    "secretName", "existingSecret", "keyFile", "secretNamespace", "monitorAggregation", "keys",
    "monkey", "name", "kubeProxyReplacement", "cert", "method", "authMode",
]  # fmt: skip


@pytest.mark.parametrize("key", SECRET)
def test_a_secret_by_its_key(key: str) -> None:
    assert is_secret_key(key)
    assert "hunter2" not in str(redacted({"a": {key: "hunter2"}}))


@pytest.mark.parametrize("key", HARMLESS)
def test_what_only_looks_like_one(key: str) -> None:
    assert redacted({key: "hunter2"}) == {key: "hunter2"}


@pytest.mark.parametrize(
    "content",
    [
        "-----BEGIN EC PRIVATE KEY-----\nabc",
        "LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFWS0tLS0t",
        "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiIxIn0.c2ln",
        "https://ana:hunter2@charts.example/x",
    ],
)
def test_a_secret_by_its_content(content: str) -> None:
    assert redacted({"extraArgs": ["--x", content]}) == {"extraArgs": ["--x", mark_of(content)]}


def test_everything_under_a_secret_key_is_hidden_and_the_rest_is_not() -> None:
    values: dict[str, Any] = {
        "tls": {"ca": {"cert": "LS0t", "key": "c2VjcmV0"}, "secretsBackend": "k8s"},
        "clustermesh": {"config": {"clusters": [{"name": "b", "tls": {"key": "c2VjcmV0"}}]}},
        "authentication": {"enabled": True},
        "encryption": {"ipsec": {"secretName": "cilium-ipsec-keys"}, "enabled": False},
        "password": "",
    }
    shown = redacted(values)
    assert "c2VjcmV0" not in str(shown)
    assert shown["tls"]["ca"]["cert"] == "LS0t"
    assert shown["authentication"] == {"enabled": True}
    assert shown["encryption"] == values["encryption"]
    assert shown["password"] == ""
    same = shown["clustermesh"]["config"]["clusters"][0]["tls"]["key"]
    assert same == shown["tls"]["ca"]["key"] == mark_of("c2VjcmV0")
    assert values["tls"]["ca"]["key"] == "c2VjcmV0", "what was given is not changed"


def test_very_deep_values_end() -> None:
    deep: dict[str, Any] = {}
    for _ in range(500):
        deep = {"a": deep}
    assert "too deep" in str(redacted(deep))
