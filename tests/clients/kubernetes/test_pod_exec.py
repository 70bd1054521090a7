"""Exec in the simulated cluster's agents: streams, exit codes, and everything that prevents one."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from pathlib import Path

import msgspec
import pytest

from bot.clients.cluster import Cluster
from bot.clients.kubernetes import pod_exec as pod_exec_module
from bot.clients.kubernetes.pod_ref import PodRef
from bot.model.errors import Conflict, Denied, NotFound, Refused, TimedOut, Unreachable
from bot.playground.cluster import SimulatedCluster
from tests.clients.kubernetes.serving import using

SYSTEM = "kube-system"
AGENT = "cilium-agent"
STATUS = ("cilium-dbg", "status", "-o", "json")


def seen_long_ago(pod: PodRef) -> PodRef:
    """The same pod, read longer ago than its UID holds."""
    return dataclasses.replace(pod, seen_at=time.monotonic() - pod_exec_module.UID_HOLDS)


def replaced(simulated: SimulatedCluster, pod: PodRef) -> None:
    """Put another pod of the same name in its place."""
    thing = simulated.objects.get("pods", pod.name, SYSTEM)
    del thing["metadata"]["uid"]
    simulated.objects.delete("pods", pod.name, SYSTEM)
    simulated.objects.put("pods", thing)


async def test_output_comes_apart_by_stream_with_the_exit_code(
    cluster: Cluster, agent: PodRef
) -> None:
    executed = await cluster.pod_exec.run(agent, AGENT, STATUS)
    assert executed.exit_code == 0
    assert executed.stderr == b""
    assert msgspec.json.decode(executed.stdout)["cilium"]["state"] == "Ok"
    executed = await cluster.pod_exec.run(agent, AGENT, ("cilium-dbg", "nonsense"))
    assert executed.exit_code == 1
    assert executed.stdout == b""
    assert executed.stderr.startswith(b'Error: unknown command "nonsense"')


async def test_arguments_arrive_as_they_are(cluster: Cluster, agent: PodRef) -> None:
    odd = "a b&command=reboot;$(x) ü\n'"
    executed = await cluster.pod_exec.run(agent, AGENT, ("cilium-dbg", odd))
    assert f'unknown command "{odd}"'.encode() in executed.stderr


async def test_a_missing_program_is_127(cluster: Cluster, agent: PodRef) -> None:
    executed = await cluster.pod_exec.run(agent, AGENT, ("no-such-program",))
    assert executed.exit_code == pod_exec_module.COMMAND_NOT_FOUND == 127


async def test_a_container_that_is_not_there_is_refused(cluster: Cluster, agent: PodRef) -> None:
    with pytest.raises(Refused, match="The pod has no such container"):
        await cluster.pod_exec.run(agent, "nobody", STATUS)


async def test_a_pod_that_is_gone_is_not_found(
    simulated: SimulatedCluster, cluster: Cluster, agent: PodRef
) -> None:
    simulated.objects.delete("pods", agent.name, SYSTEM)
    with pytest.raises(NotFound, match="The pod is gone"):
        await cluster.pod_exec.run(agent, AGENT, STATUS)
    with pytest.raises(Conflict, match="The pod was replaced"):
        await cluster.pod_exec.run(seen_long_ago(agent), AGENT, STATUS)


async def test_a_uid_that_was_just_read_is_not_read_again(
    simulated: SimulatedCluster, cluster: Cluster, agent: PodRef
) -> None:
    await cluster.pod_exec.run(agent, AGENT, STATUS)
    assert simulated.requests["get", "", "pods", ""] == 0
    await cluster.pod_exec.run(seen_long_ago(agent), AGENT, STATUS)
    assert simulated.requests["get", "", "pods", ""] == 1


async def test_nothing_runs_in_a_pod_that_took_the_name(
    simulated: SimulatedCluster, cluster: Cluster, agent: PodRef
) -> None:
    replaced(simulated, agent)
    with pytest.raises(Conflict, match="The pod was replaced in the meantime"):
        await cluster.pod_exec.run(seen_long_ago(agent), AGENT, STATUS)
    assert simulated.requests["get", "", "pods", "exec"] == 0


async def test_a_forbidden_exec_says_what_to_grant(
    simulated: SimulatedCluster, cluster: Cluster, agent: PodRef
) -> None:
    simulated.inject("exec-forbidden")
    with pytest.raises(Denied, match="Exec into the pod is forbidden") as caught:
        await cluster.pod_exec.run(agent, AGENT, STATUS)
    assert "get and create on pods/exec" in caught.value.hint


@pytest.mark.parametrize("protocols", [("v5.channel.k8s.io", "v4.channel.k8s.io"),
                                       ("v4.channel.k8s.io",)])  # fmt: skip
async def test_a_kubelet_that_cannot_be_dialled_is_unreachable(
    simulated: SimulatedCluster,
    cluster: Cluster,
    agent: PodRef,
    protocols: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pod_exec_module, "PROTOCOLS", protocols)
    simulated.inject("node-unreachable", "node-1")
    with pytest.raises(Unreachable, match=r"no route to host|kubelet cannot be reached"):
        await cluster.pod_exec.run(agent, AGENT, STATUS)


async def test_a_command_that_hangs_is_given_up_in_time(
    simulated: SimulatedCluster, cluster: Cluster, agent: PodRef
) -> None:
    simulated.inject("agent-silent", "node-1")
    began = time.monotonic()
    with pytest.raises(TimedOut, match=r"cilium-dbg did not end within 0\.3 s"):
        await cluster.pod_exec.run(agent, AGENT, STATUS, timeout=0.3)
    assert 0.25 < time.monotonic() - began < 2


async def test_at_most_so_many_commands_run_at_once(tmp_path: Path) -> None:
    async with SimulatedCluster(3, exec_latency=0.03) as simulated:
        path = simulated.write_kubeconfig(tmp_path / "config")
        async with using(path, execs_in_flight=5) as cluster:
            pods = (await cluster.reads.pods(SYSTEM, "k8s-app=cilium")).items
            refs = [PodRef.of(pod) for pod in pods] * 10
            runs = (cluster.pod_exec.run(ref, AGENT, STATUS) for ref in refs)
            ended = await asyncio.gather(*runs)
        assert {executed.exit_code for executed in ended} == {0}
        assert simulated.execs_in_flight_peak == 5


async def test_cancelling_frees_the_slot(simulated: SimulatedCluster, tmp_path: Path) -> None:
    path = simulated.write_kubeconfig(tmp_path / "config")
    async with using(path, execs_in_flight=1) as cluster:
        pods = (await cluster.reads.pods(SYSTEM, "k8s-app=cilium")).items
        silent, fine = PodRef.of(pods[0]), PodRef.of(pods[1])
        simulated.inject("agent-silent", silent.node)
        task = asyncio.create_task(cluster.pod_exec.run(silent, AGENT, STATUS))
        waiting = asyncio.create_task(cluster.pod_exec.run(fine, AGENT, STATUS))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await asyncio.wait_for(waiting, 2)).exit_code == 0
