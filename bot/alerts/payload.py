"""A webhook's body to a delivery.

Read leniently: fields that are not known here are left alone. One alert of which nothing can be
made is counted and named, and its neighbours are kept. Source: Alertmanager's webhook payload,
version 4 (prometheus.io/docs/alerting/latest/configuration, ``webhook_config``), and deliveries of
Alertmanager 0.25.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from bot.model.alert import Alert, AlertState, Delivery
from bot.model.alert_rules import AlertReceiver
from bot.model.errors import NotAllowed, UsageError
from bot.model.nearest import did_you_mean, quoted
from bot.model.visible import visible

MOST_BYTES = 4 * 1024 * 1024
VERSION = "4"
CLUSTER = "cluster"
"""The label that says which cluster is meant, where a receiver may speak for several."""

_AT = " - at `$"
"""What msgspec puts before the place of an error; the value before it may be the sender's."""
_LONGEST = 100


class _Post(msgspec.Struct, rename="camel", kw_only=True):
    """The body. ``alerts`` are looked at one by one."""

    version: str = VERSION
    status: AlertState
    group_key: str
    alerts: list[msgspec.Raw]
    group_labels: dict[str, str] = {}
    common_labels: dict[str, str] = {}
    common_annotations: dict[str, str] = {}
    external_url: str = msgspec.field(name="externalURL", default="")
    truncated_alerts: Annotated[int, msgspec.Meta(ge=0, lt=2**31)] = 0


class _PostedAlert(msgspec.Struct, rename="camel", kw_only=True):
    status: AlertState
    labels: dict[str, str]
    annotations: dict[str, str] = {}
    starts_at: Annotated[datetime, msgspec.Meta(tz=True)]
    ends_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    generator_url: str = msgspec.field(name="generatorURL", default="")
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A delivery, and a sentence about each alert that is not in it."""

    delivery: Delivery
    unreadable: tuple[str, ...] = ()


def read(body: bytes, receiver: AlertReceiver, now: datetime) -> Reading:
    """The delivery in ``body``, which ``receiver`` sent.

    Raises :class:`UsageError`, naming the field, when nothing can be made of it, and
    :class:`NotAllowed` when it is about a cluster that ``receiver`` may not speak for.
    """
    if len(body) > MOST_BYTES:
        raise UsageError(f"The body has {len(body):,} bytes; at most {MOST_BYTES:,} are read.")
    try:
        post = msgspec.json.decode(body, type=_Post)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(_said(error)) from None
    if post.version != VERSION:
        raise UsageError(f"version: {quoted(post.version)} is not {VERSION}, which is read here.")
    cluster = _cluster(post, receiver)
    alerts: list[Alert] = []
    unreadable: list[str] = []
    for index, raw in enumerate(post.alerts):
        try:
            alerts.append(_alert(raw))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError) as error:
            unreadable.append(_said(error, f"alerts[{index}]"))
    if not alerts:
        raise UsageError(unreadable[0] if unreadable else "alerts: it has none.")
    delivery = Delivery(
        receiver=receiver.name,
        group_key=post.group_key,
        cluster=cluster,
        state=post.status,
        alerts=tuple(alerts),
        group_labels=post.group_labels,
        common_labels=post.common_labels,
        common_annotations=post.common_annotations,
        alertmanager_url=post.external_url,
        truncated=post.truncated_alerts,
        unreadable=len(unreadable),
        received_at=now,
    )
    return Reading(delivery, tuple(unreadable))


def _alert(raw: msgspec.Raw) -> Alert:
    posted = msgspec.json.decode(raw, type=_PostedAlert)
    ended = posted.ends_at
    if posted.status is AlertState.FIRING or (ended is not None and ended.year <= 1):
        ended = None  # Go's zero time, or when Prometheus will stop believing in it
    return Alert(
        fingerprint=posted.fingerprint or _fingerprint(posted.labels),
        state=posted.status,
        labels=posted.labels,
        annotations=posted.annotations,
        began_at=posted.starts_at.astimezone(UTC),
        ended_at=None if ended is None else ended.astimezone(UTC),
        source_url=posted.generator_url,
    )


def _fingerprint(labels: Mapping[str, str]) -> str:
    """For a sender that gives none: the same labels have the same."""
    written = msgspec.json.encode(sorted(labels.items()))
    return hashlib.sha256(written).hexdigest()[:16]


def _cluster(post: _Post, receiver: AlertReceiver) -> str:
    """The only cluster of ``receiver``, else the one that the group is labelled with."""
    if len(receiver.clusters) == 1:
        return receiver.clusters[0]
    known = ", ".join(receiver.clusters)
    named = post.common_labels.get(CLUSTER) or post.group_labels.get(CLUSTER)
    if not named:
        raise UsageError(
            f"commonLabels.{CLUSTER}: it is missing, and {receiver.name} may speak for {known}.",
            hint=f"Group by {CLUSTER} in Alertmanager.",
        )
    if named not in receiver.clusters:
        raise NotAllowed(
            f"{receiver.name} may not speak for the cluster {quoted(named)}, only for {known}.",
            hint=did_you_mean(named, receiver.clusters),
        )
    return named


def _said(error: Exception, where: str = "") -> str:
    """What is wrong, the field first: ``alerts[3].startsAt: Expected `str`, got `int```."""
    if isinstance(error, RecursionError):
        what, path = "nested too deep", ""
    elif isinstance(error, OverflowError):
        what, path = "a time outside of the calendar", ""
    elif isinstance(error, UnicodeDecodeError):
        what, path = "not UTF-8 text", ""
    else:
        what, _, path = str(error).rpartition(_AT) if _AT in str(error) else (str(error), "", "")
    field = (where + path.rstrip("`")).lstrip(".")
    what = visible(what if len(what) <= _LONGEST else f"{what[: _LONGEST - 1]}…")
    return f"{field}: {what}." if field else f"The body: {what}."
