"""What helm prints with ``--output json``, as revisions. Source: Helm 4.1.4."""

from __future__ import annotations

from typing import Any

import msgspec

from bot.clients.helm.names import ReleaseName
from bot.clients.helm.records import time_of
from bot.clients.helm.release import ReleaseState, Revision
from bot.model.errors import Malformed, UsageError


class _Row(msgspec.Struct):
    """A row of ``history`` and of ``list``, which writes numbers as text and times its own way."""

    revision: int | str
    status: str = ""
    chart: str = ""
    app_version: str = ""
    description: str = ""
    updated: str = ""
    name: str = ""


class _Metadata(msgspec.Struct, rename="camel"):
    revision: int
    chart: str = ""
    version: str = ""
    app_version: str = ""
    status: str = ""
    deployed_at: str = ""


class _Info(msgspec.Struct):
    status: str = ""
    description: str = ""
    last_deployed: str = ""


class _ChartMetadata(msgspec.Struct, rename="camel"):
    name: str = ""
    version: str = ""
    app_version: str = ""


class _Chart(msgspec.Struct):
    metadata: _ChartMetadata | None = None
    values: dict[str, Any] | None = None


class _Release(msgspec.Struct):
    name: str
    namespace: str
    version: int
    info: _Info | None = None
    chart: _Chart | None = None
    config: dict[str, Any] | None = None
    manifest: str = ""


def read_history(body: bytes, release: ReleaseName) -> tuple[Revision, ...]:
    """``helm history``, oldest first."""
    rows = [_of_row(row, release) for row in _decoded(body, list[_Row], "history")]
    return tuple(sorted(rows, key=lambda revision: revision.number))


def read_list(body: bytes, namespace: str) -> tuple[Revision, ...]:
    """``helm list``."""
    rows: list[_Row] = _decoded(body, list[_Row], "list")
    try:
        return tuple(_of_row(row, ReleaseName(namespace, row.name)) for row in rows)
    except UsageError as error:
        raise Malformed(f"helm list names what is no release: {error.message}") from None


def read_metadata(body: bytes, release: ReleaseName) -> Revision:
    """``helm get metadata``."""
    read: _Metadata = _decoded(body, _Metadata, "get metadata")
    return Revision(
        release=release,
        number=read.revision,
        state=ReleaseState.read(read.status),
        chart=read.chart,
        chart_version=read.version,
        app_version=read.app_version,
        updated=time_of(read.deployed_at),
    )


def read_release(body: bytes) -> Revision:
    """A whole release, as ``upgrade`` and ``status`` print it."""
    read: _Release = _decoded(body, _Release, "output")
    info, chart = read.info or _Info(), read.chart or _Chart()
    about = chart.metadata or _ChartMetadata()
    return Revision(
        release=ReleaseName(read.namespace, read.name),
        number=read.version,
        state=ReleaseState.read(info.status),
        chart=about.name,
        chart_version=about.version,
        app_version=about.app_version,
        description=info.description,
        updated=time_of(info.last_deployed),
        values=read.config or {},
        defaults=chart.values or {},
        manifest=read.manifest,
    )


def _of_row(row: _Row, release: ReleaseName) -> Revision:
    chart, version = _apart(row.chart)
    try:
        number = int(row.revision)
    except ValueError:
        raise Malformed(f"helm says {row.revision!r} for a revision.") from None
    return Revision(
        release=release,
        number=number,
        state=ReleaseState.read(row.status),
        chart=chart,
        chart_version=version,
        app_version=row.app_version,
        description=row.description,
        updated=time_of(row.updated.removesuffix(" UTC").replace(" ", "T", 1).replace(" ", "")),
    )


def _apart(chart: str) -> tuple[str, str]:
    """``cilium`` and ``1.18.6`` from ``cilium-1.18.6``: the name may have dashes, too."""
    for at, char in enumerate(chart):
        if char == "-" and chart[at + 1 : at + 2].isdigit():
            return chart[:at], chart[at + 1 :]
    return chart, ""


def _decoded(body: bytes, shape: Any, what: str) -> Any:
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Malformed(f"helm's {what} cannot be read: {error}.") from None
