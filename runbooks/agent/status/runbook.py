"""The runbook ``status``."""

from __future__ import annotations

from bot.authoring import NodeName, Report, Run, runbook
from runbooks.agent.status.gather import gather
from runbooks.agent.status.judge import judge
from runbooks.agent.status.present import present


@runbook(
    "status",
    alerts=["CiliumAgentDown", "CiliumAgentUnavailable", "CiliumAgentPodNotReady"],
    patient_when=["deep"],
)
async def status(run: Run, node: NodeName | None = None, *, deep: bool = False) -> Report:
    """Health of Cilium: the whole cluster, or one node in detail.

    NODE is a node's name or the unique beginning of one. Without it, agents, operator, relay,
    envoy and nodes of the whole cluster are looked at: pods, CRDs and agent metrics first, and
    inside the agents only where something looks wrong (up to 100 nodes: inside all of them).
    --deep looks inside every agent and takes up to 60 s.

    Agents that stay silent are listed as gaps and never hold up the rest.
    """
    seen = await gather(run, node, deep=deep)
    findings = judge(seen)
    return present(seen, findings, cluster=run.cluster.name)
