"""One change at a time per cluster: a Lease in that cluster, so that bots without a common store
exclude each other, too.

A lock lapses unless it is renewed. It only keeps changes apart in time; what makes a late call
harmless are the preconditions on every write (UID, resourceVersion). The Lease also remembers the
steps that its last change began: a store can lose its last second, and with it the journal of what
was done in it.
Source of the fields: Kubernetes API reference, coordination.k8s.io/v1 Lease.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from bot.model.brakes import LockState
from bot.model.errors import Conflict, Malformed, NotFound
from bot.model.time_scale import REAL_TIME, TimeScale

if TYPE_CHECKING:
    from bot.clients.cluster import Cluster

NAME = "cilium-oncall-change"
LASTS = 300.0
"""Seconds without renewal after which the lock of a change lapses."""
_PREFIX = "cilium-oncall.io/"
_REASON, _NAME, _SINCE = f"{_PREFIX}reason", f"{_PREFIX}holder-name", f"{_PREFIX}since"
_BY_HAND, _BEGAN = f"{_PREFIX}by-hand", f"{_PREFIX}began"
_TRIES = 3
_MOST_STEPS = 20
"""That are remembered, the latest: as many as no change begins in a second."""


class LockTaken(Exception):
    """Somebody else holds the lock."""

    def __init__(self, held: LockState) -> None:
        super().__init__(held.holder)
        self.held = held


class _Spec(msgspec.Struct, rename="camel"):
    holder_identity: str | None = None
    lease_duration_seconds: int | None = None
    renew_time: datetime | None = None


class _Metadata(msgspec.Struct, rename="camel"):
    uid: str = ""
    resource_version: str = ""
    annotations: dict[str, str] | None = None


class _Lease(msgspec.Struct):
    metadata: _Metadata
    spec: _Spec


class Lock:
    """The lock of one cluster. Every method may raise :class:`~bot.model.errors.ClientError`."""

    def __init__(self, cluster: Cluster, time_scale: TimeScale = REAL_TIME) -> None:
        self._cluster = cluster
        self._scale = time_scale
        namespace = quote(cluster.namespace)
        self._path = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"

    async def take(
        self,
        holder: str,
        reason: str,
        *,
        holder_name: str = "",
        seconds: float = LASTS,
        by_hand: bool = False,
        step: str = "",
    ) -> LockState:
        """Hold the lock, or go on holding it; raises :class:`LockTaken` when another does.

        ``step`` is what is done next: the Lease says so from now on.
        """
        for _ in range(_TRIES):
            lease = await self._read()
            held = self._state(lease)
            if held is not None and held.holder != holder:
                raise LockTaken(held)
            since = held.since if held else None
            body = self._body(holder, reason, holder_name, seconds, by_hand, since)
            if step:
                body["metadata"]["annotations"][_BEGAN] = _noted(lease, holder, step)
            try:
                if lease is None:
                    metadata = {"name": NAME, "namespace": self._cluster.namespace}
                    whole = {**body, "metadata": {**body["metadata"], **metadata}}
                    answer = await self._cluster.api.create(self._path, whole)
                else:
                    version = lease.metadata.resource_version
                    answer = await self._cluster.api.patch(
                        self._one, body, resource_version=version
                    )
            except (Conflict, NotFound):
                continue  # somebody was faster: look who
            taken = self._state(_lease(answer))
            if taken is not None and taken.holder == holder:
                return taken
        held = await self.state()
        if held is None:
            raise Conflict("The lock changes faster than it can be taken.", hint="Try again.")
        raise LockTaken(held)

    async def renew(self, holder: str, reason: str, *, holder_name: str = "") -> bool:
        """Go on holding the lock; ``False`` when ``holder`` does not hold it (any more)."""
        held = await self.state()
        if held is None or held.holder != holder:
            return False
        await self.take(holder, reason, holder_name=holder_name)
        return True

    async def release(self, holder: str) -> bool:
        """Give the lock back; ``False`` when somebody else holds it, or nobody."""
        for _ in range(_TRIES):
            lease = await self._read()
            held = self._state(lease)
            if lease is None or held is None or held.holder != holder:
                return False
            body = {"spec": {"holderIdentity": None, "renewTime": None}}
            try:
                version = lease.metadata.resource_version
                await self._cluster.api.patch(self._one, body, resource_version=version)
            except NotFound:
                return False
            except Conflict:
                continue
            return True
        return False

    async def state(self) -> LockState | None:
        """Who holds the lock now; ``None`` when it is free."""
        return self._state(await self._read())

    async def begun(self, holder: str) -> tuple[str, ...]:
        """The steps that ``holder`` began, oldest first, as the Lease remembers them; none when
        somebody else acted since."""
        return _begun(await self._read(), holder)

    @property
    def _one(self) -> str:
        return f"{self._path}/{NAME}"

    async def _read(self) -> _Lease | None:
        try:
            return _lease(await self._cluster.api.get(self._one))
        except NotFound:
            return None

    def _state(self, lease: _Lease | None) -> LockState | None:
        if lease is None or not lease.spec.holder_identity or lease.spec.renew_time is None:
            return None
        until = lease.spec.renew_time + timedelta(seconds=self._lasts(lease))
        if until <= datetime.now(UTC):
            return None
        notes = lease.metadata.annotations or {}
        return LockState(
            cluster=self._cluster.name,
            holder=lease.spec.holder_identity,
            reason=notes.get(_REASON, ""),
            holder_name=notes.get(_NAME, ""),
            since=_time(notes.get(_SINCE, "")),
            until=until,
            by_hand=notes.get(_BY_HAND) == "true",
        )

    def _lasts(self, lease: _Lease) -> float:
        return self._scale.seconds(lease.spec.lease_duration_seconds or LASTS)

    def _body(
        self,
        holder: str,
        reason: str,
        name: str,
        seconds: float,
        by_hand: bool,
        since: datetime | None,
    ) -> dict[str, Any]:
        now = datetime.now(UTC)
        stamp = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {
                "annotations": {
                    _REASON: reason[:500],
                    _NAME: name[:100],
                    _SINCE: (since or now).isoformat(),
                    _BY_HAND: "true" if by_hand else "false",
                }
            },
            "spec": {
                "holderIdentity": holder,
                "leaseDurationSeconds": max(1, round(seconds)),
                "renewTime": stamp,
            },
        }


def _begun(lease: _Lease | None, holder: str) -> tuple[str, ...]:
    notes = (lease.metadata.annotations if lease else None) or {}
    who, *steps = notes.get(_BEGAN, "").split("\n")
    return tuple(steps) if who == holder else ()


def _noted(lease: _Lease | None, holder: str, step: str) -> str:
    before = [one for one in _begun(lease, holder) if one != step]
    return "\n".join([holder, *before[1 - _MOST_STEPS :], step])


def _lease(body: bytes) -> _Lease:
    try:
        return msgspec.json.decode(body, type=_Lease)
    except msgspec.DecodeError as error:
        raise Malformed(f"The lock's Lease cannot be read: {error}.") from None


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
