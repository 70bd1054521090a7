"""Every object of a manifest, tried on the API server as Helm will apply it, and nothing changed.

Helm's own dry run does not send the objects: it accepts what the API server refuses (facts on
upgrades, section 8). So each is applied as a dry run, with strict validation and as Helm's field
manager; what has to go is deleted as a dry run. That shows ownership conflicts, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from bot.authoring import Looking
from bot.clients.cilium.document import inner
from bot.clients.helm.manifest import Object
from bot.clients.helm.names import FIELD_MANAGER, ReleaseName
from bot.clients.kubernetes.kinds import Kinds
from bot.engine.concurrent import ask_all
from bot.model.errors import Conflict, Malformed, NotFound, Refused, TimedOut
from runbooks.release.record import RELEASE_NAME, RELEASE_NAMESPACE
from runbooks.release.rendered import Identity

ROLLED = ("DaemonSet", "Deployment")
"""Kinds whose pods come anew when their template changes."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """A field that the chart sets and somebody else owns."""

    identity: Identity
    manager: str
    field: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What the API server said of one object. ``uid`` is that of the object there is, empty where
    there is none; ``rolls``: its pods come anew."""

    uid: str = ""
    rolls: bool = False
    refusal: str = ""
    foreign: tuple[Foreign, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """All of it."""

    objects: dict[Identity, Tried]

    @property
    def refusals(self) -> tuple[str, ...]:
        """What would not be accepted, and why."""
        return tuple(f"{one}: {it.refusal}" for one, it in self.objects.items() if it.refusal)

    @property
    def foreign(self) -> tuple[Foreign, ...]:
        """Fields that Helm would not get."""
        return tuple(foreign for it in self.objects.values() for foreign in it.foreign)

    @property
    def rolling(self) -> tuple[Identity, ...]:
        """The workloads whose pods come anew."""
        return tuple(one for one, it in self.objects.items() if it.rolls)


async def try_out(
    look: Looking,
    release: ReleaseName,
    wanted: Sequence[Object],
    before: Sequence[Object],
    *,
    within: float,
) -> Trial:
    """Apply all of ``wanted``, and delete what only ``before`` has, as dry runs.

    Raises :class:`ClientError` when that cannot be done: a right is missing, no answer came.
    """
    kinds, space = Kinds(look.cluster.api), release.namespace
    applied = {Identity.of(thing, space): thing for thing in wanted}
    gone = {Identity.of(thing, space): thing for thing in before}
    everything = {**gone, **applied}

    async def ask(one: Identity) -> Tried:
        thing = everything[one]
        try:
            path = await kinds.path_of(thing, space)
            if one not in applied:
                return await _deleted(look, path)
            return await _applied(look, one, path, _as_helm_sends_it(thing, release))
        except (Refused, NotFound) as error:
            return Tried(refusal=error.message)

    answers = await ask_all(everything, ask, within=within)
    for error in answers.errors.values():
        raise error
    if answers.silent:
        raise TimedOut(
            f"The API server did not say of {len(answers.silent)} of {len(everything)} objects "
            f"within {within:.0f} s whether it would accept them.",
            hint="A change is planned only by what is seen.",
        )
    return Trial({one: answers.values[one] for one in everything})


async def _applied(look: Looking, one: Identity, path: str, thing: Object) -> Tried:
    live = await _live(look, path)
    try:
        answer = await look.dry_run.apply(path, thing, manager=FIELD_MANAGER)
    except Conflict as conflict:
        foreign = tuple(
            Foreign(one, manager, field)
            for manager, field in conflict.owners
            if manager != FIELD_MANAGER
        )
        if foreign or not conflict.owners:
            return Tried(uid=_uid(live), foreign=foreign, refusal="" if foreign else str(conflict))
        # Helm 3 wrote them, as another operation of the same manager. What Helm 3 applied Helm 4
        # applies in the same old way, which asks nobody; the rest is still to be validated.
        answer = await look.dry_run.apply(path, thing, manager=FIELD_MANAGER, force=True)
    would = _object(answer, path)
    rolls = one.kind in ROLLED and (
        live is None or inner(live, "spec", "template") != inner(would, "spec", "template")
    )
    return Tried(uid=_uid(live), rolls=rolls)


async def _deleted(look: Looking, path: str) -> Tried:
    live = await _live(look, path)
    if live is None:
        return Tried()
    await look.dry_run.delete(path, uid=_uid(live))
    return Tried(uid=_uid(live))


async def _live(look: Looking, path: str) -> Object | None:
    try:
        return _object(await look.cluster.api.get(path), path)
    except NotFound:
        return None


def _as_helm_sends_it(thing: Object, release: ReleaseName) -> Object:
    """Helm marks what it applies as its release's. Source: Helm 4.1, ``action/validate.go``."""
    metadata = dict(thing["metadata"])
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    metadata["labels"] = {**labels, "app.kubernetes.io/managed-by": "Helm"}
    metadata["annotations"] = {
        **annotations,
        RELEASE_NAME: release.name,
        RELEASE_NAMESPACE: release.namespace,
    }
    return {**thing, "metadata": metadata}


def _uid(thing: Object | None) -> str:
    return str(thing["metadata"].get("uid", "")) if thing else ""


def _object(body: bytes, path: str) -> Object:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("metadata"), dict):
        raise Malformed(f"The answer for {path} is no object.")
    return found
