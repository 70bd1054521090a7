"""From findings to a report: verdict, one-sentence summary, facts, tables, log lines."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime

from bot.authoring import (
    Attachment,
    Finding,
    Report,
    Severity,
    Table,
    Verdict,
    natural,
    verdict_of,
)
from bot.clients.cilium.commands import AGENT_CONTAINER
from bot.clients.cilium.endpoints import READY
from bot.clients.cilium.names import (
    ENVOY_DAEMONSET,
    OPERATOR_DEPLOYMENT,
    RELAY_DEPLOYMENT,
)
from bot.clients.cilium.versions import version_of
from bot.model.names import format_duration
from runbooks.agent.status.evidence import Seen, image_of
from runbooks.agent.status.judging.change import recent_change
from runbooks.agent.status.judging.insides import addresses, endpoint_states

MOST_ROWS = 30
_ERROR_LINE = re.compile(r'level="?(?:error|fatal|panic)|"level":"(?:error|fatal|panic)')


def present(seen: Seen, findings: tuple[Finding, ...], *, cluster: str) -> Report:
    """The report. Verdict first; nothing that was not seen is called healthy."""
    gaps = tuple(seen.gaps)
    verdict = verdict_of(findings, gaps)
    where = f"{seen.node} of {cluster}" if seen.node else cluster
    return Report(
        title=f"Cilium on {where}",
        verdict=verdict,
        summary=_summary(seen, findings, verdict),
        recent_change=recent_change(seen),
        findings=findings,
        gaps=gaps,
        facts=tuple(_facts(seen)),
        tables=tuple(_tables(seen, findings)),
        attachments=tuple(_logs(seen)),
    )


def _summary(seen: Seen, findings: tuple[Finding, ...], verdict: Verdict) -> str:
    if seen.agents is None:
        return "The agents' pods could not be read."
    if any(finding.id == "cilium-not-found" for finding in findings):
        return f"Cilium was not found in namespace {seen.namespace}."
    if seen.node is not None:
        return _summary_of_node(seen, seen.node, findings, verdict)
    agents = len(seen.agents)
    ready = sum(pod.ready for pod in seen.agents.values())
    first = f"{ready} of {agents} agents are ready"
    problems = [finding for finding in findings if finding.severity is not Severity.INFO]
    if problems:
        return f"{first}; {_where(problems)}."
    if seen.unheard:
        return f"{first}; {len(seen.unheard)} did not answer, so nothing is known of them."
    return f"{first}, and nothing wrong was found."


def _summary_of_node(seen: Seen, node: str, findings: tuple[Finding, ...], verdict: Verdict) -> str:
    pod = (seen.agents or {}).get(node)
    if pod is None:
        return f"There is no agent pod on {node}."
    problems = [finding for finding in findings if finding.severity is not Severity.INFO]
    if problems:
        return problems[0].cause
    if node in seen.unheard:
        return "The agent's pod is ready, but the agent does not answer: its state is unknown."
    if verdict is Verdict.UNKNOWN:
        return "Too little could be seen to say how the node is."
    return "The agent is ready, and nothing wrong was found."


def _where(problems: list[Finding]) -> str:
    """``3 problems on node-3, node-5 and node-7``."""
    subjects = sorted({str(problem.subject) for problem in problems}, key=natural)
    shown, rest = subjects[:4], len(subjects) - 4
    if rest > 0:
        named = f"{', '.join(shown)} and {rest} more"
    else:
        named = " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
    return f"{len(problems)} problem{'s' * (len(problems) > 1)} on {named}"


def _facts(seen: Seen) -> list[tuple[str, str]]:
    facts = [_agents_fact(seen), *_deployment_facts(seen), _envoy_fact(seen), _nodes_fact(seen)]
    facts += [_versions_fact(seen), _addresses_fact(seen), _endpoints_fact(seen), _heard_fact(seen)]
    if seen.node is not None:
        facts = [*_node_facts(seen, seen.node), *facts[1:3], facts[-2]]
    return [fact for fact in facts if fact[1]]


def _agents_fact(seen: Seen) -> tuple[str, str]:
    agents = seen.agents or {}
    ready = sum(pod.ready for pod in agents.values())
    return "Agents", f"{ready}/{len(agents)} ready" if agents else ""


def _deployment_facts(seen: Seen) -> list[tuple[str, str]]:
    facts = []
    for label, name in (("Operator", OPERATOR_DEPLOYMENT), ("Relay", RELAY_DEPLOYMENT)):
        deployment = (seen.deployments or {}).get(name)
        available = deployment.status.available_replicas if deployment else 0
        facts.append((label, f"{available}/{deployment.desired} available" if deployment else ""))
    return facts


def _envoy_fact(seen: Seen) -> tuple[str, str]:
    daemonset = (seen.daemonsets or {}).get(ENVOY_DAEMONSET)
    if daemonset is None:
        return "Envoy", ""
    status = daemonset.status
    return "Envoy", f"{status.number_ready}/{status.desired_number_scheduled} ready"


def _nodes_fact(seen: Seen) -> tuple[str, str]:
    nodes = seen.nodes or {}
    conditions = [node.condition("Ready") for node in nodes.values()]
    ready = sum(bool(condition and condition.status == "True") for condition in conditions)
    return "Nodes", f"{ready}/{len(nodes)} ready" if nodes else ""


def _versions_fact(seen: Seen) -> tuple[str, str]:
    versions = Counter(version_of(image_of(pod)) or "?" for pod in (seen.agents or {}).values())
    if len(versions) == 1:
        return "Cilium", next(iter(versions))
    return "Cilium", ", ".join(f"{version} ({count})" for version, count in versions.most_common(4))


def _addresses_fact(seen: Seen) -> tuple[str, str]:
    read = {node: addresses(seen, node) for node in seen.heard}
    known = {n: (used or 0, cap) for n, (used, cap, _) in read.items() if cap}
    if not known:
        return "Addresses", ""
    used, capacity = (sum(pair[i] for pair in known.values()) for i in (0, 1))
    fullest = max(known, key=lambda node: known[node][0] / known[node][1])
    share = known[fullest][0] / known[fullest][1]
    return "Addresses", f"{used:,} of {capacity:,} in use; fullest {fullest} at {share:.0%}"


def _endpoints_fact(seen: Seen) -> tuple[str, str]:
    states: Counter[str] = Counter()
    for node in seen.heard:
        states.update(endpoint_states(seen, node))
    total = sum(states.values())
    return "Endpoints", f"{states[READY]:,}/{total:,} ready" if total else ""


def _heard_fact(seen: Seen) -> tuple[str, str]:
    """What this answer rests on."""
    asked = len(seen.heard | seen.unheard)
    if not asked:
        return "Seen", ""
    parts = [f"{len(seen.heard)} of {asked} agents answered"]
    if seen.metrics:
        parts.append(f"metrics of {len(seen.metrics)}")
    parts.append(f"looked inside {len(seen.statuses)}")
    return "Seen", ", ".join(parts)


def _node_facts(seen: Seen, node: str) -> list[tuple[str, str]]:
    pod, object_ = (seen.agents or {}).get(node), (seen.nodes or {}).get(node)
    facts: list[tuple[str, str]] = []
    if pod is not None:
        facts.append(("Agent", f"{pod.name}, {_age(seen, pod.metadata.creation_timestamp)} old"))
        facts.append(("Cilium", version_of(image_of(pod))))
        container = pod.container(AGENT_CONTAINER)
        if container:
            ended = container.last_state.terminated
            last = f", last: {ended.reason} (exit code {ended.exit_code})" if ended else ""
            facts.append(("Restarts", f"{container.restart_count}{last}"))
    if object_ is not None and object_.status.node_info:
        facts.append(("Kernel", object_.status.node_info.kernel_version))
    used, capacity, _ = addresses(seen, node)
    if used is not None:
        facts.append(("Addresses", f"{used} of {capacity}" if capacity else str(used)))
    health = seen.health.get(node)
    if health is not None:
        reached = len(health.peers) - len(health.unreachable)
        facts.append(("Peers", f"reaches {reached} of {len(health.peers)}"))
    return facts


def _age(seen: Seen, since: datetime | None) -> str:
    if since is None:
        return "?"
    return format_duration(max(0.0, (seen.read_at - since).total_seconds()))


def _tables(seen: Seen, findings: tuple[Finding, ...]) -> list[Table]:
    if seen.node is not None:
        return _subsystems(seen, seen.node)
    agents = seen.agents or {}
    problems = [f for f in reversed(findings) if f.severity is not Severity.INFO]
    troubled = {problem.subject.name: problem.id.replace("-", " ") for problem in problems}
    if len(agents) <= MOST_ROWS:
        shown = sorted(agents, key=natural)
    else:
        shown = sorted(agents.keys() & (troubled.keys() | seen.unheard), key=natural)[:MOST_ROWS]
    if not shown:
        return []
    left_out = len(agents) - len(shown)
    return [
        Table(
            title="Agents",
            columns=("node", "agent", "version", "restarts", "endpoints", "addresses"),
            rows=tuple(_row(seen, node, troubled) for node in shown),
            note=f"{left_out} agents without findings are not shown." if left_out else "",
        )
    ]


def _row(seen: Seen, node: str, troubled: dict[str, str]) -> tuple[str, ...]:
    pod = (seen.agents or {})[node]
    container = pod.container(AGENT_CONTAINER)
    states = endpoint_states(seen, node)
    used, capacity, _ = addresses(seen, node)
    usual = "silent" if node in seen.unheard else "ok" if pod.ready else "not ready"
    return (
        node,
        troubled.get(node, usual),
        version_of(image_of(pod)) or "?",
        str(container.restart_count) if container else "?",
        f"{states.get(READY, 0)}/{sum(states.values())}" if states else "-",
        f"{used}/{capacity}" if capacity else "-",
    )


def _subsystems(seen: Seen, node: str) -> list[Table]:
    status = seen.statuses.get(node)
    if status is None:
        return []
    rows = [(part.name, part.state, part.message[:80] or "-") for part in status.parts]
    failing = len(status.failing_controllers)
    healthy = status.controllers - failing
    rows.append(
        ("controllers", "Ok" if not failing else "failing", f"{healthy}/{status.controllers}")
    )
    return [Table(title="Subsystems", columns=("part", "state", "message"), rows=tuple(rows))]


def _logs(seen: Seen) -> list[Attachment]:
    attachments = []
    errors = [line for line in seen.log.splitlines() if _ERROR_LINE.search(line)][-10:]
    if errors:
        attachments.append(
            Attachment(
                title="Last error lines of the agent (last hour)",
                text="\n".join(errors),
                filename=f"{seen.node}-errors.log",
            )
        )
    if seen.previous_log.strip():
        attachments.append(
            Attachment(
                title="End of the log before the last restart",
                text="\n".join(seen.previous_log.splitlines()[-20:]),
                filename=f"{seen.node}-previous.log",
            )
        )
    return attachments
