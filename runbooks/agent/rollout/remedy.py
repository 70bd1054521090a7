"""The remedy ``rollout-restart``."""

from __future__ import annotations

import msgspec

from bot.authoring import (
    Acting,
    Check,
    Effect,
    Looking,
    NotYet,
    Plan,
    Remedy,
    remedy,
)
from runbooks.agent.rollout import planning
from runbooks.agent.rollout.checks import checks
from runbooks.agent.rollout.gather import gather, look_after, look_at
from runbooks.agent.rollout.judge import refusal
from runbooks.agent.rollout.planning import NAME, limit, patience, plan_of
from runbooks.agent.rollout.progress import Limits, is_done, told, trouble
from runbooks.restarted_at import DRY_RUN, Restart, observing, try_out, writing

LOOK = "look before"
WAIT = "wait for all agents"
LOOK_EVERY = 5.0
"""Seconds between two looks at the rollout: a look lists the agents of the whole cluster."""


@remedy(NAME)
class RolloutRestart(Remedy):
    """Restart the Cilium agents of all nodes, a few at a time.

    The DaemonSet does it, as after `kubectl rollout restart`, never more at once than its
    maxUnavailable. For what at least three nodes share, such as a configuration that no agent has
    read yet; for one node there is restart-agent. It is refused while a rollout is under way, while
    agents are away for another reason, and with the strategy OnDelete. Once begun, the DaemonSet
    goes on by itself, and Cancel does not stop it.
    """

    async def plan(self, look: Looking) -> Plan:
        """What would be done, or :class:`PlanRefused`."""
        seen = await gather(look)
        if refused := refusal(seen):
            raise refused
        plan = plan_of(seen, look.change)
        assert seen.daemonset is not None  # noqa: S101  refused before
        version = seen.daemonset.metadata.resource_version
        await try_out(look, Restart.planned(plan), version)
        return msgspec.structs.replace(plan, dry_run=DRY_RUN)

    async def apply(self, act: Acting) -> None:
        """Note how long agents take here, annotate the template, wait for all of them."""
        restart, bounds = Restart.planned(act.plan), act.plan.bounds

        async def look() -> str:
            return f"{patience((await look_at(act)).agents):.0f}"

        async def rolled() -> str:
            seen = await look_at(act)
            if ended := trouble(seen, restart, limits):
                raise ended
            if not is_done(seen):
                act.told(told(seen))
                raise NotYet(f"{told(seen)}.")
            return told(seen)

        act.told("looking at the agents before they are restarted")
        ready_within = float(await act.step(LOOK, look, observed=_harmless))
        limits = Limits(ready_within, bounds.max_unavailable, planning.AWAY_FOR)
        act.told(f"annotating the template of {restart}")
        step = f"restart {restart.kind} {restart.namespace}/{restart.name}"
        await act.step(step, writing(act, restart), observed=observing(act, restart))
        within = limit(bounds.most_nodes, bounds.max_unavailable)
        await act.wait(WAIT, rolled, within=within, every=LOOK_EVERY)

    async def verify(self, look: Looking) -> tuple[Check, ...]:
        """The plan's checks, by what is seen now."""
        plan = look.change.plan
        assert plan is not None  # noqa: S101  nothing is verified before it was planned
        return checks(await look_after(look), Restart.planned(plan))


async def _harmless() -> Effect:
    return Effect.ABSENT  # looking twice changes nothing
