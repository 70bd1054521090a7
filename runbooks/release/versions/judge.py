"""Judging: components beside each other, against the release, and against what there is. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bot.authoring import Confidence, Finding, Severity, Subject, natural, ranked
from bot.clients.cilium.versions import NEWEST_KNOWN
from bot.clients.helm.names import ChartVersion
from bot.model.names import counted
from runbooks.release.versions.evidence import AGENT, COMPONENTS, Seen, version_in

MAINTAINED = 3
"""The newest minors that Cilium maintains (its README, "Stable Releases")."""


def judge(seen: Seen) -> tuple[Finding, ...]:
    """All findings, worst first."""
    return ranked([*_skew(seen), *_minors(seen), *_release(seen), *_newer(seen), *_unknown(seen)])


def newest_patch(seen: Seen) -> ChartVersion | None:
    """The newest patch of the minor that most agents run, if it is newer than that."""
    usual = seen.usual
    if usual is None or seen.offered is None:
        return None
    same = [
        one.version
        for one in seen.offered
        if one.version.released and not one.deprecated and one.version.minor == usual.minor
    ]
    return max(same) if same and max(same) > usual else None


def newest_minors(seen: Seen) -> list[tuple[int, int]]:
    """The minors with a release in the repository, newest first."""
    released = {one.version.minor for one in seen.offered or () if one.version.released}
    return sorted(released, reverse=True)


def _skew(seen: Seen) -> Iterator[Finding]:
    """Mixed versions are for the time of a rollout only (upgrade guide)."""
    agents = seen.running(AGENT)
    if not agents:
        return
    usual = agents.most_common(1)[0][0]
    for version, pods in sorted(agents.items()):
        if version != usual:
            nodes = sorted(
                (
                    pod.spec.node_name
                    for pod in seen.pods[AGENT.name]
                    if version_in(pod, AGENT) == version
                ),
                key=natural,
            )
            yield _skewed(
                Subject("node", nodes[0]) if pods == 1 else Subject("nodes", f"{pods} nodes"),
                f"{counted(pods, 'agent')} of {agents.total()} "
                f"{'runs' if pods == 1 else 'run'} {version} while most run {usual}.",
                f"{version}: {', '.join(nodes[:8])}{' …' if len(nodes) > 8 else ''}",
            )
    for component in COMPONENTS[1:]:
        for version in sorted(seen.running(component)):
            if version != usual and not component.own_versions:
                yield _skewed(
                    Subject("deployment", component.name, seen.namespace),
                    f"The {component.name} runs {version} while most agents run {usual}.",
                    f"{component.name} {version}, agents {usual}",
                )


def _skewed(subject: Subject, cause: str, proof: str) -> Finding:
    return Finding(
        id="version-skew",
        severity=Severity.WARNING,
        confidence=Confidence.CERTAIN,
        subject=subject,
        cause=cause,
        proof=(proof,),
        next_steps=("Normal while a rollout is under way; `status` shows whether one is.",),
    )


def _minors(seen: Seen) -> Iterator[Finding]:
    """More than one minor apart is tested by nobody."""
    running = [
        read
        for component in COMPONENTS
        if not component.own_versions
        for version in seen.running(component)
        if (read := ChartVersion.read(version)) is not None
    ]
    if not running:
        return
    oldest, newest = min(running), max(running)
    if newest.minor[0] == oldest.minor[0] and newest.minor[1] - oldest.minor[1] > 1:
        yield Finding(
            id="minors-apart",
            severity=Severity.CRITICAL,
            confidence=Confidence.CERTAIN,
            subject=Subject("cluster", ""),
            cause=f"Versions {oldest} and {newest} run beside each other: more than one minor "
            "apart is not tested.",
            proof=(f"oldest {oldest}, newest {newest}",),
            next_steps=("Bring the oldest to the next minor first; `status` names its nodes.",),
        )


def _release(seen: Seen) -> Iterator[Finding]:
    now, usual = seen.record.current, seen.usual
    if now is None or usual is None or now.version is None or now.version == usual:
        return
    yield Finding(
        id="release-not-running",
        severity=Severity.WARNING,
        confidence=Confidence.LIKELY,
        subject=Subject("release", now.release.name, now.release.namespace),
        cause=f"The release's chart is {now.version}, and most agents run {usual}.",
        proof=(f"revision {now.number} ({now.state.value}), agents {usual}",),
        next_steps=("`release` compares what it says with what is there.",),
    )


def _newer(seen: Seen) -> Iterator[Finding]:
    usual, minors = seen.usual, newest_minors(seen)
    if usual is None or not minors:
        return
    subject = Subject("cluster", "")
    if patch := newest_patch(seen):
        yield Finding(
            id="newer-patch",
            severity=Severity.INFO,
            confidence=Confidence.CERTAIN,
            subject=subject,
            cause=f"{patch} is the newest patch of this minor; {usual} runs.",
            proof=("the chart repository's index",),
        )
    maintained = minors[:MAINTAINED]
    if len(minors) >= MAINTAINED and usual.minor < maintained[-1]:
        names = ", ".join(f"{major}.{minor}" for major, minor in maintained)
        yield Finding(
            id="minor-not-maintained",
            severity=Severity.WARNING,
            confidence=Confidence.LIKELY,
            subject=subject,
            cause=f"{usual.minor[0]}.{usual.minor[1]} gets no fixes any more: the maintained "
            f"minors are {names}.",
            proof=("the three newest minors in the chart repository's index",),
            next_steps=("Plan an upgrade, one minor at a time.",),
        )


def _unknown(seen: Seen) -> Iterator[Finding]:
    usual = seen.usual
    if usual is not None and usual.minor > NEWEST_KNOWN:
        yield Finding(
            id="version-unknown",
            severity=Severity.INFO,
            confidence=Confidence.CERTAIN,
            subject=Subject("cluster", ""),
            cause=f"This bot knows Cilium up to {NEWEST_KNOWN[0]}.{NEWEST_KNOWN[1]}; it reads "
            f"{usual} as far as it can.",
        )
