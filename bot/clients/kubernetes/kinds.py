"""Where the objects of a kind are served: asked of the API server, which knows all kinds it has.

Source: Kubernetes API concepts, "Discovery API" (the unaggregated form, which every server has).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from bot.clients.kubernetes.decoding import decode
from bot.model.errors import NotFound

if TYPE_CHECKING:
    from bot.clients.kubernetes.api import Api


class _Resource(msgspec.Struct):
    name: str = ""
    kind: str = ""
    namespaced: bool = False


class _ResourceList(msgspec.Struct):
    resources: list[_Resource] | None = None


class Kinds:
    """The kinds of one cluster, as far as they were asked about. Short-lived: kinds come and go."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: dict[str, dict[str, _Resource]] = {}

    async def path_of(self, thing: dict[str, Any], namespace: str) -> str:
        """The path of ``thing``, in ``namespace`` unless it says another.

        Raises :class:`NotFound` for a kind that is not served.
        """
        version, kind = str(thing.get("apiVersion", "")), str(thing.get("kind", ""))
        resource = (await self._served(version)).get(kind)
        if resource is None:
            raise NotFound(f"The cluster serves no {kind} of {version}.")
        metadata = thing["metadata"]
        space = metadata.get("namespace") or namespace
        within = f"/namespaces/{quote(str(space))}" if resource.namespaced else ""
        return f"{_root(version)}{within}/{resource.name}/{quote(str(metadata.get('name', '')))}"

    async def _served(self, version: str) -> dict[str, _Resource]:
        if version not in self._known:
            path = _root(version)
            try:
                found: _ResourceList = decode(await self._api.get(path), _ResourceList, path)
            except NotFound:
                found = _ResourceList()
            self._known[version] = {
                one.kind: one for one in found.resources or () if "/" not in one.name
            }
        return self._known[version]


def _root(version: str) -> str:
    """``/api/v1``, ``/apis/apps/v1``."""
    group, _, name = version.rpartition("/")
    return f"/apis/{quote(group)}/{quote(name)}" if group else f"/api/{quote(name)}"
