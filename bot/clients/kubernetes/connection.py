"""From a kubeconfig or a service account to an address, a TLS context and fresh credentials.

Reading kubeconfigs, exec plugins and token files is the official client's work; it is imported
only when a cluster is first used (0.7 - 1.2 s, 55 MB).
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from bot.model.errors import ConfigurationError
from bot.model.nearest import did_you_mean, quoted


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
    """An API server and how to speak to it. ``headers`` gives current credentials."""

    server: str
    tls: ssl.SSLContext | None
    server_name: str | None
    proxy: str | None
    headers: Callable[[], Awaitable[dict[str, str]]]
    renew: Callable[[], Awaitable[None]]


async def connect(address: ClusterAddress) -> Connection:
    """Read the credentials at ``address``; opens no connection.

    Raises :class:`ConfigurationError` naming the file or context and what to do.
    """
    from kubernetes.aio import client, config
    from kubernetes.aio.client.rest import RESTClientObject

    configuration: Any = client.Configuration()
    load = _loader(address, config, configuration)
    try:
        await load()
        tls = RESTClientObject(configuration).ssl_context
    except config.ConfigException as error:
        raise _unusable(address, error) from None
    except (OSError, ValueError, TypeError, ssl.SSLError) as error:
        raise _unusable(address, error) from None

    async def headers() -> dict[str, str]:
        settings = await configuration.auth_settings()
        return {
            setting["key"]: setting["value"]
            for setting in settings.values()
            if setting["in"] == "header" and setting["value"]
        }

    secure = configuration.host.startswith("https:")
    return Connection(
        server=configuration.host.rstrip("/"),
        tls=tls if secure else None,
        server_name=configuration.tls_server_name if secure else None,
        proxy=configuration.proxy or _proxy_from_environment(configuration.host),
        headers=headers,
        renew=load,
    )


def _proxy_from_environment(server: str) -> str | None:
    """``HTTPS_PROXY`` and ``NO_PROXY`` as kubectl honours them, read once and not per request."""
    parts = urlsplit(server)
    if proxy_bypass(parts.hostname or ""):
        return None
    return getproxies().get(parts.scheme)


def _loader(
    address: ClusterAddress, config: Any, configuration: Any
) -> Callable[[], Awaitable[None]]:
    if address.in_cluster:

        async def from_service_account() -> None:
            config.load_incluster_config(client_configuration=configuration)

        return from_service_account

    files = _kubeconfig_files(address)

    async def from_kubeconfig() -> None:
        await config.load_kube_config(
            config_file=os.pathsep.join(str(path) for path in files),
            context=address.context,
            client_configuration=configuration,
            persist_config=False,
        )

    return from_kubeconfig


def _kubeconfig_files(address: ClusterAddress) -> list[Path]:
    """The files to read, as kubectl finds them: named, else $KUBECONFIG, else ~/.kube/config."""
    if address.kubeconfig is not None:
        named = [address.kubeconfig.expanduser()]
        hint = "Check the path, or set KUBECONFIG."
    elif os.environ.get("KUBECONFIG"):
        named = [Path(path) for path in os.environ["KUBECONFIG"].split(os.pathsep) if path]
        hint = "It is named by the KUBECONFIG variable."
    else:
        named = [Path.home() / ".kube" / "config"]
        hint = "Pass --kubeconfig, set KUBECONFIG, or try `cilium-oncall demo`."
    existing = [path for path in named if path.is_file()]
    if not existing:
        raise ConfigurationError(f"There is no kubeconfig at {named[0]}.", hint=hint)
    return existing


def _unusable(address: ClusterAddress, error: Exception) -> ConfigurationError:
    if address.in_cluster:
        return ConfigurationError(
            f"Not running in a cluster: {error}",
            hint="Remove in_cluster, or run in a pod with a service account.",
        )
    contexts = _contexts(address)
    if address.context and contexts and address.context not in contexts:
        file = address.kubeconfig or "the kubeconfig"
        return ConfigurationError(
            f"There is no context {quoted(address.context)} in {file}.",
            hint=did_you_mean(address.context, contexts) or f"It has: {', '.join(contexts[:10])}.",
        )
    reason = " ".join(str(error).split())[:300]
    return ConfigurationError(
        f"Cannot use {address}: {reason}", hint="Try the same with `kubectl get nodes`."
    )


def context_name(address: ClusterAddress) -> str:
    """The context that ``address`` means, by name. Raises :class:`ConfigurationError`."""
    if address.context:
        return address.context
    for document in _documents(address):
        if document.get("current-context"):
            return str(document["current-context"])
    raise ConfigurationError(
        f"No context is current in {_kubeconfig_files(address)[0]}.",
        hint="Pass --context, or choose one with `kubectl config use-context`.",
    )


def _contexts(address: ClusterAddress) -> list[str]:
    items = [item for document in _documents(address) for item in document.get("contexts") or []]
    return [str(item["name"]) for item in items if isinstance(item, dict) and "name" in item]


def _documents(address: ClusterAddress) -> list[dict[str, Any]]:
    """The kubeconfig files as read; those that are no YAML mapping are left out."""
    import yaml

    documents = []
    for path in _kubeconfig_files(address):
        try:
            document = yaml.safe_load(path.read_text())
        except (OSError, ValueError, yaml.YAMLError):
            continue
        if isinstance(document, dict):
            documents.append(document)
    return documents
