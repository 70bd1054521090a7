"""The API server as the playground's helm reaches it: by a kubeconfig with one context."""

from __future__ import annotations

import base64
import os
import ssl
from pathlib import Path
from typing import Any

import httpx
import msgspec

from .records import TYPE, Record, record_in

JsonObject = dict[str, Any]
MANAGER = "helm"
_PLACES = {
    "ConfigMap": ("api/v1", "configmaps"),
    "DaemonSet": ("apis/apps/v1", "daemonsets"),
    "Deployment": ("apis/apps/v1", "deployments"),
}


class Failed(Exception):
    """The operation failed; the text is what helm says after ``Error: ``."""


class Api:
    """One API server, one namespace."""

    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        cluster, user = _kubeconfig()
        headers = {"User-Agent": "playground-helm"}
        if "token" in user:
            headers["Authorization"] = f"Bearer {user['token']}"
        verify: ssl.SSLContext | bool = True
        if authority := cluster.get("certificate-authority-data"):
            text = base64.b64decode(authority).decode()
            verify = ssl.create_default_context(cadata=text)
        self._server = str(cluster["server"]).rstrip("/")
        self._client = httpx.Client(headers=headers, verify=verify, timeout=60, trust_env=False)

    # Records

    def records(self, selector: str) -> list[Record]:
        """Release records by label selector, oldest first."""
        query = {"labelSelector": selector, "fieldSelector": f"type={TYPE}"}
        answer = self._call("GET", "api/v1", "secrets", params=query)
        found = [record_in(secret) for secret in answer.get("items") or ()]
        return sorted(found, key=lambda record: (record.name, record.number))

    def keep(self, record: Record, *, new: bool) -> None:
        """Store a record, or store it again."""
        secret: JsonObject = {"apiVersion": "v1", "kind": "Secret"} | record.secret()
        if new:
            self._call("POST", "api/v1", "secrets", json=secret)
        else:
            name = secret["metadata"]["name"]
            self._call("PUT", "api/v1", "secrets", name, json=secret)

    def drop(self, record: Record) -> None:
        """Forget a record."""
        self._call("DELETE", "api/v1", "secrets", record.secret()["metadata"]["name"])

    # Objects

    def apply(self, thing: JsonObject, release: str) -> None:
        """Server-side apply, without force, and with the release's name on it."""
        root, plural = _PLACES[thing["kind"]]
        metadata = dict(thing["metadata"])
        metadata["labels"] = {
            **metadata.get("labels", {}),
            "app.kubernetes.io/managed-by": "Helm",
        }
        metadata["annotations"] = {
            **metadata.get("annotations", {}),
            "meta.helm.sh/release-name": release,
            "meta.helm.sh/release-namespace": self._namespace,
        }
        query = {"fieldManager": MANAGER, "fieldValidation": "Strict", "force": "false"}
        body = msgspec.json.encode({**thing, "metadata": metadata})
        headers = {"Content-Type": "application/apply-patch+yaml"}
        self._call(
            "PATCH", root, plural, metadata["name"], params=query, content=body, headers=headers
        )

    def delete(self, kind: str, name: str) -> None:
        """Delete an object that the release has no more."""
        root, plural = _PLACES[kind]
        self._call("DELETE", root, plural, name)

    def _call(
        self, method: str, root: str, plural: str, name: str = "", **options: Any
    ) -> JsonObject:
        at = f"/{name}" if name else ""
        url = f"{self._server}/{root}/namespaces/{self._namespace}/{plural}{at}"
        try:
            answer = self._client.request(method, url, **options)
        except httpx.HTTPError as error:
            untrusted = "CERTIFICATE_VERIFY_FAILED" in str(error)
            told = "tls: failed to verify certificate: x509: unknown authority"
            why = told if untrusted else str(error)
            raise Failed(f'Kubernetes cluster unreachable: {method} "{url}": {why}') from None
        if answer.status_code >= 400:
            raise Failed(_said(answer))
        body: JsonObject = answer.json()
        return body


def _said(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return f"the server answered {answer.status_code}"


def _kubeconfig() -> tuple[JsonObject, JsonObject]:
    path = os.environ.get("KUBECONFIG", "")
    try:
        document = msgspec.yaml.decode(Path(path).read_bytes())
        return document["clusters"][0]["cluster"], document["users"][0]["user"]
    except (OSError, msgspec.DecodeError, KeyError, IndexError, TypeError):
        raise Failed("Kubernetes cluster unreachable: invalid configuration") from None
