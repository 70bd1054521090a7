"""Judging: the release's state, and what is there otherwise than it says. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bot.authoring import Confidence, Finding, RemedyOffer, Severity, Subject, natural, ranked
from bot.clients.cilium.names import AGENT_DAEMONSET, CONFIG_MAP
from bot.clients.gitops.ownership import Controller
from bot.clients.helm.names import FIELD_MANAGER
from bot.clients.helm.release import ReleaseState, Revision
from bot.clients.kubernetes.objects import Metadata
from bot.model.names import counted
from runbooks.release.installed.evidence import Seen
from runbooks.release.record import managers_of
from runbooks.release.telling import ago, listed, owned_elsewhere

HARMLESS_MANAGERS = ("kubectl-rollout", "kube-controller-manager", "cilium-oncall")
"""They write what the chart does not set: `kubectl rollout restart` its annotation, the controller
manager its own; the bot its restarts."""


def judge(seen: Seen) -> tuple[Finding, ...]:
    """All findings, worst first."""
    return ranked([*_release(seen), *_drift(seen), *_not_read(seen), *_owners(seen)])


def _release(seen: Seen) -> Iterator[Finding]:
    latest, now = seen.record.latest, seen.record.current
    if seen.record.history == ():
        yield from _absent(seen)
    if latest is None or now is None:
        return
    if latest.state.pending:
        yield _about(
            latest,
            "release-pending",
            f"Revision {latest.number} is {latest.state.value}: helm is at work, or was killed.",
            (
                f"since {ago(seen.read_at, latest.updated)}",
                f"the last deployed revision is {now.number} (chart {now.chart_version})",
            ),
            (
                "If no helm runs any more, clear it; every upgrade is refused until then.",
                f"helm -n {latest.release.namespace} history {latest.release.name}",
            ),
            (RemedyOffer("clear-pending-release", {}),),
        )
    elif latest.state is ReleaseState.FAILED:
        yield _about(
            latest,
            "release-failed",
            f"The last change of the release failed (revision {latest.number}); what it had "
            "applied by then is still there.",
            (latest.description or "no reason is recorded",),
            ("Correct it and go forward, or roll back to the deployed revision.",),
            (RemedyOffer("rollback", {}),),
        )
    if seen.record.others:
        names = ", ".join(one.name for one in seen.record.others)
        yield _about(
            now,
            "several-releases",
            f"There are further releases of the chart {seen.chart} in {seen.namespace}.",
            (f"beside {now.release.name}: {names}",),
            ("Two agents on one node cannot work: one of them is a left-over.",),
        )


def _absent(seen: Seen) -> Iterator[Finding]:
    owner = seen.owner
    argo = owner is not None and owner.controller is Controller.ARGO_CD
    why = (
        "Argo CD applies what the chart renders and keeps no release."
        if argo
        else "Flux may keep it in another namespace; other installers keep none."
    )
    yield Finding(
        id="release-not-found",
        severity=Severity.INFO,
        confidence=Confidence.CERTAIN,
        subject=Subject("release", seen.chart, seen.namespace),
        cause=f"Helm keeps no release of the chart {seen.chart} in {seen.namespace}. {why}",
        next_steps=("helm list -A",),
    )


def _drift(seen: Seen) -> Iterator[Finding]:
    now = seen.record.current
    if now is None:
        return
    if found := seen.config_drift:
        yield Finding(
            id="config-drift",
            severity=Severity.WARNING,
            confidence=Confidence.CERTAIN,
            subject=Subject("configmap", CONFIG_MAP, seen.namespace),
            cause=f"{counted(len(found), 'key')} of {CONFIG_MAP} "
            f"{'is' if len(found) == 1 else 'are'} not as revision {now.number} of the release has "
            f"{'it' if len(found) == 1 else 'them'}.",
            proof=(*listed(found), *_writers(seen)),
            next_steps=(
                "Put what is wanted into the release's values: the next upgrade writes it anew.",
            ),
        )
    if found := seen.workload_drift:
        yield Finding(
            id="release-drift",
            severity=Severity.WARNING,
            confidence=Confidence.CERTAIN,
            subject=Subject("release", now.release.name, now.release.namespace),
            cause=f"What runs is not what revision {now.number} of the release says.",
            proof=listed(found),
            next_steps=("Find out who changed it: kubectl get -o yaml --show-managed-fields.",),
        )


def _writers(seen: Seen) -> tuple[str, ...]:
    foreign = _foreign(seen.config.metadata, seen) if seen.config else ()
    return (f"written by {', '.join(foreign)}",) if foreign else ()


def _not_read(seen: Seen) -> Iterator[Finding]:
    """A pod reads the configuration once, when it is made."""
    older = seen.unread
    if not older or seen.config is None:
        return
    nodes = sorted((pod.spec.node_name for pod in older), key=natural)
    yield Finding(
        id="config-not-rolled-out",
        severity=Severity.WARNING,
        confidence=Confidence.LIKELY,
        subject=Subject("configmap", CONFIG_MAP, seen.namespace),
        cause="The last change of the configuration has not reached "
        f"{counted(len(older), 'agent')} of {len(seen.agents or ())}.",
        proof=(
            f"{CONFIG_MAP} changed {ago(seen.read_at, seen.config.metadata.changed_at)}",
            f"agents older than that: {', '.join(nodes[:8])}{' …' if len(nodes) > 8 else ''}",
        ),
        next_steps=("`config NODE` shows which settings an agent runs with.",),
    )


def _owners(seen: Seen) -> Iterator[Finding]:
    if owner := seen.owner:
        yield owned_elsewhere(owner)
    daemonset = seen.daemonset
    foreign = _foreign(daemonset.metadata, seen) if daemonset else ()
    if foreign and seen.record.history:
        yield Finding(
            id="foreign-field-manager",
            severity=Severity.WARNING,
            confidence=Confidence.LIKELY,
            subject=Subject("daemonset", AGENT_DAEMONSET, seen.namespace),
            cause=f"Fields of the agents' DaemonSet were written by {', '.join(foreign)}: Helm "
            "refuses to change a field that somebody else owns.",
            proof=(f"field managers: {', '.join(managers_of(daemonset.metadata))}",)
            if daemonset
            else (),
            next_steps=(
                f"kubectl -n {seen.namespace} get ds {AGENT_DAEMONSET} -o yaml "
                "--show-managed-fields",
            ),
        )


def _foreign(metadata: Metadata, seen: Seen) -> tuple[str, ...]:
    ours = {FIELD_MANAGER, *HARMLESS_MANAGERS}
    if seen.owner is not None:
        ours |= {"helm-controller", "kustomize-controller", "argocd-controller"}
    return tuple(manager for manager in managers_of(metadata) if manager not in ours)


def _about(
    revision: Revision,
    identifier: str,
    cause: str,
    proof: tuple[str, ...],
    steps: tuple[str, ...],
    remedies: tuple[RemedyOffer, ...] = (),
) -> Finding:
    return Finding(
        id=identifier,
        severity=Severity.WARNING,
        confidence=Confidence.CERTAIN,
        subject=Subject("release", revision.release.name, revision.release.namespace),
        cause=cause,
        proof=proof,
        next_steps=steps,
        remedies=remedies,
    )
