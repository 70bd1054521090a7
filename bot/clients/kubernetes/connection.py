"""From a kubeconfig or a service account to an address, a TLS context and fresh credentials.

What a kubeconfig's user says is made into headers and certificates by the official client; it is
imported only when a cluster is first used (0.7 - 1.2 s, 55 MB).
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot.clients.kubernetes import kubeconfig
from bot.clients.kubernetes.exec_plugin import credentials_of
from bot.clients.kubernetes.proxies import proxy_for
from bot.model.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class ClusterAddress:
    """Where a cluster is. Neither kubeconfig nor context: the current context of the default."""

    kubeconfig: Path | None = None
    context: str | None = None
    in_cluster: bool = False

    def __str__(self) -> str:
        if self.in_cluster:
            return "the pod's service account"
        where = self.kubeconfig or "the default kubeconfig"
        return f"context {self.context} of {where}" if self.context else f"{where}"


@dataclass(frozen=True, slots=True)
class Connection:
    """An API server and how to speak to it. ``headers`` gives current credentials.

    ``certificate`` is the client's own, in PEM: the other credential that can be renewed; ``key``
    belongs to it. ``authority`` are the certificates it believes, in PEM; empty means the system's.
    """

    server: str
    tls: ssl.SSLContext | None
    server_name: str | None
    proxy: str | None
    certificate: bytes
    headers: Callable[[], Awaitable[dict[str, str]]]
    key: bytes = field(default=b"", repr=False)
    authority: bytes = b""
    verifies: bool = True


async def connect(address: ClusterAddress) -> Connection:
    """Read the credentials at ``address``; opens no connection.

    Raises :class:`ConfigurationError` naming the file or context and what to do.
    """
    from kubernetes.aio import client, config
    from kubernetes.aio.client.rest import RESTClientObject

    configuration: Any = client.Configuration()
    try:
        if address.in_cluster:
            config.load_incluster_config(client_configuration=configuration)
        else:
            await _load_kubeconfig(address, config, configuration)
        tls = RESTClientObject(configuration).ssl_context
        certificate, key = _content(configuration.cert_file), _content(configuration.key_file)
        authority = _content(configuration.ssl_ca_cert)
        proxy = _usable_proxy(configuration.proxy or proxy_for(configuration.host))
    except (config.ConfigException, OSError, ValueError, TypeError) as error:
        raise _unusable(address, error) from None

    async def headers() -> dict[str, str]:
        try:
            settings = await configuration.auth_settings()
        except (config.ConfigException, OSError) as error:
            raise _unusable(address, error) from None
        # A token file may end with a newline, which must not end the header.
        return {
            setting["key"]: setting["value"].strip()
            for setting in settings.values()
            if setting["in"] == "header" and setting["value"]
        }

    secure = configuration.host.startswith("https:")
    return Connection(
        server=configuration.host.rstrip("/"),
        tls=tls if secure else None,
        server_name=configuration.tls_server_name if secure else None,
        proxy=proxy,
        certificate=certificate,
        headers=headers,
        key=key,
        authority=authority,
        verifies=bool(configuration.verify_ssl),
    )


async def _load_kubeconfig(address: ClusterAddress, config: Any, configuration: Any) -> None:
    target = kubeconfig.read_target(address.kubeconfig, address.context)
    plugin = target.user.get("exec")
    if isinstance(plugin, dict):
        user = await credentials_of(plugin, target.cluster)
        target = kubeconfig.Target(target.context, target.cluster, dict(user))
    await config.load_kube_config_from_dict(target.document(), client_configuration=configuration)


def _content(file: str | None) -> bytes:
    return Path(file).read_bytes() if file else b""


def _usable_proxy(proxy: str | None) -> str | None:
    parts = urlsplit(proxy or "")
    if proxy and (parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0):
        raise ConfigurationError(
            f"The proxy {parts.scheme}://{parts.netloc.rpartition('@')[2]} is not an HTTP proxy.",
            hint="Check proxy-url in the kubeconfig, HTTPS_PROXY and NO_PROXY.",
        )
    return proxy


def _unusable(address: ClusterAddress, error: Exception) -> ConfigurationError:
    reason = " ".join(str(error).split())[:300].rstrip(".")
    if address.in_cluster:
        return ConfigurationError(
            f"The pod's service account cannot be used: {reason}.",
            hint="Remove in_cluster, or run in a pod with a service account.",
        )
    return ConfigurationError(
        f"Cannot use {address}: {reason}.", hint="Try the same with `kubectl get nodes`."
    )


def context_name(address: ClusterAddress) -> str:
    """The context that ``address`` means, by name. Raises :class:`ConfigurationError`."""
    return kubeconfig.context_name(address.kubeconfig, address.context)
