"""What every way back does once it is approved: helm, then the agents' rollout, then its checks."""

from __future__ import annotations

from bot.authoring import Acting, Check, Looking, NotYet
from runbooks.release.rollback.checks import checks, look_after
from runbooks.release.rollback.helm_step import WayBack, roll_back
from runbooks.release.rollback.planning import waits
from runbooks.release.rollout import look_at_rollout, progress_of

WAIT = "wait for the agents"
LOOK_EVERY = 5.0
"""Seconds between two looks at the rollout."""


async def carry_out(act: Acting) -> None:
    """One step that writes, and one that waits."""
    way = WayBack.of(act.plan)
    act.told(f"helm goes back to revision {way.target}")
    await roll_back(act, way)

    async def rolled() -> str:
        seen = await look_at_rollout(act.cluster)
        progress = progress_of(seen)
        act.told(progress.words)
        if not progress.finished:
            raise NotYet(
                f"{progress.words}. kubectl -n {act.cluster.namespace} get pods -l k8s-app=cilium "
                "-o wide"
            )
        return progress.words

    await act.wait(WAIT, rolled, within=waits(act.plan.bounds), every=LOOK_EVERY)


async def what_holds(look: Looking) -> tuple[Check, ...]:
    """The checks of the plan that was approved."""
    plan = look.change.plan
    if plan is None:
        return ()
    way = WayBack.of(plan)
    return checks(way, await look_after(look, way))
