"""Ways back that are refused on the cluster as it is: each with the reason and what to do instead.

The histories are a table of their own: ``test_rollback_target``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.authoring import PlanRefused
from bot.clients.cluster import Cluster
from bot.clients.helm.helm import Helm
from bot.model.errors import ConfigurationError, Denied
from bot.model.names import RevisionNumber
from bot.playground.cluster import SimulatedCluster
from bot.playground.helm.charts import Chart, chart
from bot.playground.helm.records import Record, manifest_of
from runbooks.release.rollback.remedy import Rollback
from tests.clients.kubernetes.serving import using
from tests.runbooks.changing import SYSTEM, plan_of

FLUX = {
    "helm.toolkit.fluxcd.io/name": "cilium",
    "helm.toolkit.fluxcd.io/namespace": "flux-system",
}


def record(number: int, status: str, version: str = "1.18.6", **more: Any) -> dict[str, Any]:
    made, values = chart(version), more.pop("values", {})
    manifest = more.pop("manifest", None) or manifest_of(made, values, SYSTEM)
    told = {
        "first_deployed": "2026-01-01T00:00:00Z",
        "last_deployed": "2026-11-01T00:00:00Z",
        "description": "Upgrade complete",
        **more,
    }
    return Record(
        number=number, status=status, chart=made, values=values, manifest=manifest, **told
    ).secret()


@pytest.mark.parametrize(
    ("revision", "reason"),
    [
        (9, "There is no revision 9; Helm has 1 to 3."),
        (3, "Revision 3 is what is there now."),
    ],
)
async def test_a_revision_that_is_none_to_go_back_to(
    revision: int, reason: str, helmed: Cluster
) -> None:
    with pytest.raises(PlanRefused) as refused:
        await plan_of(Rollback(RevisionNumber(revision)), helmed)
    assert refused.value.message == reason


async def test_more_than_one_minor(simulated: SimulatedCluster, helmed: Cluster) -> None:
    newest = simulated.objects.get("secrets", "sh.helm.release.v1.cilium.v3", SYSTEM)
    simulated.objects.delete("secrets", newest["metadata"]["name"], SYSTEM)
    simulated.objects.put("secrets", record(3, "superseded"))
    simulated.objects.put("secrets", _twenty())
    with pytest.raises(PlanRefused, match=r"2 minors back from 1\.20\.2") as refused:
        await plan_of(Rollback(RevisionNumber(3)), helmed)
    assert "one minor at a time" in refused.value.hint


def _twenty() -> dict[str, Any]:
    """The playground's chart ends at 1.19; only the record's version matters here."""
    newest = replace(chart("1.19.1"), version="1.20.2")
    return Record(
        number=4, status="deployed", chart=newest, values={}, manifest="",
        first_deployed="2026-01-01T00:00:00Z", last_deployed="2026-11-01T00:00:00Z",
        description="Upgrade complete",
    ).secret()  # fmt: skip


@pytest.mark.parametrize("state", ["pending-upgrade", "pending-rollback", "pending-install"])
async def test_a_pending_release_is_cleared_first(
    state: str, simulated: SimulatedCluster, helmed: Cluster
) -> None:
    simulated.objects.put("secrets", record(4, state))
    with pytest.raises(PlanRefused, match=f"Revision 4 is {state}") as refused:
        await plan_of(Rollback(None), helmed)
    assert "clear-pending-release" in refused.value.hint


async def test_a_release_of_flux(simulated: SimulatedCluster, helmed: Cluster) -> None:
    daemonset = simulated.objects.get("daemonsets", "cilium", SYSTEM)
    daemonset["metadata"]["labels"] |= FLUX
    simulated.objects.put("daemonsets", daemonset)
    with pytest.raises(PlanRefused, match="Flux HelmRelease flux-system/cilium owns") as refused:
        await plan_of(Rollback(None), helmed)
    assert "flux suspend helmrelease cilium -n flux-system" in refused.value.hint


async def test_a_field_that_somebody_else_owns(
    simulated: SimulatedCluster, helmed: Cluster
) -> None:
    config = await helmed.reads.config_map(SYSTEM, "cilium-config")
    await helmed.api.patch(
        f"/api/v1/namespaces/{SYSTEM}/configmaps/cilium-config",
        {"data": {"bpf-policy-map-max": "65536"}},
        resource_version=config.metadata.resource_version,
    )
    (manager,) = [
        entry["manager"]
        for entry in simulated.objects.get("configmaps", "cilium-config", SYSTEM)["metadata"][
            "managedFields"
        ]
        if entry["operation"] == "Update" and entry.get("subresource") != "status"
    ]
    with pytest.raises(PlanRefused) as refused:
        await plan_of(Rollback(None), helmed)
    assert (
        f"{manager} owns .data.bpf-policy-map-max of ConfigMap cilium-config"
        in refused.value.message
    )
    assert "--show-managed-fields" in refused.value.hint


async def test_what_the_api_server_would_refuse(
    simulated: SimulatedCluster, helmed: Cluster
) -> None:
    made = chart("1.18.6")
    spoiled = manifest_of(made, {}, SYSTEM) + (
        "\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: odd\nresources: {}\n"
    )
    simulated.objects.put("secrets", record(2, "superseded", manifest=spoiled))
    with pytest.raises(PlanRefused) as refused:
        await plan_of(Rollback(RevisionNumber(2)), helmed)
    assert "ConfigMap odd" in refused.value.message
    assert 'unknown field "resources"' in refused.value.message
    assert "Go forward instead" in refused.value.hint


class OtherChart(Chart):
    @property
    def metadata(self) -> dict[str, Any]:
        return {**super().metadata, "name": "coredns"}


async def test_another_chart_in_the_release(simulated: SimulatedCluster, helmed: Cluster) -> None:
    ours = chart("1.18.6")
    other = OtherChart(ours.version, ours.values, ours.templates)
    newest = Record(
        number=4, status="deployed", chart=other, values={}, manifest="",
        first_deployed="2026-01-01T00:00:00Z", last_deployed="2026-11-01T00:00:00Z",
        description="Upgrade complete",
    )  # fmt: skip
    simulated.objects.put("secrets", newest.secret())
    with pytest.raises(PlanRefused, match="a release of the chart coredns, not of cilium"):
        await plan_of(Rollback(None), helmed)


async def test_no_release_at_all(simulated: SimulatedCluster, helmed: Cluster) -> None:
    for number in (1, 2, 3):
        simulated.objects.delete("secrets", f"sh.helm.release.v1.cilium.v{number}", SYSTEM)
    with pytest.raises(PlanRefused, match="Helm keeps no release of Cilium in kube-system"):
        await plan_of(Rollback(None), helmed)


async def test_a_namespace_with_a_slip(helmed: Cluster) -> None:
    with pytest.raises(PlanRefused, match="no Cilium in the namespace kube-sytem") as refused:
        await plan_of(Rollback(None), replace(helmed, namespace="kube-sytem"))
    assert "Did you mean kube-system?" in refused.value.hint
    assert "cilium_namespace" in refused.value.hint


async def test_no_helm_to_run(helmed: Cluster) -> None:
    without = replace(helmed, helm=Helm(helmed.api, "/nowhere/helm"))
    with pytest.raises(ConfigurationError, match="helm cannot be started"):
        await plan_of(Rollback(None), without)


async def test_without_the_right_to_apply_there_is_no_plan(
    simulated: SimulatedCluster, helmed: Cluster, tmp_path: Path
) -> None:
    rows = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list"]}]
    user = simulated.add_user("reader", rows)
    async with using(simulated.write_kubeconfig(tmp_path / "reader", token=user.token)) as reader:
        with pytest.raises(Denied, match="cannot patch"):
            await plan_of(Rollback(None), replace(reader, helm=helmed.helm))
