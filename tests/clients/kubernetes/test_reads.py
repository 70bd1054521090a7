"""Every question of Reads, asked of the simulated cluster; and lists with odd objects in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.clients.cluster import Cluster
from bot.clients.kubernetes import reads as reads_module
from bot.model.errors import Malformed, NotFound, Refused, Unreachable
from bot.playground.cluster import SimulatedCluster
from tests.clients.kubernetes.serving import against, answering, text

SYSTEM = "kube-system"
AGENTS = "k8s-app=cilium"


async def test_nodes(simulated: SimulatedCluster, cluster: Cluster) -> None:
    nodes = await cluster.reads.nodes()
    assert nodes.unreadable == ()
    assert await cluster.reads.node_names() == ["node-1", "node-2", "node-3"]
    one = await cluster.reads.node("node-1")
    assert one == next(node for node in nodes.items if node.name == "node-1")
    ready = one.condition("Ready")
    assert ready is not None
    assert ready.status == "True"
    assert one.status.node_info is not None
    stored = simulated.objects.get("nodes", "node-1")
    assert one.status.node_info.kernel_version == stored["status"]["nodeInfo"]["kernelVersion"]
    assert one.zone == stored["metadata"]["labels"].get("topology.kubernetes.io/zone", "")
    with pytest.raises(NotFound, match='nodes "node-9" not found'):
        await cluster.reads.node("node-9")


async def test_pods_by_label_and_node(cluster: Cluster) -> None:
    everywhere = await cluster.reads.pods(SYSTEM, AGENTS)
    assert sorted(pod.spec.node_name for pod in everywhere.items) == ["node-1", "node-2", "node-3"]
    assert all(pod.ready and not pod.deleting for pod in everywhere.items)
    (one,) = (await cluster.reads.pods(SYSTEM, AGENTS, node="node-2")).items
    assert one.spec.node_name == "node-2"
    assert one.image("cilium-agent").endswith(":v1.18.6") or "v1.18.6@" in one.image("cilium-agent")
    assert one.revision
    status = one.container("cilium-agent")
    assert status is not None
    assert status.state.running is not None
    assert one.container("nobody") is None
    assert await cluster.reads.pod(SYSTEM, one.name) == one
    assert (await cluster.reads.pods(SYSTEM, "k8s-app=nothing")).items == ()
    with pytest.raises(Refused):
        await cluster.reads.pods(SYSTEM, "===")


async def test_workloads_and_their_history(cluster: Cluster) -> None:
    daemonsets = {item.name: item for item in (await cluster.reads.daemonsets(SYSTEM)).items}
    assert daemonsets["cilium"].status.desired_number_scheduled == 3
    assert daemonsets["cilium"].status.number_ready == 3
    assert daemonsets["cilium"].spec.update_strategy.type == "RollingUpdate"
    deployments = {item.name: item for item in (await cluster.reads.deployments(SYSTEM)).items}
    operator = deployments["cilium-operator"]
    assert operator.status.available_replicas == operator.desired > 0
    history = await cluster.reads.controller_revisions(SYSTEM, AGENTS)
    newest = max(history.items, key=lambda revision: revision.revision)
    (agent, *_) = (await cluster.reads.pods(SYSTEM, AGENTS)).items
    assert newest.hash == agent.revision
    assert newest.metadata.creation_timestamp is not None


async def test_configuration_lease_and_cilium_nodes(cluster: Cluster) -> None:
    config = await cluster.reads.config_map(SYSTEM, "cilium-config")
    assert config.data
    assert config.metadata.changed_at is not None
    lease = await cluster.reads.lease(SYSTEM, "cilium-operator-resource-lock")
    assert lease.spec.holder_identity
    assert lease.spec.renew_time is not None
    cilium_nodes = (await cluster.reads.cilium_nodes()).items
    assert sorted(node.name for node in cilium_nodes) == ["node-1", "node-2", "node-3"]
    assert all(node.spec.ipam.pod_cidrs for node in cilium_nodes)
    with pytest.raises(NotFound):
        await cluster.reads.config_map(SYSTEM, "nothing")
    with pytest.raises(NotFound):
        await cluster.reads.lease(SYSTEM, "nothing")


async def test_logs_now_and_before(simulated: SimulatedCluster, cluster: Cluster) -> None:
    simulated.inject("agent-crash-loop", "node-1")
    await simulated.settle()
    (one,) = (await cluster.reads.pods(SYSTEM, AGENTS, node="node-1")).items
    two_lines = await cluster.reads.log(SYSTEM, one.name, "cilium-agent", tail=2)
    assert len(two_lines.splitlines()) == 2
    before = await cluster.reads.log(SYSTEM, one.name, "cilium-agent", tail=50, previous=True)
    assert "level=fatal" in before or "Error while creating daemon" in before
    (other,) = (await cluster.reads.pods(SYSTEM, AGENTS, node="node-2")).items
    with pytest.raises(Refused, match="previous terminated container"):
        await cluster.reads.log(SYSTEM, other.name, "cilium-agent", tail=1, previous=True)
    with pytest.raises(Refused, match="container nobody is not valid"):
        await cluster.reads.log(SYSTEM, other.name, "nobody", tail=1)
    simulated.inject("node-unreachable", "node-2")
    with pytest.raises(Unreachable, match="no route to host"):
        await cluster.reads.log(SYSTEM, other.name, "cilium-agent", tail=1)


@pytest.mark.parametrize(("since", "asked"), [(None, None), (3600, "3600"), (0.2, "1"), (1.6, "2")])
async def test_a_log_is_asked_for_with_bounds(
    tmp_path: Path, since: float | None, asked: str | None
) -> None:
    async with against(answering(text("a\nb\n")), tmp_path) as (cluster, served):
        read = await cluster.reads.log("ns", "p/../x", "c", tail=7, since=since)
        assert read == "a\nb\n"
        (request,) = served.requests
        assert request.query.get("sinceSeconds") == asked
        assert request.query["tailLines"] == "7"
        assert request.query["limitBytes"] == str(reads_module.LOG_BYTES)
        assert "previous" not in request.query


async def test_a_log_that_ignores_its_bounds_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads_module, "LOG_BYTES", 1000)
    async with against(answering(text("x" * 3000)), tmp_path) as (cluster, _):
        with pytest.raises(Malformed, match="larger than 2,000 bytes"):
            await cluster.reads.log("ns", "p", "c", tail=1)


async def test_a_log_of_no_encoding_is_readable(tmp_path: Path) -> None:
    async def binary(request: web.BaseRequest) -> web.Response:
        return web.Response(body=b"ok \xff\xfe end\n")

    async with against(binary, tmp_path) as (cluster, _):
        assert await cluster.reads.log("ns", "p", "c", tail=1) == "ok \ufffd\ufffd end\n"


async def test_metrics_are_read_through_the_proxy_and_tried_once(
    simulated: SimulatedCluster, cluster: Cluster, tmp_path: Path
) -> None:
    (one,) = (await cluster.reads.pods(SYSTEM, AGENTS, node="node-1")).items
    assert b"# TYPE cilium_" in await cluster.reads.pod_metrics(SYSTEM, one.name, 9962)
    with pytest.raises(Unreachable, match="connection refused"):
        await cluster.reads.pod_metrics(SYSTEM, one.name, 9999)
    async with against(answering(text("", 503)), tmp_path) as (other, served):
        with pytest.raises(Unreachable):
            await other.reads.pod_metrics("ns", "p", 9962)
        assert served.paths == ["/api/v1/namespaces/ns/pods/p:9962/proxy/metrics"]


GOOD: dict[str, Any] = {"metadata": {"name": "good", "uid": "u"}}
HARMLESS: list[dict[str, Any]] = [
    {"metadata": {"name": "x"}, "spec": {"containers": None}},
    {"metadata": {"name": "x"}, "status": {"conditions": None, "containerStatuses": None}},
    {"metadata": {"name": "x", "labels": None, "annotations": None, "managedFields": None}},
    {"metadata": {"name": "x"}, "spec": {"resourceClaims": [{"a": 1}]}, "futureField": [1, {}]},
]
ODD: list[tuple[Any, str]] = [
    ({"metadata": {"name": "x"}, "spec": {"containers": "none"}}, "x: "),
    ({"metadata": {"name": "x"}, "spec": 7}, "x: "),
    ({"metadata": {"name": "x"}, "status": {"containerStatuses": [{"restartCount": "3"}]}}, "x: "),
    ({"metadata": {"name": "x", "creationTimestamp": "yesterday"}}, "x: "),
    ({"metadata": {"name": 7}}, "an object without a name: "),
    ({"spec": {}}, "an object without a name: "),
    ([], "an object without a name: "),
    (None, "an object without a name: "),
    ("pod", "an object without a name: "),
]


@pytest.mark.parametrize("thing", HARMLESS, ids=str)
async def test_what_may_be_missing_or_new_is_read(tmp_path: Path, thing: dict[str, Any]) -> None:
    body = json.dumps({"items": [thing]})
    async with against(answering(text(body)), tmp_path) as (cluster, _):
        listed = await cluster.reads.pods(SYSTEM, AGENTS)
    (pod,) = listed.items
    assert listed.unreadable == ()
    assert (pod.name, pod.ready, pod.revision, pod.image("c"), pod.container("c")) == (
        "x", False, "", "", None,
    )  # fmt: skip


@pytest.mark.parametrize(("thing", "named"), ODD, ids=str)
async def test_an_odd_object_is_named_and_spoils_nothing(
    tmp_path: Path, thing: Any, named: str
) -> None:
    body = json.dumps({"items": [GOOD, thing, GOOD]})
    async with against(answering(text(body)), tmp_path) as (cluster, _):
        listed = await cluster.reads.pods(SYSTEM, AGENTS)
    assert [pod.name for pod in listed.items] == ["good", "good"]
    (unreadable,) = listed.unreadable
    assert unreadable.startswith(named)


async def test_an_object_of_broken_text_is_named(tmp_path: Path) -> None:
    deep = b'{"metadata": {"name": "deep"}, "x": ' + b"[" * 3000 + b"]" * 3000 + b"}"
    bent = b'{"metadata": {"name": "bent", "uid": "\xff"}}'

    async def broken(request: web.BaseRequest) -> web.Response:
        return web.Response(body=b'{"items": [%b, %b]}' % (bent, json.dumps(GOOD).encode()))

    async def nested(request: web.BaseRequest) -> web.Response:
        return web.Response(body=b'{"items": [%b]}' % deep)

    async with against(broken, tmp_path) as (cluster, _):
        listed = await cluster.reads.pods(SYSTEM, AGENTS)
        assert [pod.name for pod in listed.items] == ["good"]
        assert len(listed.unreadable) == 1
    async with against(nested, tmp_path) as (cluster, _):
        with pytest.raises(Malformed):
            await cluster.reads.pods(SYSTEM, AGENTS)


async def test_an_empty_list_may_be_null(tmp_path: Path) -> None:
    body = '{"items": null, "metadata": {}}'
    async with against(answering(text(body)), tmp_path) as (cluster, _):
        assert (await cluster.reads.nodes()).items == ()
