"""What is worth a line even when all is well: short pairs of label and value."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from bot.clients.cilium.commands import AGENT_CONTAINER
from bot.clients.cilium.endpoints import READY
from bot.clients.cilium.names import (
    ENVOY_DAEMONSET,
    OPERATOR_DEPLOYMENT,
    RELAY_DEPLOYMENT,
)
from bot.clients.cilium.versions import version_of
from bot.model.names import format_duration, natural
from runbooks.agent.status.evidence import Seen, image_of
from runbooks.agent.status.judging.insides import addresses, endpoint_states


def facts_of(seen: Seen) -> list[tuple[str, str]]:
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
    read = {node: addresses(seen, node) for node in sorted(seen.heard, key=natural)}
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
    asked = len(seen.heard | seen.unknown)
    if not asked:
        return "Seen", ""
    parts = [f"{len(seen.heard - seen.unknown)} of {asked} agents answered"]
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
