"""Restarting a workload by an annotation of its template: whose it is, and the one write.

Sources: ``kubectl rollout restart`` (``kubectl.kubernetes.io/restartedAt`` of the template); seen
on Kubernetes 1.36 with Cilium's charts applied by Helm 4: the charts do not set it, so it outlives
upgrades and rollbacks and conflicts with none. No other field of a workload is ever patched here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from bot.authoring import Acting, Call, Effect, Looking, ObjectRef, Plan, PlanRefused
from bot.clients.kubernetes.field_owners import FieldOwner
from bot.clients.kubernetes.objects import DaemonSet, Deployment
from bot.clients.kubernetes.reads import daemonset_path, deployment_path
from bot.model.change import Change
from bot.model.errors import ClientError, Conflict, NotFound

if TYPE_CHECKING:
    from bot.clients.cluster import Cluster

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
FIELD = ("spec", "template", "metadata", "annotations", RESTARTED_AT)
GENERATION = "generation"
"""What a plan pins: it rises with every change of the spec, and only then."""
DRY_RUN = "The API server would annotate the template of this very object."
TRIES = 5
"""A workload's status is written whenever a pod of it changes: then it is read again."""

_PUTS_BACK = frozenset(
    {
        "argocd-application-controller",
        "argocd-controller",
        "helm",
        "helm-controller",
        "kubectl-client-side-apply",
        "kustomize-controller",
    }
)
"""Managers that put back what they declared although they write by Update, as before server-side
apply. Everybody else's Update was a restart by hand (kubectl, k9s, the button of Argo CD)."""

Workload = DaemonSet | Deployment


@dataclass(frozen=True, slots=True)
class Restart:
    """One restart as planned. ``value`` is this change's own, the same whoever carries it."""

    kind: str
    namespace: str
    name: str
    uid: str
    generation: int
    value: str

    @classmethod
    def of(cls, workload: Workload, change: Change) -> Restart:
        """The restart of ``workload`` as it is, by ``change``."""
        meta = workload.metadata
        kind = type(workload).__name__
        value = value_of(change)
        return cls(kind, meta.namespace, meta.name, meta.uid, meta.generation, value)

    @classmethod
    def planned(cls, plan: Plan) -> Restart:
        """The restart that was approved."""
        ref, pinned = plan.calls[0].object, plan.pinned
        generation, value = int(pinned[GENERATION]), pinned[RESTARTED_AT]
        return cls(ref.kind, ref.namespace, ref.name, ref.uid, generation, value)

    @property
    def call(self) -> Call:
        """The call of the plan."""
        ref = ObjectRef(kind=self.kind, name=self.name, namespace=self.namespace, uid=self.uid)
        return Call(
            verb="patch",
            object=ref,
            changes=(f"+ template annotation {RESTARTED_AT}: {self.value}",),
        )

    @property
    def pinned(self) -> dict[str, str]:
        """What the plan rests on."""
        return {GENERATION: str(self.generation), RESTARTED_AT: self.value}

    @property
    def path(self) -> str:
        """Where the object is."""
        path = daemonset_path if self.kind == "DaemonSet" else deployment_path
        return path(self.namespace, self.name)

    @property
    def patch(self) -> dict[str, Any]:
        """A merge patch of that annotation, of the object with that UID."""
        annotations = {RESTARTED_AT: self.value}
        template = {"metadata": {"annotations": annotations}}
        return {"metadata": {"uid": self.uid}, "spec": {"template": template}}

    def is_of(self, workload: Workload) -> bool:
        """Whether ``workload`` was last restarted by this."""
        return workload.spec.template.annotation(RESTARTED_AT) == self.value

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def value_of(change: Change) -> str:
    """When the change was asked for, to the microsecond: kept with it, and no other change's."""
    return change.asked_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def who_puts_back(owners: Iterable[FieldOwner]) -> str:
    """The field manager that declares the annotation; empty when nobody does."""
    return next(
        (one.manager for one in owners if one.operation == "Apply" or one.manager in _PUTS_BACK), ""
    )


def refused_for(manager: str, workload: Workload) -> PlanRefused:
    """There is no restart where ``manager`` declares the annotation."""
    kind, meta = type(workload).__name__, workload.metadata
    return PlanRefused(
        f"{manager or 'Somebody without a name'} declares {RESTARTED_AT} of {kind} {meta.name}: it "
        "would put its own value back, which restarts everything a second time.",
        hint="Change the value where it is declared; who it is: kubectl -n "
        f"{meta.namespace} get {kind.lower()} {meta.name} -o yaml --show-managed-fields",
    )


async def try_out(look: Looking, restart: Restart, version: str) -> None:
    """As a dry run. Raises :class:`ClientError` where the real call would."""
    try:
        await look.dry_run.patch(restart.path, restart.patch, resource_version=version)
    except Conflict:
        raise PlanRefused(
            f"{restart} is being changed right now.", hint="Ask again in a moment."
        ) from None


def writing(act: Acting, restart: Restart) -> Callable[[], Awaitable[str]]:
    """The write, for a step: only on the object and the spec that were planned for."""

    async def write() -> str:
        for _ in range(TRIES):
            there = await read(act.cluster, restart)
            if there.metadata.uid != restart.uid:
                raise Conflict(f"{restart} is another one by now. Nothing was restarted.")
            if restart.is_of(there):
                return restart.value
            if there.metadata.generation != restart.generation:
                raise _changed(restart, there)
            version = there.metadata.resource_version
            try:
                await act.writes.patch(restart.path, restart.patch, resource_version=version)
            except Conflict:
                continue
            return restart.value
        raise Conflict(
            f"{restart} was changed {TRIES} times in between. Nothing was restarted.",
            hint=f"Who writes it? kubectl -n {restart.namespace} get {restart.kind.lower()} "
            f"{restart.name} -o yaml --show-managed-fields",
        )

    return write


def observing(look: Looking, restart: Restart) -> Callable[[], Awaitable[Effect]]:
    """A probe: whether the annotation is this change's."""

    async def observed() -> Effect:
        try:
            there = await read(look.cluster, restart)
        except NotFound:
            return Effect.ABSENT
        except ClientError:
            return Effect.UNKNOWN
        if restart.is_of(there):
            return Effect.HAPPENED
        # Somebody changed the spec: whether before or after our write cannot be seen any more.
        untouched = there.metadata.generation == restart.generation
        return Effect.ABSENT if untouched else Effect.UNKNOWN

    return observed


async def read(cluster: Cluster, restart: Restart) -> Workload:
    """The object as it is. Raises :class:`ClientError`."""
    if restart.kind == "DaemonSet":
        return await cluster.reads.daemonset(restart.namespace, restart.name)
    return await cluster.reads.deployment(restart.namespace, restart.name)


def _changed(restart: Restart, there: Workload) -> Conflict:
    return Conflict(
        f"{restart} was changed by somebody else (generation {restart.generation} became "
        f"{there.metadata.generation}). Nothing was restarted.",
        hint="See what it is now, then ask anew: /cilium status",
    )
