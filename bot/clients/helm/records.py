"""Helm's records: a Secret per revision, its content JSON, compressed, and encoded twice.

Source: Helm 4.1's ``storage/driver`` (``encodeRelease``; the second base64 is Kubernetes' own).
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from datetime import datetime
from typing import Any

import msgspec

from bot.clients.helm.names import ReleaseName
from bot.clients.helm.release import ReleaseState, Revision
from bot.model.errors import Malformed, UsageError

TYPE = "helm.sh/release.v1"
MOST_BYTES = 64 * 1024 * 1024
"""Of one record, unpacked: a Secret holds a megabyte, and zeros pack a thousand to one."""
_GZIP = b"\x1f\x8b\x08"
_OWN_LABELS = frozenset({"name", "owner", "status", "version", "createdAt", "modifiedAt"})
_FRACTION = re.compile(r"(\.\d{6})\d+")


class _Metadata(msgspec.Struct):
    name: str = ""
    namespace: str = ""
    labels: dict[str, str] | None = None


class Secret(msgspec.Struct):
    """What is looked at of a Secret that holds a record."""

    metadata: _Metadata
    data: dict[str, str] | None = None
    type: str = ""


class _Info(msgspec.Struct):
    last_deployed: str = ""
    description: str = ""
    status: str = ""


class _ChartMetadata(msgspec.Struct, rename="camel"):
    name: str = ""
    version: str = ""
    app_version: str = ""


class _Chart(msgspec.Struct):
    metadata: _ChartMetadata | None = None
    values: dict[str, Any] | None = None


class _Record(msgspec.Struct):
    name: str
    version: int
    info: _Info | None = None
    chart: _Chart | None = None
    config: dict[str, Any] | None = None
    manifest: str = ""
    namespace: str = ""


def read_secret(secret: Secret, namespace: str) -> Revision:
    """The revision in ``secret``. Raises :class:`Malformed` naming it."""
    what = f"The release record {secret.metadata.name}"
    try:
        packed = base64.b64decode(secret.data["release"] if secret.data else "", validate=True)
        record = msgspec.json.decode(_unpacked(packed, what), type=_Record)
        release = ReleaseName(record.namespace or namespace, record.name)
    except (KeyError, binascii.Error, zlib.error, msgspec.DecodeError, UnicodeDecodeError,
            RecursionError, UsageError) as error:  # fmt: skip
        raise Malformed(f"{what} cannot be read: {str(error).rstrip('.')}.") from None
    return _revision(record, release, secret.metadata.labels or {})


def _unpacked(packed: bytes, what: str) -> bytes:
    body = base64.b64decode(packed, validate=True)
    if not body.startswith(_GZIP):  # very old records
        return body
    unpacking = zlib.decompressobj(wbits=31)
    unpacked = unpacking.decompress(body, MOST_BYTES)
    if unpacking.unconsumed_tail:
        raise Malformed(f"{what} is larger than {MOST_BYTES:,} bytes.")
    return unpacked


def _revision(record: _Record, release: ReleaseName, labels: dict[str, str]) -> Revision:
    info, chart = record.info or _Info(), record.chart or _Chart()
    about = chart.metadata or _ChartMetadata()
    return Revision(
        release=release,
        number=record.version,
        state=ReleaseState.read(info.status),
        chart=about.name,
        chart_version=about.version,
        app_version=about.app_version,
        description=" ".join(info.description.split()),
        updated=time_of(info.last_deployed),
        values=record.config or {},
        defaults=chart.values or {},
        manifest=record.manifest,
        labels={name: value for name, value in labels.items() if name not in _OWN_LABELS},
    )


def time_of(text: str) -> datetime | None:
    """A time as Go writes it, to the nanosecond; ``None`` when it is none, or Go's year 1."""
    try:
        read = datetime.fromisoformat(_FRACTION.sub(r"\1", text))
    except ValueError:
        return None
    return read if read.tzinfo is not None and read.year > 1 else None
