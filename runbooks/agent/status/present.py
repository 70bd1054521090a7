"""From findings to a report: verdict, one-sentence summary, facts, pictures, tables, log lines."""

from __future__ import annotations

import re

from bot.authoring import (
    Attachment,
    Finding,
    Report,
    Severity,
    Verdict,
    natural,
    verdict_of,
)
from runbooks.agent.status.evidence import Seen
from runbooks.agent.status.facts import facts_of
from runbooks.agent.status.judge import worst_by_node
from runbooks.agent.status.judging.change import recent_change
from runbooks.agent.status.node_map import node_maps_of
from runbooks.agent.status.tables import tables_of

_ERROR_LINE = re.compile(r'level="?(?:error|fatal|panic)|"level":"(?:error|fatal|panic)')


def present(seen: Seen, findings: tuple[Finding, ...], *, cluster: str) -> Report:
    """The report. Verdict first; nothing that was not seen is called healthy."""
    gaps = tuple(seen.gaps)
    verdict = verdict_of(findings, gaps)
    worst = worst_by_node(seen)
    where = f"{seen.node} of {cluster}" if seen.node else cluster
    return Report(
        title=f"Cilium on {where}",
        verdict=verdict,
        summary=_summary(seen, findings, verdict),
        recent_change=recent_change(seen),
        findings=findings,
        gaps=gaps,
        facts=tuple(facts_of(seen)),
        pictures=tuple(node_maps_of(seen, worst)),
        tables=tuple(tables_of(seen, worst)),
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
    if seen.unknown:
        return f"{first}, but nothing could be learned from inside {len(seen.unknown)} of them."
    if verdict is Verdict.UNKNOWN:
        return f"{first}; too little else could be seen to say more."
    return f"{first}, and nothing wrong was found."


def _summary_of_node(seen: Seen, node: str, findings: tuple[Finding, ...], verdict: Verdict) -> str:
    pod = (seen.agents or {}).get(node)
    if pod is None:
        return f"There is no agent pod on {node}."
    problems = [finding for finding in findings if finding.severity is not Severity.INFO]
    if problems:
        about = problems[0].subject
        return problems[0].cause if about.name == node else f"{about}: {problems[0].cause}"
    if node in seen.unknown:
        return "The agent's pod is ready, but how the agent is could not be learned."
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
