"""Releases read from the Secrets that Helm keeps them in, without any binary.

Needs ``list`` on Secrets in Cilium's namespace (the chart's ``helm-reader`` role), which includes
every other Secret there: see docs/security.md.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from bot.clients.helm.names import ReleaseName
from bot.clients.helm.records import TYPE, Secret, read_secret
from bot.clients.helm.release import Revision
from bot.model.errors import Malformed, NotFound
from bot.model.nearest import did_you_mean, quoted

if TYPE_CHECKING:
    from bot.clients.kubernetes.api import Api


class Releases:
    """The releases of one cluster. Every method raises :class:`ClientError`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def history(self, release: ReleaseName) -> tuple[Revision, ...]:
        """All revisions that Helm has kept, oldest first.

        Raises :class:`NotFound` with the nearest name in the namespace, and :class:`Malformed` when
        a record cannot be read: a history with a hole is no ground for a decision.
        """
        found = await self._read(release.namespace, f"owner=helm,name={release.name}")
        if found.unreadable:
            raise Malformed(found.unreadable[0])
        if not found.revisions:
            known = await self.names(release.namespace)
            hint = did_you_mean(release.name, known)
            raise NotFound(
                f"There is no Helm release {quoted(release.name)} in {release.namespace}.",
                hint=hint or (f"It has: {', '.join(known[:8])}." if known else _NO_RECORDS),
            )
        return found.revisions

    async def names(self, namespace: str) -> list[str]:
        """The names of all releases in ``namespace``, sorted."""
        return sorted({one.release.name for one in await self.deployed(namespace)})

    async def deployed(self, namespace: str) -> tuple[Revision, ...]:
        """What is installed in ``namespace``: each release's deployed revision."""
        return (await self._read(namespace, "owner=helm,status=deployed")).revisions

    async def of_chart(self, namespace: str, chart: str) -> tuple[ReleaseName, ...]:
        """The releases of ``chart`` in ``namespace``, deployed or not, by name."""
        found = await self._read(namespace, "owner=helm")
        names = {one.release for one in found.revisions if one.chart == chart}
        return tuple(sorted(names, key=lambda release: release.name))

    async def _read(self, namespace: str, selector: str) -> _Found:
        path = f"/api/v1/namespaces/{quote(namespace)}/secrets"
        query = {"labelSelector": selector, "fieldSelector": f"type={TYPE}"}
        revisions: list[Revision] = []
        unreadable: list[str] = []
        # A few at a time: each may be as large as a Secret can be.
        async for page in self._api.pages(path, {**query, "limit": "10"}):
            read, wrong = await asyncio.to_thread(_decoded, page, namespace)
            revisions += read
            unreadable += wrong
        ordered = sorted(revisions, key=lambda one: (one.release.name, one.number))
        return _Found(tuple(ordered), tuple(unreadable))


class _Found(msgspec.Struct, frozen=True):
    revisions: tuple[Revision, ...]
    unreadable: tuple[str, ...]


def _decoded(page: list[msgspec.Raw], namespace: str) -> tuple[list[Revision], list[str]]:
    revisions: list[Revision] = []
    unreadable: list[str] = []
    for raw in page:
        try:
            revisions.append(read_secret(msgspec.json.decode(raw, type=Secret), namespace))
        except Malformed as error:
            unreadable.append(error.message)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            unreadable.append(f"A release record cannot be read: {error}.")
    return revisions, unreadable


_NO_RECORDS = (
    "Helm keeps no release there. Argo CD keeps none at all, and Flux may keep it elsewhere."
)
