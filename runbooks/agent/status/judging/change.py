"""What changed: rollouts, versions side by side, configuration that no agent has read yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.authoring import Confidence, Finding, RemedyOffer, Severity, Subject, natural
from bot.clients.cilium.commands import AGENT_CONTAINER
from bot.clients.cilium.names import (
    AGENT_DAEMONSET,
    CONFIG_MAP,
    OPERATOR_CONTAINER,
    OPERATOR_DEPLOYMENT,
)
from bot.clients.cilium.versions import NEWEST_KNOWN, is_newer_than_known, version_of
from bot.clients.kubernetes.objects import DaemonSet, Pod
from bot.model.names import counted, format_duration
from runbooks.agent.status import thresholds
from runbooks.agent.status.evidence import Seen, image_of


def judge(seen: Seen) -> Iterator[Finding]:
    """Findings about change."""
    yield from _rollout(seen)
    yield from _skew(seen)
    yield from _unknown_version(seen)
    yield from _config_not_rolled_out(seen)


def rolling(daemonset: DaemonSet) -> bool:
    """Whether some pods still come from an older template, or the controller has not looked."""
    status = daemonset.status
    return (
        status.observed_generation < daemonset.metadata.generation
        or status.updated_number_scheduled < status.desired_number_scheduled
    )


def _rollout(seen: Seen) -> Iterator[Finding]:
    daemonset = (seen.daemonsets or {}).get(AGENT_DAEMONSET)
    if daemonset is None or not rolling(daemonset):
        return
    updated = daemonset.status.updated_number_scheduled
    desired = daemonset.status.desired_number_scheduled
    on_delete = daemonset.spec.update_strategy.type == "OnDelete"
    yield Finding(
        id="rollout-unfinished",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        subject=Subject("daemonset", AGENT_DAEMONSET, seen.namespace),
        cause=f"{desired - updated} of {desired} agents still run the previous template"
        + (" and stay so until their pods are deleted (OnDelete)." if on_delete else "."),
        proof=(
            f"updated {updated} of {desired}, generation {daemonset.metadata.generation}, "
            f"observed {daemonset.status.observed_generation}",
        ),
    )


def _skew(seen: Seen) -> Iterator[Finding]:
    versions: dict[str, list[str]] = {}
    for node, pod in (seen.agents or {}).items():
        versions.setdefault(_version(pod, AGENT_CONTAINER), []).append(node)
    if not versions:
        return
    usual = max(versions, key=lambda version: len(versions[version]))
    daemonset = (seen.daemonsets or {}).get(AGENT_DAEMONSET)
    under_way = daemonset is not None and rolling(daemonset) and not _left_behind(seen, daemonset)
    for version, nodes in sorted(versions.items()):
        if version != usual and seen.node in (None, *nodes):
            yield _skewed_agents(version, sorted(nodes, key=natural), usual, under_way=under_way)
    yield from _skewed_operator(seen, usual)


def _left_behind(seen: Seen, daemonset: DaemonSet) -> bool:
    """With OnDelete nobody goes on by itself: a change that began long ago is not under way."""
    began = max(
        (
            r.metadata.creation_timestamp
            for r in seen.revisions or ()
            if r.metadata.creation_timestamp
        ),
        default=None,
    )
    on_delete = daemonset.spec.update_strategy.type == "OnDelete"
    return on_delete and began is not None and seen.read_at - began > thresholds.ROLLOUT_PAUSE


def _skewed_agents(version: str, nodes: list[str], usual: str, *, under_way: bool) -> Finding:
    alone = len(nodes) == 1
    return Finding(
        id="version-skew",
        severity=Severity.INFO if under_way else Severity.WARNING,
        confidence=Confidence.CERTAIN,
        subject=Subject("node", nodes[0]) if alone else Subject("nodes", f"{len(nodes)} nodes"),
        cause=f"The agent runs {version} while most run {usual}"
        + (" (a rollout is under way)." if under_way else "."),
        proof=(f"{version}: {', '.join(nodes[:8])}{' …' if len(nodes) > 8 else ''}",),
    )


def _skewed_operator(seen: Seen, usual: str) -> Iterator[Finding]:
    """The operator's images differ by cloud, their tags do not."""
    found = {_version(pod, OPERATOR_CONTAINER) for pod in seen.operators or () if not pod.deleting}
    for version in sorted(found - {usual}):
        yield Finding(
            id="version-skew",
            severity=Severity.WARNING,
            confidence=Confidence.LIKELY,
            subject=Subject("deployment", OPERATOR_DEPLOYMENT, seen.namespace),
            cause=f"The operator runs {version} while the agents run {usual}.",
            proof=(f"operator {version}, agents {usual}",),
        )


def _version(pod: Pod, container: str) -> str:
    image = pod.image(container)
    return version_of(image) or image


def _unknown_version(seen: Seen) -> Iterator[Finding]:
    newer = sorted(
        {image_of(p) for p in (seen.agents or {}).values() if is_newer_than_known(image_of(p))}
    )
    if newer:
        known = ".".join(map(str, NEWEST_KNOWN))
        yield Finding(
            id="version-unknown",
            severity=Severity.INFO,
            confidence=Confidence.CERTAIN,
            subject=Subject("daemonset", AGENT_DAEMONSET, seen.namespace),
            cause=f"This bot knows Cilium up to {known}; it reads {version_of(newer[0])} as far as "
            "it can.",
            proof=tuple(newer[:3]),
        )


def _config_not_rolled_out(seen: Seen) -> Iterator[Finding]:
    """Agents whose pod is older than the configuration: a container restart keeps the old one."""
    changed = seen.config.metadata.changed_at if seen.config else None
    if changed is None:
        return
    everywhere = sorted(
        (
            node
            for node, pod in (seen.agents or {}).items()
            if pod.metadata.creation_timestamp and pod.metadata.creation_timestamp < changed
        ),
        key=natural,
    )
    older = [node for node in everywhere if node in seen.in_scope(seen.agents)]
    if not older:
        return
    shown = ", ".join(older[:8]) + (" …" if len(older) > 8 else "")
    yield Finding(
        id="config-not-rolled-out",
        severity=Severity.WARNING,
        confidence=Confidence.LIKELY,
        subject=Subject("configmap", CONFIG_MAP, seen.namespace),
        cause="The last change of the configuration has not reached "
        f"{counted(len(older), 'agent')}.",
        proof=(
            f"{CONFIG_MAP} changed {_ago(seen.read_at, changed)} ago "
            f"({changed.isoformat(timespec='seconds')})",
            f"agent pods older than that: {shown}",
        ),
        next_steps=(
            "Agents read it only when their pod is created: a rolling restart applies it.",
        ),
        remedies=_restarts(seen, everywhere),
    )


def _restarts(seen: Seen, older: list[str]) -> tuple[RemedyOffer, ...]:
    """All agents where several nodes share it, else these one by one. Nothing while a rollout is
    under way, which restarts them anyway; with OnDelete no rollout would."""
    daemonset = (seen.daemonsets or {}).get(AGENT_DAEMONSET)
    on_delete = daemonset is not None and daemonset.spec.update_strategy.type == "OnDelete"
    if daemonset is None or (rolling(daemonset) and not on_delete):
        return ()
    if len(older) < min(thresholds.SHARED_BY, len(seen.agents or {})):
        return tuple(RemedyOffer("restart-agent", {"node": node}) for node in older)
    return () if on_delete else (RemedyOffer("rollout-restart"),)


@dataclass(frozen=True, slots=True)
class Finished:
    """A change of the agents that is through. ``first``: it was their installation."""

    revision: int
    at: datetime
    pods: int

    @property
    def first(self) -> bool:
        """Whether there was nothing before."""
        return self.revision <= 1


def finished_change(seen: Seen) -> Finished | None:
    """The change of the agents that finished less than an hour ago.

    A rollout is taken for finished when its last pod was created; pods that were created long
    after the others were restarted one by one and do not count.
    """
    daemonset = (seen.daemonsets or {}).get(AGENT_DAEMONSET)
    if daemonset is None or rolling(daemonset) or not seen.revisions or not seen.agents:
        return None
    newest = max(seen.revisions, key=lambda revision: revision.revision)
    pods = [pod for pod in seen.agents.values() if pod.revision == newest.hash]
    finished = _end_of_rollout(pods, newest.metadata.creation_timestamp)
    if finished is None or seen.read_at - finished >= thresholds.RECENT_CHANGE:
        return None
    return Finished(newest.revision, finished, len(pods))


def recent_change(seen: Seen) -> str:
    """One line about :func:`finished_change`, or empty."""
    change = finished_change(seen)
    if change is None:
        return ""
    what = "The installation of the agents" if change.first else "A change of the agents"
    return (
        f"{what} finished {_ago(seen.read_at, change.at)} ago "
        f"(revision {change.revision} of DaemonSet {AGENT_DAEMONSET}, {change.pods} pods)."
    )


def _end_of_rollout(pods: list[Pod], began: datetime | None) -> datetime | None:
    created = sorted(t for pod in pods if (t := pod.metadata.creation_timestamp))
    if not created:
        return None
    end = max(created[0], began) if began and began <= created[-1] else created[0]
    for moment in created:
        if moment - end > thresholds.ROLLOUT_PAUSE:
            break
        end = max(end, moment)
    return end


def _ago(now: datetime, then: datetime) -> str:
    return format_duration(max(0.0, (now - then).total_seconds()))
