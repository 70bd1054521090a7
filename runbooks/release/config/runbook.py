"""The runbook ``config``."""

from __future__ import annotations

from bot.authoring import NodeName, Report, Run, runbook
from runbooks.release.config.gather import gather
from runbooks.release.config.judge import judge
from runbooks.release.config.present import present


@runbook("config")
async def config(run: Run, node: NodeName | None = None) -> Report:
    """How Cilium is configured: values, cilium-config, running agents.

    Each difference on that way is named: keys that somebody changed beside Helm, and settings that
    agents do not run with because their pods are older than the change. Keys that a
    CiliumNodeConfig sets otherwise on some nodes are taken into account.

    NODE is a node's name or the unique beginning of one. Without it up to 50 agents are asked, the
    oldest first. An agent shows most of its settings, not all. Secrets are hidden.
    """
    seen = await gather(run, node)
    findings = judge(seen)
    return present(seen, findings, cluster=run.cluster.name)
