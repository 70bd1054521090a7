"""Who owns an object: one row for each mark that a controller leaves."""

from __future__ import annotations

from typing import Any

import pytest

from bot.clients.gitops.ownership import Controller, Marked, owner_of

HELM = {"app.kubernetes.io/managed-by": "Helm", "k8s-app": "cilium"}
OWN = "apps/DaemonSet:kube-system/cilium"


def marked(
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
    managers: tuple[str, ...] = ("helm",),
) -> Marked:
    return Marked(
        "apps", "DaemonSet", "kube-system", "cilium", labels or {}, annotations or {}, managers
    )


FLUX_LABELS = {
    "helm.toolkit.fluxcd.io/name": "cilium",
    "helm.toolkit.fluxcd.io/namespace": "flux-system",
}
TABLE: list[tuple[str, Marked, str | None, bool]] = [
    ("plain Helm", marked(HELM), None, True),
    ("nothing at all", marked(managers=()), None, True),
    (
        "Flux, by its labels",
        marked(HELM | FLUX_LABELS),
        "Flux HelmRelease flux-system/cilium",
        True,
    ),
    ("Flux, by its manager", marked(HELM, managers=("helm-controller",)), "Flux HelmRelease", True),
    (
        "Flux's Kustomization of plain manifests",
        marked(
            {
                "kustomize.toolkit.fluxcd.io/name": "infra",
                "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
            }
        ),
        "Flux Kustomization flux-system/infra",
        True,
    ),
    (
        "a HelmRelease goes before the Kustomization that brought it",
        marked(FLUX_LABELS | {"kustomize.toolkit.fluxcd.io/name": "infra"}),
        "Flux HelmRelease flux-system/cilium",
        True,
    ),
    (
        "Argo CD, by annotation",
        marked(annotations={"argocd.argoproj.io/tracking-id": f"cilium:{OWN}"}),
        "Argo CD Application cilium",
        True,
    ),
    (
        "Argo CD, applications in any namespace",
        marked(annotations={"argocd.argoproj.io/tracking-id": f"net_cilium:{OWN}"}),
        "Argo CD Application net/cilium",
        True,
    ),
    (
        "a tracking id that was copied from another object",
        marked(
            HELM,
            {"argocd.argoproj.io/tracking-id": "cilium:apps/DaemonSet:kube-system/other"},
        ),
        None,
        True,
    ),
    (
        "Argo CD, by its own label",
        marked({"argocd.argoproj.io/instance": "cilium"}),
        "Argo CD Application cilium",
        True,
    ),
    (
        "Argo CD, by its manager and the shared label",
        marked({"app.kubernetes.io/instance": "net"}, managers=("argocd-controller",)),
        "Argo CD Application net",
        True,
    ),
    (
        "the shared label alone may be anybody's",
        marked({"app.kubernetes.io/instance": "cilium"}),
        "Argo CD Application cilium",
        False,
    ),
    (
        "the shared label beside Helm's is the chart's",
        marked(HELM | {"app.kubernetes.io/instance": "cilium"}),
        None,
        True,
    ),
]


@pytest.mark.parametrize(("what", "thing", "owner", "certain"), TABLE, ids=[t[0] for t in TABLE])
def test_the_owner(what: str, thing: Marked, owner: str | None, certain: bool) -> None:
    found = owner_of(thing)
    if owner is None:
        assert found is None
        return
    assert found is not None
    assert (str(found), found.certain) == (owner, certain)
    assert found.proof


def test_what_shows_it() -> None:
    found: Any = owner_of(marked(FLUX_LABELS))
    assert found.controller is Controller.FLUX
    assert found.command == "kubectl get helmrelease -n flux-system cilium"
    argo: Any = owner_of(marked(managers=("argocd-controller",)))
    assert argo.command == "kubectl get application -A"
