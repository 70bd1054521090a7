"""What ``restart-operator`` sees, before and after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from bot.clients.kubernetes.field_owners import FieldOwner
from bot.clients.kubernetes.objects import Deployment, Lease, Pod


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """Who was there. It is journaled before the restart, hence plain data: UIDs of the pods, and
    the holder of the Lease, whose name ends at random each time an operator starts."""

    pods: tuple[str, ...] = ()
    holder: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """The operator at one moment. ``owners`` are those of the annotation; they are asked for the
    plan alone."""

    read_at: datetime
    cluster: str
    namespace: str
    deployment: Deployment | None
    pods: tuple[Pod, ...]
    lease: Lease | None
    owners: tuple[FieldOwner, ...] = ()

    @property
    def holder(self) -> str:
        """Who leads, or led last; empty when nobody ever did."""
        return (self.lease.spec.holder_identity if self.lease else None) or ""

    @property
    def before(self) -> Before:
        """What is compared with afterwards."""
        return Before(pods=tuple(pod.metadata.uid for pod in self.pods), holder=self.holder)
