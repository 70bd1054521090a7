"""The remedy ``clear-pending-release``: a release whose helm was killed, back to what was deployed.

Until then Helm refuses every upgrade. A rollback works from there and leaves the pending record in
the history, where it does no harm (facts on upgrades, sections 7 and 8); nothing is deleted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.authoring import Acting, Check, Looking, Plan, Remedy, remedy
from bot.clients.helm.release import ReleaseState, Revision, latest
from bot.model.names import counted, format_duration
from runbooks.release.rollback.carrying import carry_out, what_holds
from runbooks.release.rollback.checks import created_since
from runbooks.release.rollback.evidence import Seen
from runbooks.release.rollback.gather import gather
from runbooks.release.rollback.planning import plan_of
from runbooks.release.rollback_target import NoTarget, Target, within_reach

NAME = "clear-pending-release"
QUIET = timedelta(minutes=10)
"""How old a pending record must be: a helm that waits ends after five minutes by its own default,
and writes what came of it."""
_SHOWN = 8


@remedy(NAME)
class ClearPendingRelease(Remedy):
    """Bring a release whose helm was killed back to what was deployed last.

    For when every upgrade is refused with "another operation is in progress".
    Look first that no helm runs any more, on anybody's machine and in any pipeline: the bot cannot
    see them. It is a rollback: the plan shows which agents the killed operation had reached, and
    what becomes otherwise. No record is deleted.
    """

    verify_within = 900.0
    cooldown = 0.0  # it may have to be repeated at once

    async def plan(self, look: Looking) -> Plan:
        """What would be done, or :class:`PlanRefused`."""
        now = look.now()
        seen = await gather(look, lambda history: last_deployed(history, now))
        newest, target = seen.newest, seen.target
        assert newest is not None and isinstance(target, Target)  # noqa: S101, PT018  gather
        title = (
            f"Clear the {newest.state} revision {newest.number} of {newest.release.name}, "
            f"back to revision {target.revision.number}"
        )
        return plan_of(seen, remedy=NAME, parameters={}, title=title, notes=reached(seen, newest))

    async def apply(self, act: Acting) -> None:
        """helm, then the agents' rollout."""
        await carry_out(act)

    async def verify(self, look: Looking) -> tuple[Check, ...]:
        """The plan's checks, by what is seen now."""
        return await what_holds(look)


def last_deployed(history: Sequence[Revision], now: datetime) -> Target | NoTarget:
    """What a pending release goes back to, or why it does not. Pure."""
    newest = latest(tuple(history))
    if newest is None:
        return NoTarget("The release has no revisions.")
    if not newest.state.pending:
        return NoTarget(
            f"Nothing is pending: revision {newest.number} is {newest.state}.", "`release history`"
        )
    if newest.state is ReleaseState.UNINSTALLING:
        return NoTarget(
            f"Revision {newest.number} is being uninstalled, or that was killed: parts of Cilium "
            "are gone already.",
            "A person decides whether it is finished or installed again; the bot does neither.",
        )
    if newest.updated is not None and now - newest.updated < QUIET:
        age = format_duration(max(0.0, (now - newest.updated).total_seconds()))
        return NoTarget(
            f"Revision {newest.number} became {newest.state} {age} ago: its helm may be at work.",
            f"Ask again when it is {format_duration(QUIET.total_seconds())} old.",
        )
    found = last_of(history, ReleaseState.DEPLOYED) or last_of(history, ReleaseState.SUPERSEDED)
    if found is None:
        return NoTarget(
            f"Revision {newest.number} is {newest.state}, and none was ever deployed: there is "
            "nothing to go back to.",
            "A person uninstalls what is there of it and installs it anew; the bot does neither.",
        )
    why = f"it is what was deployed before the operation that left revision {newest.number}"
    return within_reach(found, newest, why)


def last_of(history: Sequence[Revision], state: ReleaseState) -> Revision | None:
    """The newest revision in that state."""
    return latest(tuple(one for one in history if one.state is state))


def reached(seen: Seen, newest: Revision) -> tuple[str, ...]:
    """Whom the killed operation had changed already. Pure."""
    nodes = created_since(seen.agents, newest)
    look = "Whether a helm still runs somewhere the bot cannot see: ask who started it."
    if not nodes:
        return ("No agent was made since: the killed operation has reached none.", look)
    shown = ", ".join(nodes[:_SHOWN]) + (" …" if len(nodes) > _SHOWN else "")
    of = f"{counted(len(nodes), 'agent')} of {len(seen.agents)}"
    return (f"{of} were made since and may run the killed operation's template: {shown}.", look)
