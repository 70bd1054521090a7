"""A cluster's connection for a program that we start: one kubeconfig with nothing but this cluster.

Credential plugins have run and tokens are read by then, so that the program starts nothing itself
and nothing secret stands in its arguments or its environment.
"""

from __future__ import annotations

import base64
from typing import Any

from bot.clients.kubernetes.connection import Connection


async def kubeconfig_of(connection: Connection) -> dict[str, Any]:
    """A kubeconfig's document for ``connection``, with its credentials as they are now.

    Raises :class:`ConfigurationError` when they cannot be read. Towards a server without TLS
    programs in Go send none of them.
    """
    user = _user(connection, await connection.headers())
    cluster: dict[str, Any] = {"server": connection.server}
    if connection.server_name:
        cluster["tls-server-name"] = connection.server_name
    if connection.proxy:
        cluster["proxy-url"] = connection.proxy
    if not connection.verifies:
        cluster["insecure-skip-tls-verify"] = True
    elif connection.authority:
        cluster["certificate-authority-data"] = _encoded(connection.authority)
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "it", "cluster": cluster}],
        "users": [{"name": "it", "user": user}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        "current-context": "it",
    }


def _user(connection: Connection, headers: dict[str, str]) -> dict[str, str]:
    user: dict[str, str] = {}
    if connection.certificate and connection.key:
        user["client-certificate-data"] = _encoded(connection.certificate)
        user["client-key-data"] = _encoded(connection.key)
    given = {name.lower(): value for name, value in headers.items()}.get("authorization", "")
    scheme, _, secret = given.partition(" ")
    if scheme.lower() == "bearer":
        user["token"] = secret.strip()
    elif scheme.lower() == "basic":
        name, _, password = base64.b64decode(secret).decode().partition(":")
        user |= {"username": name, "password": password}
    return user


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()
