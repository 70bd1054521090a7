"""Judging: the way of a setting from values to the running agent, and where it was lost. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from bot.authoring import (
    Confidence,
    Finding,
    RemedyOffer,
    Severity,
    Subject,
    natural,
    ranked,
)
from bot.clients.cilium.names import CONFIG_MAP
from bot.model.names import counted
from runbooks.agent.status.thresholds import SHARED_BY
from runbooks.release.config.evidence import Seen
from runbooks.release.record import managers_of
from runbooks.release.telling import ago, listed, owned_elsewhere


def judge(seen: Seen) -> tuple[Finding, ...]:
    """All findings, worst first."""
    return ranked(
        [*_absent(seen), *_drift(seen), *_running(seen), *_overrides(seen), *_owner(seen)]
    )


def _absent(seen: Seen) -> Iterator[Finding]:
    if seen.absent:
        yield Finding(
            id="config-missing",
            severity=Severity.CRITICAL,
            confidence=Confidence.CERTAIN,
            subject=Subject("configmap", CONFIG_MAP, seen.namespace),
            cause="There is no cilium-config: no new agent can start.",
            next_steps=("`release` says what is installed.",),
        )


def _drift(seen: Seen) -> Iterator[Finding]:
    """Between the release and the ConfigMap."""
    now, found = seen.record.current, seen.drift
    if now is None or not found or seen.config is None:
        return
    writers = ", ".join(managers_of(seen.config.metadata))
    yield Finding(
        id="config-drift",
        severity=Severity.WARNING,
        confidence=Confidence.CERTAIN,
        subject=Subject("configmap", CONFIG_MAP, seen.namespace),
        cause=f"{counted(len(found), 'key')} of {CONFIG_MAP} "
        f"{'differs' if len(found) == 1 else 'differ'} from revision {now.number} of the release.",
        proof=(*listed(found), *((f"field managers: {writers}",) if writers else ())),
        next_steps=(
            "Put what is wanted into the release's values; the next upgrade writes it all.",
        ),
    )


def _running(seen: Seen) -> Iterator[Finding]:
    """Between the ConfigMap and the agents: alike on many nodes is told once."""
    if seen.config is None:
        return
    alike: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for node in seen.running:
        differing = tuple(map(str, seen.comparison(node).differences))
        if differing:
            alike[differing].append(node)
    for differing, nodes in alike.items():
        nodes.sort(key=natural)
        older = [node for node in nodes if seen.is_older(node)]
        undecided = sorted({name for node in nodes for name in seen.undecided_on(node)})
        explained = len(older) == len(nodes)
        proof = [
            *differing[:5],
            *([f"and {len(differing) - 5} more"] if len(differing) > 5 else []),
        ]
        if older:
            changed = ago(seen.read_at, seen.config.metadata.changed_at)
            proof.append(f"{CONFIG_MAP} changed {changed}, after these agents' pods were made")
        if undecided:
            proof.append(f"not known whether they count here: {', '.join(undecided)}")
        yield Finding(
            id="config-not-running",
            severity=Severity.WARNING if explained else Severity.INFO,
            confidence=Confidence.CERTAIN if explained else Confidence.POSSIBLE,
            subject=Subject("node", nodes[0])
            if len(nodes) == 1
            else Subject("nodes", f"{len(nodes)} nodes"),
            cause=f"The agent{'s' * (len(nodes) > 1)} on {_named(nodes)} "
            f"{'run' if len(nodes) > 1 else 'runs'} with {counted(len(differing), 'setting')} that "
            f"{'are' if len(differing) > 1 else 'is'} configured otherwise.",
            proof=tuple(proof),
            next_steps=("An agent reads it when its pod is made: a rolling restart applies it.",)
            if explained
            else ("The agent may have worked it out itself from what the node can do.",),
            remedies=_restarts(nodes) if explained else (),
        )


def _restarts(nodes: list[str]) -> tuple[RemedyOffer, ...]:
    """All agents where several nodes share it, else these one by one."""
    if len(nodes) >= SHARED_BY:
        return (RemedyOffer("rollout-restart"),)
    return tuple(RemedyOffer("restart-agent", {"node": node}) for node in nodes)


def _overrides(seen: Seen) -> Iterator[Finding]:
    for override in seen.overrides or ():
        nodes = [
            node
            for node in (seen.nodes or {})
            if override.matches((seen.nodes or {})[node].metadata.labels or {})
            and seen.node in (None, node)
        ]
        if not nodes:
            continue
        nodes.sort(key=natural)
        keys = override.spec.defaults or {}
        yield Finding(
            id="node-config",
            severity=Severity.INFO,
            confidence=Confidence.CERTAIN,
            subject=Subject("ciliumnodeconfig", override.name, seen.namespace),
            cause=f"It sets {counted(len(keys), 'key')} otherwise on {_named(nodes)}.",
            proof=tuple(f"{key}: {value}" for key, value in sorted(keys.items())[:5]),
        )


def _owner(seen: Seen) -> Iterator[Finding]:
    if owner := seen.owner:
        yield owned_elsewhere(owner)


def _named(nodes: list[str]) -> str:
    return ", ".join(nodes[:6]) + (f" and {len(nodes) - 6} more" if len(nodes) > 6 else "")
