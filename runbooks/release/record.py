"""Cilium's release as Helm keeps it: found by what the agents' DaemonSet says, or by its chart."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.authoring import Gap, Run
from bot.clients.cilium.names import AGENT_DAEMONSET
from bot.clients.gitops.ownership import Marked, Owner, owner_of
from bot.clients.helm.manifest import objects_of
from bot.clients.helm.names import ReleaseName
from bot.clients.helm.release import Revision, current, latest
from bot.clients.kubernetes.objects import DaemonSet, Metadata
from bot.model.errors import ClientError, Malformed, NotFound, UsageError

if TYPE_CHECKING:
    from bot.clients.cluster import Cluster

RELEASE_NAME = "meta.helm.sh/release-name"
RELEASE_NAMESPACE = "meta.helm.sh/release-namespace"

Objects = dict[tuple[str, str], dict[str, Any]]


@dataclass(slots=True)
class Recorded:
    """What Helm says. ``history`` is ``None`` when it could not be read, and empty when there is no
    release; ``others`` are further releases of the chart in the namespace."""

    history: tuple[Revision, ...] | None = None
    others: tuple[ReleaseName, ...] = ()
    objects: Objects = field(default_factory=dict)
    """What the current revision consists of, by kind and name."""

    @property
    def current(self) -> Revision | None:
        """What the release is now."""
        return current(self.history or ())

    @property
    def latest(self) -> Revision | None:
        """What was tried last."""
        return latest(self.history or ())


async def read_record(
    run: Run, daemonset: DaemonSet | None, *, within: float
) -> tuple[Recorded, list[Gap]]:
    """The record, or the gap."""
    try:
        async with asyncio.timeout(within):
            return await _read(run, daemonset)
    except TimeoutError:
        return Recorded(), [Gap(_WORDS, "The API server did not answer in time.")]
    except ClientError as error:
        return Recorded(), [Gap(_WORDS, error.message, error.hint)]


async def _read(run: Run, daemonset: DaemonSet | None) -> tuple[Recorded, list[Gap]]:
    record = await find_record(run.cluster, daemonset)
    if record.current is None:
        return record, []
    try:
        record.objects = await asyncio.to_thread(objects_of, record.current.manifest)
    except Malformed as error:
        return record, [Gap("what the release consists of", error.message, error.hint)]
    return record, []


async def find_record(cluster: Cluster, daemonset: DaemonSet | None) -> Recorded:
    """The history of Cilium's release, empty when there is none. Raises :class:`ClientError`."""
    name, namespace = _said_by(daemonset, cluster.charts.chart, cluster.namespace)
    try:
        return Recorded(history=await cluster.releases.history(ReleaseName(namespace, name)))
    except NotFound:
        found = await cluster.releases.of_chart(cluster.namespace, cluster.charts.chart)
    if not found:
        return Recorded(history=())
    return Recorded(history=await cluster.releases.history(found[0]), others=found[1:])


def _said_by(daemonset: DaemonSet | None, chart: str, namespace: str) -> tuple[str, str]:
    annotations = (daemonset.metadata.annotations if daemonset else None) or {}
    name = annotations.get(RELEASE_NAME, chart)
    space = annotations.get(RELEASE_NAMESPACE, namespace)
    try:
        ReleaseName(space, name)
    except UsageError:  # somebody wrote something else there
        return chart, namespace
    return name, space


def owner_of_agents(daemonset: DaemonSet | None, namespace: str) -> Owner | None:
    """The GitOps controller that owns the agents' DaemonSet."""
    if daemonset is None:
        return None
    metadata = daemonset.metadata
    return owner_of(
        Marked(
            "apps",
            "DaemonSet",
            namespace,
            AGENT_DAEMONSET,
            metadata.labels or {},
            metadata.annotations or {},
            managers_of(metadata),
        )
    )


def managers_of(metadata: Metadata) -> tuple[str, ...]:
    """Who wrote more of an object than its status, each once."""
    found = (
        entry.manager
        for entry in metadata.managed_fields or ()
        if entry.subresource != "status" and entry.manager
    )
    return tuple(dict.fromkeys(found))


_WORDS = "the Helm release"
