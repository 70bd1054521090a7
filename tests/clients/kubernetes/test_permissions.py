"""The table of permissions: enough for everything the bot reads, and nothing beside it.

A user of the simulated cluster gets exactly the table's rules, as the chart binds them; the
simulator counts what was asked.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.clients.cilium.names import AGENT_SELECTOR, CONFIG_MAP, OPERATOR_LEASE
from bot.clients.cluster import Cluster
from bot.clients.kubernetes.permissions import PERMISSIONS, Permission, Role
from bot.clients.kubernetes.pod_ref import PodRef
from bot.engine.executor import Executor
from bot.engine.grammar import parse, words
from bot.model.errors import ClientError, Denied
from bot.model.report import Report, Verdict
from bot.model.run import Door, Progress, Requester, RunRecord
from bot.playground.cluster import SimulatedCluster
from runbooks import catalogue
from tests.clients.kubernetes.serving import using

SYSTEM = "kube-system"
ASKED_BY_EXEC = {("get", "", "pods/exec"), ("create", "", "pods/exec")}


def rule(permission: Permission) -> dict[str, Any]:
    """The rule as the chart's role has it, bound in the cluster or in Cilium's namespace."""
    return {
        "namespace": None if permission.role.is_cluster_wide else SYSTEM,
        "apiGroups": [permission.group],
        "resources": [permission.resource],
        "verbs": list(permission.verbs),
        "resourceNames": list(permission.names),
    }


@asynccontextmanager
async def limited_to(
    rows: Iterable[Permission], simulated: SimulatedCluster, folder: Path
) -> AsyncIterator[Cluster]:
    """Clients that may do what ``rows`` grant."""
    user = simulated.add_user("bot", [rule(row) for row in rows])
    async with using(simulated.write_kubeconfig(folder / "bot", token=user.token)) as cluster:
        yield cluster


class Silent:
    """A reporter that nobody listens to."""

    async def refused(self, error: Exception) -> None:
        raise error

    async def started(self, record: RunRecord) -> None: ...

    def progressed(self, record: RunRecord, progress: Progress) -> None: ...

    async def finished(self, record: RunRecord) -> None: ...


async def report_of(cluster: Cluster, text: str) -> Report:
    """The report of a run, as a door would start it."""
    executor = Executor(catalogue.registry(), {"it": cluster})
    command = parse(executor.registry, words(text))
    ana = Requester(door=Door.TERMINAL, id="ana")
    record = await executor.start_here(command, "it", ana, Silent())
    assert record.report is not None, record.error
    return record.report


async def everything_asked(cluster: Cluster) -> None:
    """Every method of Reads and Agents, once."""
    reads, agents = cluster.reads, cluster.agents
    await reads.nodes()
    await reads.node("node-2")
    await reads.node_names()
    pod = (await reads.pods(SYSTEM, AGENT_SELECTOR, node="node-2")).items[0]
    await reads.pod(SYSTEM, pod.name)
    await reads.daemonsets(SYSTEM)
    await reads.deployments(SYSTEM)
    await reads.controller_revisions(SYSTEM, AGENT_SELECTOR)
    await reads.config_map(SYSTEM, CONFIG_MAP)
    await reads.lease(SYSTEM, OPERATOR_LEASE)
    await reads.cilium_nodes()
    await reads.cilium_node_configs(SYSTEM)
    await reads.log(SYSTEM, pod.name, "cilium-agent", tail=5)
    await reads.pod_metrics(SYSTEM, pod.name, 9962)
    ref, image = PodRef.of(pod), pod.image("cilium-agent")
    await agents.status(ref, image, timeout=5)
    await agents.health(ref, image, timeout=5)
    await agents.endpoints(ref, image, timeout=5)
    await agents.configuration(ref, image, timeout=5)
    await agents.metrics(ref, 9962, timeout=5)


def asked(simulated: SimulatedCluster) -> set[tuple[str, str, str]]:
    """(verb, group, resource) of every request; an exec needs two verbs."""
    seen = {
        (verb, group, f"{resource}/{sub}" if sub else resource)
        for verb, group, resource, sub in simulated.requests
    }
    return seen | ASKED_BY_EXEC if seen & ASKED_BY_EXEC else seen


def listed() -> set[tuple[str, str, str]]:
    return {(verb, row.group, row.resource) for row in PERMISSIONS for verb in row.verbs}


def denials(report: Report) -> list[str]:
    return [gap.reason for gap in report.gaps if "orbidden" in gap.reason]


async def test_status_and_every_read_ask_for_what_is_listed_and_nothing_else(
    simulated: SimulatedCluster, tmp_path: Path
) -> None:
    simulated.inject("agent-crash-loop", "node-1")
    await simulated.settle()
    async with limited_to(PERMISSIONS, simulated, tmp_path) as cluster:
        for text in ("status", "status --deep", "status node-1", "status node-2"):
            report = await report_of(cluster, text)
            assert denials(report) == [], text
        await everything_asked(cluster)
    assert asked(simulated) == listed()


async def test_status_alone_needs_every_row_but_reading_one_pod(
    simulated: SimulatedCluster, tmp_path: Path
) -> None:
    async with limited_to(PERMISSIONS, simulated, tmp_path) as cluster:
        await report_of(cluster, "status")
        await report_of(cluster, "status node-2")
    # One pod is read again only when its UID was read too long ago; `config` reads the other.
    assert listed() - asked(simulated) == {
        ("get", "", "pods"),
        ("list", "cilium.io", "ciliumnodeconfigs"),
    }


@pytest.mark.parametrize("row", PERMISSIONS, ids=lambda row: row.resource.replace("/", "-"))
async def test_without_one_row_something_is_denied(
    row: Permission, simulated: SimulatedCluster, tmp_path: Path
) -> None:
    rest = [other for other in PERMISSIONS if other is not row]
    async with limited_to(rest, simulated, tmp_path) as cluster:
        with pytest.raises(Denied) as caught:
            await everything_asked(cluster)
        assert row.resource in caught.value.hint
        assert row.role in caught.value.hint


@pytest.mark.parametrize("verb", ["get", "create"])
async def test_exec_needs_both_of_its_verbs(
    verb: str, simulated: SimulatedCluster, tmp_path: Path
) -> None:
    rows = [row for row in PERMISSIONS if row.role is not Role.CILIUM_EXEC]
    half = Permission(Role.CILIUM_EXEC, "", "pods/exec", (verb,), "half of it")
    async with limited_to([*rows, half], simulated, tmp_path) as cluster:
        with pytest.raises(Denied, match="Exec into the pod is forbidden"):
            await everything_asked(cluster)


async def test_without_the_exec_role_there_is_an_answer_and_a_gap(
    simulated: SimulatedCluster, tmp_path: Path
) -> None:
    rows = [row for row in PERMISSIONS if row.role is not Role.CILIUM_EXEC]
    async with limited_to(rows, simulated, tmp_path) as cluster:
        for text in ("status", "status node-2"):
            report = await report_of(cluster, text)
            assert "Exec into the pod is forbidden." in denials(report)
            assert any("cilium-exec role" in gap.hint for gap in report.gaps)
            assert report.verdict is Verdict.OK  # metrics were heard


async def test_without_any_role_the_refusal_is_the_answer(
    simulated: SimulatedCluster, tmp_path: Path
) -> None:
    async with limited_to([], simulated, tmp_path) as cluster:
        with pytest.raises(ClientError, match="cannot list resource"):
            await cluster.reads.nodes()
        executor = Executor(catalogue.registry(), {"it": cluster})
        command = parse(executor.registry, words("status"))
        ana = Requester(door=Door.TERMINAL, id="ana")
        record = await executor.start_here(command, "it", ana, Silent())
        assert record.report is None
        assert "Forbidden" in record.error
