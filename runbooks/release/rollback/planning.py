"""The plan of a way back, from what was seen. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from bot.authoring import BlastRadius, Bounds, Call, ObjectRef, Plan, Risk, natural
from bot.clients.cilium.document import inner
from bot.clients.cilium.names import AGENT_DAEMONSET, CONFIG_MAP
from bot.clients.helm.release import ReleaseState, Revision
from bot.model.names import counted, format_duration
from runbooks.release.rendered import Changed, Identity, changes_between, value_lines
from runbooks.release.rollback import helm_step
from runbooks.release.rollback.checks import names_of
from runbooks.release.rollback.evidence import Seen
from runbooks.release.rollback_target import Target
from runbooks.release.rollout import ON_DELETE
from runbooks.release.telling import ago

PER_BATCH = 90.0
"""Seconds for the agents that are replaced together: 30 to 120, by facts on upgrades."""
LEAST_WAIT, PATIENCE = 600.0, 3.0
"""Seconds that the rollout is given at least, and how many times the estimate."""
_DEFAULT_UNAVAILABLE = 2
"""What Cilium's chart says: facts on Helm, section 5."""
_APART = 60.0


def plan_of(
    seen: Seen,
    *,
    remedy: str,
    parameters: dict[str, str],
    title: str,
    notes: tuple[str, ...] = (),
) -> Plan:
    """What is done when nothing speaks against it; ``notes`` are those of the remedy's own."""
    target, newest = seen.target, seen.newest
    assert isinstance(target, Target)  # noqa: S101  refused otherwise
    assert newest is not None  # noqa: S101  a target is in a history
    then = target.revision
    rolls = set(seen.trial.rolling)
    changed = changes_between(seen.before, seen.after, newest.release.namespace)
    bounds = bounds_of(seen)
    return Plan(
        cluster=seen.cluster,
        remedy=remedy,
        parameters=parameters,
        title=title,
        risk=Risk.GUARDED if _minors(newest, then) == 0 else Risk.BREAKGLASS,
        target=f"release/{newest.release}",
        calls=(_helm(target, newest), *(_call(one, seen) for one in changed)),
        blast_radius=BlastRadius(nodes=_nodes(seen) if _agents_roll(seen) else ()),
        meanwhile=tuple(_meanwhile(seen, rolls, changed, bounds)),
        undo=_undo(newest),
        checks=names_of(then.number),
        stops_when=(
            f"revision {newest.number} is not the newest of the release any more",
            f"the agents are not all Ready within {format_duration(waits(bounds))}; a rolling "
            "update stops by itself when its new agents do not get Ready",
        ),
        bounds=bounds,
        pinned={
            helm_step.RELEASE: str(newest.release),
            helm_step.NEWEST: str(newest.number),
            helm_step.TARGET: str(then.number),
            "charts": f"{newest.chart_version} to {then.chart_version}",
            helm_step.MANIFEST_NOW: helm_step.digest_of(newest.manifest),
            helm_step.MANIFEST: helm_step.digest_of(then.manifest),
            helm_step.VALUES: helm_step.digest_of(_canonical(then.values)),
        },
        dry_run=f"The API server would accept all {counted(len(seen.trial.objects), 'object')}: "
        "each was tried as Helm applies it, strictly validated, and nothing is owned by others.",
        seconds=_estimate(bounds) if _agents_roll(seen) else _APART + helm_step.USUAL,
        notes=(*_notes(seen, target, newest), *notes),
    )


def bounds_of(seen: Seen) -> Bounds:
    """Most nodes, rounded up so that a node that joins does not void the plan; and how many agents
    are replaced at once, by the target's own strategy."""
    nodes = max(len(seen.agents), _desired(seen))
    most = max(10, math.ceil(nodes / 10) * 10)
    return Bounds(most_nodes=most, max_unavailable=_unavailable(_strategy(seen), most))


def waits(bounds: Bounds) -> float:
    """Seconds that the rollout is given."""
    return max(LEAST_WAIT, PATIENCE * _estimate(bounds))


def _helm(target: Target, newest: Revision) -> Call:
    release, then = newest.release, target.revision
    lines = value_lines(newest.values, then.values)
    charts = (
        (f"- chart {newest.chart_version}", f"+ chart {then.chart_version}")
        if newest.chart_version != then.chart_version
        else ()
    )
    return Call(
        verb=f"helm rollback (revision {newest.number} to what {then.number} was)",
        object=ObjectRef(kind="Release", name=release.name, namespace=release.namespace),
        changes=(*charts, *(f"{line[:2]}value {line[2:]}" for line in lines)),
    )


def _call(one: Changed, seen: Seen) -> Call:
    tried, identity = seen.trial.objects.get(one.identity), one.identity
    return Call(
        verb=one.verb,
        object=ObjectRef(
            kind=identity.kind,
            name=identity.name,
            namespace=identity.namespace,
            uid=tried.uid if tried else "",
        ),
        changes=one.lines,
    )


def _meanwhile(
    seen: Seen, rolls: set[Identity], changed: tuple[Changed, ...], bounds: Bounds
) -> Iterator[str]:
    names = {identity.name for identity in rolls}
    agents = counted(max(len(seen.agents), _desired(seen)), "agent")
    if AGENT_DAEMONSET in names and _strategy(seen).get("type") == ON_DELETE:
        yield (
            f"No agent restarts: the update strategy is {ON_DELETE}. Each of the {agents} keeps "
            "its template until its pod is deleted; those that run the target's already match."
        )
    elif AGENT_DAEMONSET in names:
        yield (
            f"At most {agents} restart, {bounds.max_unavailable} at a time; those that run the "
            "target's template already are left alone."
        )
        yield (
            "On each node in turn connections through the L7 and DNS proxies are reset, and no pod "
            "starts or stops for 30 to 120 s. Other traffic (L3/L4) goes on."
        )
    elif any(one.identity.name == CONFIG_MAP for one in changed):
        yield (
            f"{CONFIG_MAP} changes and no agent restarts: each reads it only when its pod is made. "
            "`rollout-restart` brings it to them."
        )
    for name in sorted(names - {AGENT_DAEMONSET}):
        proxies = name == "cilium-envoy"
        yield f"{name} restarts" + (": L7 connections are reset." if proxies else ".")
    if not names:
        yield "No pod restarts."


def _undo(newest: Revision) -> str:
    if newest.state in (ReleaseState.DEPLOYED, ReleaseState.SUPERSEDED):
        return f"/cilium rollback {newest.number}: it makes the release what it is now."
    return (
        f"None: revision {newest.number} is {newest.state} and was never there as a whole. Forward "
        "again goes an upgrade."
    )


def _notes(seen: Seen, target: Target, newest: Revision) -> Iterator[str]:
    then = target.revision
    yield (
        f"Now: revision {newest.number}, chart {newest.chart_version}, {newest.state} "
        f"{ago(seen.read_at, newest.updated)}"
        + (f" ({newest.description})." if newest.description else ".")
    )
    yield (
        f"Target: revision {then.number}, chart {then.chart_version}, from "
        f"{ago(seen.read_at, then.updated)}: {target.why}."
    )
    away = [pod.spec.node_name for pod in seen.agents if not pod.ready]
    if away:
        shown = ", ".join(sorted(away, key=natural)[:8]) + (" …" if len(away) > 8 else "")
        yield f"{counted(len(away), 'agent')} not Ready now: {shown}."
    if (minors := _minors(newest, then)) != 0:
        way = "back" if minors > 0 else "forward"
        yield (
            f"This is one minor {way}. What only the newer one knows (fields of policies, CRD "
            "versions) must not be in use: CRDs are the operator's, and Helm does not take them "
            "back."
        )
    if (owner := seen.owner) is not None:
        yield f"Perhaps {owner} owns the release ({owner.proof}): then it puts it forward again."


def _minors(newest: Revision, then: Revision) -> int:
    """Minors back from what was applied last, which after a killed upgrade is the newest."""
    now_version, then_version = newest.version, then.version
    if now_version is None or then_version is None:
        return 1  # not known, so not taken for the same
    return now_version.minor[1] - then_version.minor[1]


def _agents_roll(seen: Seen) -> bool:
    rolls = any(
        one.kind == "DaemonSet" and one.name == AGENT_DAEMONSET for one in seen.trial.rolling
    )
    return rolls and _strategy(seen).get("type") != ON_DELETE


def _nodes(seen: Seen) -> tuple[str, ...]:
    return tuple(sorted({pod.spec.node_name for pod in seen.agents}, key=natural))


def _desired(seen: Seen) -> int:
    return seen.daemonset.status.desired_number_scheduled if seen.daemonset else 0


def _strategy(seen: Seen) -> Mapping[str, Any]:
    """The target's."""
    for thing in seen.after:
        if thing.get("kind") == "DaemonSet" and thing["metadata"].get("name") == AGENT_DAEMONSET:
            found = inner(thing, "spec", "updateStrategy")
            return found if isinstance(found, dict) else {}
    return {}


def _unavailable(strategy: Mapping[str, Any], nodes: int) -> int:
    said = inner(strategy, "rollingUpdate", "maxUnavailable")
    if isinstance(said, int) and not isinstance(said, bool):
        return max(1, said)
    if isinstance(said, str) and said.removesuffix("%").isdecimal():
        number = int(said.removesuffix("%"))
        return max(1, math.ceil(nodes * number / 100) if said.endswith("%") else number)
    return _DEFAULT_UNAVAILABLE


def _estimate(bounds: Bounds) -> float:
    return math.ceil(bounds.most_nodes / bounds.max_unavailable) * PER_BATCH + _APART


def _canonical(values: Mapping[str, Any]) -> str:
    return msgspec.json.encode(values, order="sorted").decode()
