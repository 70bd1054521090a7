"""The remedy ``restart-operator``."""

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
from runbooks.operator.restart.checks import checks, trouble, waits
from runbooks.operator.restart.evidence import Before
from runbooks.operator.restart.gather import gather
from runbooks.operator.restart.judge import NAME, READY_WITHIN, plan_of, refusal
from runbooks.restarted_at import DRY_RUN, Restart, observing, try_out, writing

LOOK = "look before"
WAIT = "wait for the new operators"
LOOK_EVERY = 2.0
"""Seconds between two looks at the new operators."""


@remedy(NAME)
class RestartOperator(Remedy):
    """Restart the Cilium operator.

    The Deployment makes new pods, as after `kubectl rollout restart`; it is never scaled. For about
    30 s no node gets new addresses and no identity is cleaned up; traffic goes on. For an operator
    that runs and does not lead; one that crashes by itself is restarted by its kubelet already.
    """

    async def plan(self, look: Looking) -> Plan:
        """What would be done, or :class:`PlanRefused`."""
        seen = await gather(look)
        if refused := refusal(seen):
            raise refused
        plan = plan_of(seen, look.change)
        assert seen.deployment is not None  # noqa: S101  refused before
        await try_out(look, Restart.planned(plan), seen.deployment.metadata.resource_version)
        return msgspec.structs.replace(plan, dry_run=DRY_RUN)

    async def apply(self, act: Acting) -> None:
        """Note who is there, annotate the template, wait for the new ones."""
        restart = Restart.planned(act.plan)

        async def look() -> str:
            return msgspec.json.encode((await gather(act)).before).decode()

        async def is_back() -> str:
            now = await gather(act)
            if ended := trouble(now, before, restart):
                raise ended
            if missing := waits(now, before, restart):
                act.told(missing)
                raise NotYet(f"{missing}.")
            return ", ".join(sorted(pod.name for pod in now.pods))

        act.told("looking at the operator before it is restarted")
        before = _before(await act.step(LOOK, look, observed=_harmless))
        act.told(f"annotating the template of {restart}")
        step = f"restart {restart.kind} {restart.namespace}/{restart.name}"
        await act.step(step, writing(act, restart), observed=observing(act, restart))
        await act.wait(WAIT, is_back, within=READY_WITHIN, every=LOOK_EVERY)

    async def verify(self, look: Looking) -> tuple[Check, ...]:
        """The plan's checks, by what is seen now."""
        plan = look.change.plan
        assert plan is not None  # noqa: S101  nothing is verified before it was planned
        return checks(await gather(look), _before(look.result(LOOK)), Restart.planned(plan))


def _before(journaled: str) -> Before:
    return msgspec.json.decode(journaled, type=Before) if journaled else Before()


async def _harmless() -> Effect:
    return Effect.ABSENT  # looking twice changes nothing
