"""Why there is no way back, or not by the bot. Pure."""

from __future__ import annotations

from bot.authoring import PlanRefused
from bot.clients.gitops.ownership import Controller, Owner
from bot.clients.kubernetes.objects import DaemonSet
from bot.model.nearest import did_you_mean
from runbooks.release.rollback.evidence import Seen
from runbooks.release.rollback_target import NoTarget
from runbooks.release.trial import Foreign

SHOWN = 3


def refusal(seen: Seen) -> PlanRefused | None:
    """The first reason that speaks against it, with what to do instead."""
    if (owner := seen.owner) is not None and owner.certain:
        return _owned(owner)
    if not seen.history:
        return _nothing_there(seen)
    if isinstance(seen.target, NoTarget):
        return PlanRefused(seen.target.reason, hint=seen.target.instead)
    if foreign := seen.trial.foreign:
        return _foreign(foreign, seen.namespace)
    if refused := seen.trial.refusals:
        told = "; ".join(refused[:SHOWN])
        more = f"; and {len(refused) - SHOWN} more" if len(refused) > SHOWN else ""
        return PlanRefused(
            f"The API server would refuse what revision {seen.target.revision.number} consists of: "
            f"{told}{more}",
            hint="Helm would apply the rest all the same, so nothing is begun. Go forward instead, "
            "with an upgrade whose values the API server accepts.",
        )
    return None


def _owned(owner: Owner) -> PlanRefused:
    where = "its Git repository"
    pause = {
        Controller.FLUX: f"flux suspend {owner.kind.lower()} {owner.name or 'NAME'}"
        + (f" -n {owner.namespace}" if owner.namespace else ""),
        Controller.ARGO_CD: f"argocd app set {owner.name or 'NAME'} --sync-policy none",
    }[owner.controller]
    return PlanRefused(
        f"{owner} owns this release ({owner.proof}): what the bot rolls back it puts forward again "
        "at its next reconciliation.",
        hint=f"Revert the change in {where}. In an emergency a person suspends it first and runs "
        f"helm by hand: {pause}",
    )


def _nothing_there(seen: Seen) -> PlanRefused:
    daemonset: DaemonSet | None = seen.daemonset
    if daemonset is None:
        nearest = did_you_mean(seen.namespace, seen.namespaces)
        return PlanRefused(
            f"There is no Cilium in the namespace {seen.namespace} of {seen.cluster}: no release, "
            "no DaemonSet.",
            hint=f"{nearest} It is clusters.{seen.cluster}.cilium_namespace in bot.yaml.".strip(),
        )
    return PlanRefused(
        f"Helm keeps no release of Cilium in {seen.namespace}: there is no revision to go back to.",
        hint="Whoever installed it (Argo CD keeps no releases; other installers neither) has to "
        "put it back: `release`",
    )


def _foreign(foreign: tuple[Foreign, ...], namespace: str) -> PlanRefused:
    told = "; ".join(f"{one.manager} owns {one.field} of {one.identity}" for one in foreign[:SHOWN])
    more = f"; and {len(foreign) - SHOWN} more" if len(foreign) > SHOWN else ""
    first = foreign[0].identity
    space = first.namespace or namespace
    return PlanRefused(
        f"Fields that the chart sets belong to somebody else, and Helm would fail on them after it "
        f"applied the rest: {told}{more}.",
        hint="Patching them back does not help: take that manager's entry out of "
        "metadata.managedFields, then ask anew. See it with: kubectl "
        f"-n {space} get {first.kind.lower()} {first.name} -o yaml --show-managed-fields",
    )
