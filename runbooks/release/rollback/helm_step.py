"""The one step that writes: helm rolls back to an explicit revision, once.

helm says nothing of the result, and its process may be killed at any point; so what became of it
is always read from the release itself. A process of helm dies with its worker; one whose worker
hangs somewhere ends by its own time, and a successor waits that long.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from bot.authoring import Acting, Effect, Plan
from bot.clients.helm.arguments import MARGIN
from bot.clients.helm.names import ReleaseName
from bot.clients.helm.release import ReleaseState, Revision, latest
from bot.model.errors import ClientError, Conflict

USUAL = 5.0
"""Seconds that helm takes where the cluster answers: the facts saw three to four."""
HELM_TAKES = 120.0
"""Seconds that it is given."""
WITHIN = HELM_TAKES + MARGIN + 10.0
"""Seconds for the step: the client ends a helm that does not end by itself before that."""
OUTLASTS = WITHIN + 20.0
"""Seconds after its begin in which a helm of a lost carrier may be at work. Less than a lock lasts,
so that nobody else begins meanwhile either."""

RELEASE, NEWEST, TARGET = "release", "newest revision", "target revision"
MANIFEST, MANIFEST_NOW = "target manifest", "manifest now"
VALUES = "target values"


@dataclass(frozen=True, slots=True)
class WayBack:
    """What the plan pinned: from which newest revision to which target, and the target's text."""

    release: ReleaseName
    newest: int
    target: int
    manifest: str

    @classmethod
    def of(cls, plan: Plan) -> WayBack:
        """As ``plan`` says it."""
        namespace, _, name = plan.pinned[RELEASE].partition("/")
        return cls(
            ReleaseName(namespace, name),
            int(plan.pinned[NEWEST]),
            int(plan.pinned[TARGET]),
            plan.pinned[MANIFEST],
        )

    @property
    def step(self) -> str:
        """The step's name."""
        return f"helm rollback {self.release.name} to revision {self.target}"


def digest_of(text: str) -> str:
    """What stands for a manifest or for values."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def made_by(way: WayBack, history: Sequence[Revision]) -> Revision | None:
    """The newest revision that this rollback made, in whatever state.

    Helm describes it so, and copies the target's text. Source: Helm 4.1, ``action/rollback.go``;
    the description is that of a failure once it failed.
    """
    said = (f"Rollback to {way.target}", "Rollback failed", f'Rollback "{way.release.name}"')
    return latest(
        tuple(
            one
            for one in history
            if one.number > way.newest
            and digest_of(one.manifest) == way.manifest
            and one.description.startswith(said)
        )
    )


def effect_of(way: WayBack, history: Sequence[Revision]) -> Effect:
    """What became of the rollback, by the release's records. Pure.

    Helm stores the new revision before it applies anything. So without a newer one nothing was
    done; one that is pending or failed may have changed a part, which only a human can tell on.
    """
    ours = made_by(way, history)
    if ours is not None and ours.state in (ReleaseState.DEPLOYED, ReleaseState.SUPERSEDED):
        return Effect.HAPPENED
    newest = latest(tuple(history))
    if newest is not None and newest.number == way.newest:
        return Effect.ABSENT
    return Effect.UNKNOWN


async def roll_back(act: Acting, way: WayBack) -> None:
    """Carry the step out."""
    releases = act.cluster.releases

    async def helm() -> str:
        history = await releases.history(way.release)
        newest, ours = latest(history), made_by(way, history)
        if newest is None or newest.number not in (way.newest, ours.number if ours else 0):
            there = newest.number if newest else "none"
            raise Conflict(
                f"The newest revision of {way.release} is {there} and not {way.newest}: somebody "
                "else changed the release meanwhile. Nothing was rolled back.",
                hint="/cilium release history",
            )
        await act.writes.roll_back(way.release, way.target, timeout=HELM_TAKES)
        made = made_by(way, await releases.history(way.release))
        return str(made.number) if made else ""

    async def observed() -> Effect:
        try:
            history = await releases.history(way.release)
        except ClientError:
            return Effect.UNKNOWN
        ours = made_by(way, history)
        if ours is not None and ours.state.pending:
            act.told(f"revision {ours.number} is {ours.state}: helm is at work, or was killed")
        return effect_of(way, history)

    await act.step(way.step, helm, observed=observed, within=WITHIN, outlasts=OUTLASTS)
