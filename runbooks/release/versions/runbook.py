"""The runbook ``versions``."""

from __future__ import annotations

from bot.authoring import Report, Run, runbook
from runbooks.release.versions.gather import gather
from runbooks.release.versions.judge import judge
from runbooks.release.versions.present import present


@runbook("versions")
async def versions(run: Run, *, available: bool = False) -> Report:
    """Which versions of Cilium run, and which are to be had.

    Agents, operator, relay, cluster mesh, Envoy and the release. Components that differ from the
    agents, agents that differ from each other, and versions too far apart are named. Envoy has
    versions of its own.

    --available asks the chart repository, too: the newest patch of the minor that runs, and whether
    that minor is still maintained. A repository that cannot be reached is a gap.
    """
    seen = await gather(run, available=available)
    findings = judge(seen)
    return present(seen, findings, cluster=run.cluster.name)
