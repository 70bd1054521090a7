"""The remedy ``rollback``."""

from __future__ import annotations

from collections.abc import Sequence

from bot.authoring import Acting, Check, Looking, Plan, Remedy, RevisionNumber, remedy
from bot.clients.helm.release import Revision
from runbooks.release.rollback.carrying import carry_out, what_holds
from runbooks.release.rollback.gather import gather
from runbooks.release.rollback.planning import plan_of
from runbooks.release.rollback_target import NoTarget, Target, chosen_target, default_target

NAME = "rollback"


@remedy(NAME)
class Rollback(Remedy):
    """Make Cilium's Helm release what an earlier revision was.

    REVISION is one of `release history`; without it the newest that was deployed and differs from
    what is there now. The plan shows what becomes otherwise, object by object, what restarts, and
    that the API server would accept each object. Within a minor one approval, one minor back is
    breakglass, more is refused. A release that Flux or Argo CD owns is rolled back there.
    """

    revision: RevisionNumber | None = None

    verify_within = 900.0
    cooldown = 0.0  # the way back from a way back must not wait

    async def plan(self, look: Looking) -> Plan:
        """What would be done, or :class:`PlanRefused`."""
        seen = await gather(look, self._target)
        assert isinstance(seen.target, Target)  # noqa: S101  gather refuses otherwise
        then = seen.target.revision
        given = {} if self.revision is None else {"revision": str(self.revision)}
        title = f"Roll Cilium back to revision {then.number} (chart {then.chart_version})"
        return plan_of(seen, remedy=NAME, parameters=given, title=title)

    async def apply(self, act: Acting) -> None:
        """helm, then the agents' rollout."""
        await carry_out(act)

    async def verify(self, look: Looking) -> tuple[Check, ...]:
        """The plan's checks, by what is seen now."""
        return await what_holds(look)

    def _target(self, history: Sequence[Revision]) -> Target | NoTarget:
        if self.revision is None:
            return default_target(history)
        return chosen_target(history, self.revision)
