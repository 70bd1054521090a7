"""Judging: from what was seen to findings. Pure; no clock, no I/O."""

from __future__ import annotations

from collections import defaultdict

import msgspec

from bot.authoring import Finding, Severity, Subject, natural, ranked
from runbooks.agent.status import thresholds
from runbooks.agent.status.evidence import Seen
from runbooks.agent.status.judging import agents, blame, change, components, insides, nodes, peers

ALONE_UP_TO = 5
"""Findings of one kind on more nodes than this are told as one."""
NAMES_SHOWN = 12


def judge(seen: Seen) -> tuple[Finding, ...]:
    """All findings, worst first. On one node that node's trouble is critical."""
    findings = _found(seen)
    if seen.node is not None:
        return ranked([_for_one_node(finding, seen.node) for finding in findings])
    return ranked(_told_together(findings, total=len(seen.agents or {})))


def worst_by_node(seen: Seen) -> dict[str, Finding]:
    """The worst trouble of each node that has any, as severe as it is for that node."""
    troubles = [
        _for_one_node(finding, finding.subject.name)
        for finding in _found(seen)
        if finding.subject.kind == "node" and finding.severity is not Severity.INFO
    ]
    return {finding.subject.name: finding for finding in reversed(ranked(troubles))}


def _found(seen: Seen) -> list[Finding]:
    found = [
        *agents.judge(seen),
        *insides.judge(seen),
        *peers.judge(seen),
        *nodes.judge(seen),
        *components.judge(seen),
        *change.judge(seen),
    ]
    troubled = {
        finding.subject.name
        for finding in found
        if finding.subject.kind == "node" and finding.id in _AGENTS_OWN
    }
    return [*found, *blame.judge(seen, troubled)]


_HARMS_ITS_NODE = (
    "agent-api-unreachable",
    "agent-crash-loop",
    "agent-failing",
    "agent-missing",
    "agent-not-ready",
    "agent-unreachable",
    "node-not-ready",
    "node-unreachable",
)


_AGENTS_OWN = tuple(kind for kind in _HARMS_ITS_NODE if kind.startswith("agent-"))
"""What a change of the agents can have caused; a machine that is gone it cannot."""


def _for_one_node(finding: Finding, node: str) -> Finding:
    if finding.id in _HARMS_ITS_NODE and finding.subject == Subject("node", node):
        return msgspec.structs.replace(finding, severity=Severity.CRITICAL)
    return finding


def _told_together(findings: list[Finding], *, total: int) -> list[Finding]:
    """One finding for a kind that many nodes share; critical when it is the cluster's trouble."""
    by_kind: dict[tuple[str, Severity], list[Finding]] = defaultdict(list)
    for finding in findings:
        by_kind[finding.id, finding.severity].append(finding)
    told: list[Finding] = []
    for (kind, _), alike in by_kind.items():
        on_nodes = all(finding.subject.kind == "node" for finding in alike)
        if on_nodes and kind in _HARMS_ITS_NODE and len(alike) > thresholds.MANY * total:
            alike = [msgspec.structs.replace(one, severity=Severity.CRITICAL) for one in alike]
        told += [_together(alike)] if on_nodes and len(alike) > ALONE_UP_TO else alike
    return told


def _together(alike: list[Finding]) -> Finding:
    names = sorted((finding.subject.name for finding in alike), key=natural)
    shown = ", ".join(names[:NAMES_SHOWN]) + (" …" if len(names) > NAMES_SHOWN else "")
    causes = {finding.cause for finding in alike}
    example = alike[0]
    cause = example.cause if len(causes) == 1 else f"{example.cause} (and alike)"
    return msgspec.structs.replace(
        example,
        subject=Subject("nodes", f"{len(names)} nodes"),
        cause=cause,
        proof=(shown, *example.proof),
    )
