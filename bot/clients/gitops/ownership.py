"""Whether a GitOps controller owns an object, from what it leaves on it. Pure.

A change made behind such a controller's back is undone at its next reconciliation, or makes it
fail: it is made in its repository, or with it suspended.

Sources: Flux 2's helm-controller and kustomize-controller (labels on what they apply;
``helm.toolkit.fluxcd.io/v2``); Argo CD's "Resource Tracking" page (annotation tracking is the
default since 3.0, the label before) and its field manager ``argocd-controller``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Controller(StrEnum):
    """The controllers we know."""

    FLUX = "Flux"
    ARGO_CD = "Argo CD"


@dataclass(frozen=True, slots=True)
class Owner:
    """Who owns an object. ``name`` and ``namespace`` may be unknown (empty); ``proof`` is what
    says so. Not ``certain``: it may be somebody else's label of the same name."""

    controller: Controller
    kind: str
    namespace: str
    name: str
    proof: str
    certain: bool = True

    def __str__(self) -> str:
        name = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.controller} {self.kind} {name}".strip()

    @property
    def command(self) -> str:
        """What shows it to a person."""
        space = f" -n {self.namespace}" if self.namespace else " -A"
        return f"kubectl get {self.kind.lower()}{space} {self.name}".strip()


@dataclass(frozen=True, slots=True)
class Marked:
    """An object as far as controllers mark it. ``managers`` are the field managers that wrote more
    than its status."""

    group: str
    kind: str
    namespace: str
    name: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    managers: Collection[str] = ()


_FLUX = (
    ("helm.toolkit.fluxcd.io", "HelmRelease", "helm-controller"),
    ("kustomize.toolkit.fluxcd.io", "Kustomization", "kustomize-controller"),
)
_ARGO_MANAGERS = ("argocd-controller", "argocd-application-controller")
_ARGO_ID = "argocd.argoproj.io/tracking-id"
_ARGO_LABEL = "argocd.argoproj.io/instance"
_SHARED_LABEL = "app.kubernetes.io/instance"


def owner_of(thing: Marked) -> Owner | None:
    """Who owns ``thing``; ``None`` when nothing says so. Flux's HelmRelease goes before what
    applied the HelmRelease."""
    return _flux(thing) or _argo_cd(thing)


def _flux(thing: Marked) -> Owner | None:
    for prefix, kind, manager in _FLUX:
        name = thing.labels.get(f"{prefix}/name", "")
        namespace = thing.labels.get(f"{prefix}/namespace", "")
        if name:
            proof = f"label {prefix}/name: {name}"
            return Owner(Controller.FLUX, kind, namespace, name, proof)
        if manager in thing.managers:
            return Owner(Controller.FLUX, kind, "", "", f"field manager {manager}")
    return None


def _argo_cd(thing: Marked) -> Owner | None:
    if tracked := thing.annotations.get(_ARGO_ID, ""):
        application, _, about = tracked.partition(":")
        if about == _own_id(thing):
            namespace, name = _application(application)
            proof = f"annotation {_ARGO_ID}: {tracked}"
            return Owner(Controller.ARGO_CD, "Application", namespace, name, proof)
        # Copied from another object, as Argo CD itself reads it: it does not count.
    if name := thing.labels.get(_ARGO_LABEL, ""):
        proof = f"label {_ARGO_LABEL}: {name}"
        return Owner(Controller.ARGO_CD, "Application", "", name, proof)
    manager = next((one for one in _ARGO_MANAGERS if one in thing.managers), "")
    shared = thing.labels.get(_SHARED_LABEL, "")
    if manager:
        proof = f"field manager {manager}"
        return Owner(Controller.ARGO_CD, "Application", "", shared, proof)
    if shared and thing.labels.get("app.kubernetes.io/managed-by") != "Helm":
        proof = f"label {_SHARED_LABEL}: {shared}"
        return Owner(Controller.ARGO_CD, "Application", "", shared, proof, certain=False)
    return None


def _own_id(thing: Marked) -> str:
    return f"{thing.group}/{thing.kind}:{thing.namespace}/{thing.name}"


def _application(tracked: str) -> tuple[str, str]:
    """Namespace and name: ``NAMESPACE_NAME`` where applications live in any namespace."""
    namespace, underscore, name = tracked.partition("_")
    return (namespace, name) if underscore else ("", tracked)
