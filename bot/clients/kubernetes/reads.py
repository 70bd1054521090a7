"""Typed reads of the API server. What one odd object says never spoils the list it stands in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import quote

import msgspec

from bot.clients.kubernetes.field_owners import FieldOwner, owners_of
from bot.clients.kubernetes.objects import (
    CiliumNode,
    CiliumNodeConfig,
    ConfigMap,
    ControllerRevision,
    DaemonSet,
    Deployment,
    Lease,
    Named,
    Node,
    Pod,
)
from bot.model.errors import Malformed

if TYPE_CHECKING:
    from bot.clients.kubernetes.api import Api

T = TypeVar("T", bound=msgspec.Struct)

LOG_BYTES = 2 * 1024 * 1024
METRICS_BYTES = 8 * 1024 * 1024
AT_A_TIME = 16
"""Objects decoded before others get their turn: a page of a large list takes 50 ms, and whoever
typed a command meanwhile waits to hear that it was taken."""


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """A list as read. ``unreadable`` names the objects that could not be decoded, with why."""

    items: tuple[T, ...] = ()
    unreadable: tuple[str, ...] = field(default=())


def daemonset_path(namespace: str, name: str) -> str:
    """Where a DaemonSet is."""
    return f"/apis/apps/v1/namespaces/{quote(namespace)}/daemonsets/{quote(name)}"


def deployment_path(namespace: str, name: str) -> str:
    """Where a Deployment is."""
    return f"/apis/apps/v1/namespaces/{quote(namespace)}/deployments/{quote(name)}"


class Reads:
    """The questions runbooks ask of Kubernetes. Every method raises :class:`ClientError`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def node(self, name: str) -> Node:
        """One node."""
        return await self._one(f"/api/v1/nodes/{quote(name)}", Node)

    async def nodes(self) -> Listed[Node]:
        """All nodes."""
        return await self._all("/api/v1/nodes", Node)

    async def node_names(self) -> list[str]:
        """The names of all nodes, sorted."""
        return sorted(node.name for node in (await self.nodes()).items)

    async def namespace_names(self) -> list[str]:
        """The names of all namespaces, sorted; a right that only a bot which runs helm has."""
        found = await self._all("/api/v1/namespaces", Named)
        return sorted(one.metadata.name for one in found.items)

    async def pod(self, namespace: str, name: str) -> Pod:
        """One pod."""
        return await self._one(f"/api/v1/namespaces/{quote(namespace)}/pods/{quote(name)}", Pod)

    async def pods(self, namespace: str, selector: str, *, node: str | None = None) -> Listed[Pod]:
        """Pods by label ``selector``, on ``node`` or everywhere."""
        query = {"labelSelector": selector}
        if node is not None:
            query["fieldSelector"] = f"spec.nodeName={node}"
        return await self._all(f"/api/v1/namespaces/{quote(namespace)}/pods", Pod, query)

    async def pods_on(self, node: str) -> Listed[Pod]:
        """All pods of the cluster on ``node``; a right that only a bot which changes has."""
        return await self._all("/api/v1/pods", Pod, {"fieldSelector": f"spec.nodeName={node}"})

    async def daemonsets(self, namespace: str) -> Listed[DaemonSet]:
        """All DaemonSets of ``namespace``."""
        return await self._all(f"/apis/apps/v1/namespaces/{quote(namespace)}/daemonsets", DaemonSet)

    async def daemonset(self, namespace: str, name: str) -> DaemonSet:
        """One DaemonSet; a right that only a bot which changes has."""
        return await self._one(daemonset_path(namespace, name), DaemonSet)

    async def deployments(self, namespace: str) -> Listed[Deployment]:
        """All Deployments of ``namespace``."""
        path = f"/apis/apps/v1/namespaces/{quote(namespace)}/deployments"
        return await self._all(path, Deployment)

    async def deployment(self, namespace: str, name: str) -> Deployment:
        """One Deployment; a right that only a bot which changes has."""
        return await self._one(deployment_path(namespace, name), Deployment)

    async def field_owners(self, path: str, field: Sequence[str]) -> tuple[FieldOwner, ...]:
        """Who owns ``field`` of the object at ``path``."""
        return owners_of(await self._api.get(path), field)

    async def controller_revisions(
        self, namespace: str, selector: str
    ) -> Listed[ControllerRevision]:
        """The template history of DaemonSets with these labels."""
        path = f"/apis/apps/v1/namespaces/{quote(namespace)}/controllerrevisions"
        return await self._all(path, ControllerRevision, {"labelSelector": selector})

    async def config_map(self, namespace: str, name: str) -> ConfigMap:
        """One ConfigMap."""
        path = f"/api/v1/namespaces/{quote(namespace)}/configmaps/{quote(name)}"
        return await self._one(path, ConfigMap)

    async def lease(self, namespace: str, name: str) -> Lease:
        """One Lease."""
        path = f"/apis/coordination.k8s.io/v1/namespaces/{quote(namespace)}/leases/{quote(name)}"
        return await self._one(path, Lease)

    async def cilium_nodes(self) -> Listed[CiliumNode]:
        """All CiliumNodes."""
        return await self._all("/apis/cilium.io/v2/ciliumnodes", CiliumNode)

    async def cilium_node_configs(self, namespace: str) -> Listed[CiliumNodeConfig]:
        """What is configured otherwise on some nodes."""
        path = f"/apis/cilium.io/v2/namespaces/{quote(namespace)}/ciliumnodeconfigs"
        return await self._all(path, CiliumNodeConfig)

    async def log(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        tail: int,
        since: float | None = None,
        previous: bool = False,
        timeout: float = 10.0,
    ) -> str:
        """The last ``tail`` lines of a container, at most 2 MiB; ``since`` in seconds."""
        query = {"container": container, "tailLines": str(tail), "limitBytes": str(LOG_BYTES)}
        if since is not None:
            query["sinceSeconds"] = str(max(1, round(since)))
        if previous:
            query["previous"] = "true"
        path = f"/api/v1/namespaces/{quote(namespace)}/pods/{quote(pod)}/log"
        body = await self._api.get(path, query, timeout=timeout, most_bytes=2 * LOG_BYTES)
        return body.decode(errors="replace")

    async def pod_metrics(
        self, namespace: str, pod: str, port: int, *, timeout: float = 5.0
    ) -> bytes:
        """The Prometheus text a pod serves, through the API server's proxy; tried once."""
        path = f"/api/v1/namespaces/{quote(namespace)}/pods/{quote(pod)}:{port}/proxy/metrics"
        return await self._api.get(path, timeout=timeout, most_bytes=METRICS_BYTES, attempts=1)

    async def _one(self, path: str, shape: type[T]) -> T:
        body = await self._api.get(path)
        try:
            return msgspec.json.decode(body, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Malformed(f"The answer for {path} cannot be read: {error}.") from None

    async def _all(
        self, path: str, shape: type[T], query: dict[str, str] | None = None
    ) -> Listed[T]:
        decoder = msgspec.json.Decoder(shape)
        items: list[T] = []
        unreadable: list[str] = []
        async for page in self._api.pages(path, query):
            for place, raw in enumerate(page):
                if place % AT_A_TIME == 0:
                    await asyncio.sleep(0)
                try:
                    items.append(decoder.decode(raw))
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                    unreadable.append(f"{_name_of(raw)}: {error}")
        return Listed(tuple(items), tuple(unreadable))


class _OnlyName(msgspec.Struct):
    class Metadata(msgspec.Struct):
        name: str = "an object without a name"

    metadata: Metadata


def _name_of(raw: msgspec.Raw) -> str:
    try:
        return msgspec.json.decode(raw, type=_OnlyName).metadata.name
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "an object without a name"
