"""With exactly the rights of the chart's roles a rollback is planned and carried out.

Without one of them the plan is refused, naming it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.clients.cluster import Cluster
from bot.clients.helm.helm import Helm
from bot.clients.kubernetes.permissions import (
    CHANGES,
    HELM,
    HELM_CHANGES,
    PERMISSIONS,
    Permission,
)
from bot.model.errors import Denied
from bot.model.names import RevisionNumber
from bot.playground.cluster import SimulatedCluster
from bot.playground.helm.program import write_program
from runbooks.release.rollback.remedy import Rollback
from tests.clients.kubernetes.certificates import Certificates
from tests.clients.kubernetes.serving import using
from tests.clients.kubernetes.test_permissions import rule
from tests.runbooks.changing import plan_of
from tests.runbooks.release.rollback.conftest import CILIUM, history

ALL = (*PERMISSIONS, *HELM, *CHANGES, *HELM_CHANGES)
TRIED = ("configmaps", "deployments")
"""Of the playground's chart; the DaemonSet may be patched by `rollout-restart`, too."""


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """For TLS: helm sends no token without."""
    return Certificates.made_in(tmp_path_factory.mktemp("certificates"))


@asynccontextmanager
async def granted(
    rows: Iterable[Permission], folder: Path, certificates: Certificates
) -> AsyncIterator[tuple[SimulatedCluster, Cluster]]:
    tls, authority = certificates.server(), Path(certificates["ca.pem"])
    async with SimulatedCluster(3, time_scale=100, ssl_context=tls) as simulated:
        user = simulated.add_user("bot", [rule(row) for row in rows])
        path = simulated.write_kubeconfig(folder / "bot", ca_file=authority, token=user.token)
        async with using(path) as cluster:
            yield simulated, replace(cluster, helm=Helm(cluster.api, str(write_program(folder))))


async def test_with_the_rights_of_the_chart_it_is_planned_and_done(
    tmp_path: Path, certificates: Certificates
) -> None:
    async with granted(ALL, tmp_path, certificates) as (simulated, cluster):
        plan = await plan_of(Rollback(RevisionNumber(1)), cluster)
        assert {call.object.kind for call in plan.calls} == {
            *("Release", "ConfigMap", "DaemonSet", "Deployment")
        }
        assert not [one for one in simulated.ledger if one.effective]
        await cluster.helm.rollback(CILIUM, 1)
        assert (await history(cluster))[-1] == (4, "deployed", "1.18.5")


@pytest.mark.parametrize("resource", TRIED)
async def test_without_one_of_them_the_plan_is_refused_naming_it(
    resource: str, tmp_path: Path, certificates: Certificates
) -> None:
    rest = [row for row in ALL if row not in HELM_CHANGES or row.resource != resource]
    async with granted(rest, tmp_path, certificates) as (_, cluster):
        with pytest.raises(Denied) as denied:
            await plan_of(Rollback(RevisionNumber(1)), cluster)
    assert resource in denied.value.hint
    assert "helm-changer role, rendered by helm.changes: true" in denied.value.hint


async def test_a_bot_that_only_reads_the_release_gets_no_plan(
    tmp_path: Path, certificates: Certificates
) -> None:
    async with granted((*PERMISSIONS, *HELM, *CHANGES), tmp_path, certificates) as (_, cluster):
        with pytest.raises(Denied, match="Forbidden"):
            await plan_of(Rollback(None), cluster)
