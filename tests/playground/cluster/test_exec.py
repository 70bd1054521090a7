"""pods/exec: channels, exit codes, refused handshakes."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from bot.playground.cluster import SimulatedCluster

from .conftest import SYSTEM, Client


async def test_frames_are_those_of_a_real_server(api: Client) -> None:
    pod = (await api.agent("node-7"))["metadata"]["name"]

    ran = await api.exec(pod, ["cilium-dbg", "status", "--brief"])

    assert ran.frames == [b"\x01", b"\x01OK\n", b'\x03{"metadata":{},"status":"Success"}']


async def test_the_older_protocol_has_a_shorter_status(api: Client) -> None:
    pod = (await api.agent("node-7"))["metadata"]["name"]

    ran = await api.exec(pod, ["cilium-dbg", "status", "--brief"], protocols=["v4.channel.k8s.io"])

    assert ran.frames[-1] == b'\x03{"status":"Success"}'


async def test_an_exit_code_is_a_cause_of_the_status(api: Client) -> None:
    ran = await api.on_agent("node-7", "cilium-dbg", "bogus")

    assert ran.stderr == b'Error: unknown command "bogus" for "cilium-dbg"\n'
    assert ran.status == {
        "metadata": {},
        "status": "Failure",
        "message": "command terminated with non-zero exit code: command terminated with exit "
        "code 1",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": "1"}]},
    }


async def test_a_missing_program_is_the_runtimes_complaint(api: Client) -> None:
    ran = await api.on_agent("node-7", "sh", "-c", "true")

    assert (ran.status["code"], ran.status["reason"]) == (500, "InternalError")
    assert 'exec: "sh": executable file not found in $PATH' in ran.status["message"]


async def test_long_output_comes_in_frames_of_32_kib() -> None:
    async with SimulatedCluster(200, time_scale=100) as big, aiohttp.ClientSession() as session:
        ran = await Client(big, session).on_agent("node-7", "cilium-health", "status", "-o", "json")

    assert len(ran.json["nodes"]) == 200
    assert max(map(len, ran.frames)) == 32 * 1024 + 1


@pytest.mark.parametrize(
    ("pod", "container", "code", "message"),
    [
        ("nopod", "cilium-agent", 404, 'pods "nopod" not found'),
        ("", "nope", 400, "container nope is not valid for pod "),
    ],
)
async def test_handshakes_are_refused_with_a_status(
    api: Client, pod: str, container: str, code: int, message: str
) -> None:
    pod = pod or (await api.agent("node-1"))["metadata"]["name"]
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade"}
    path = f"{SYSTEM}/pods/{pod}/exec?container={container}&command=cilium-dbg"

    status, body = await api.get(path, **upgrade)

    assert (status, body["kind"], body["code"]) == (code, "Status", code)
    assert body["message"].startswith(message)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await api.exec(pod, ["cilium-dbg"], container)
    assert refusal.value.status == code


@pytest.mark.parametrize(
    ("verbs", "allowed"), [(["get"], False), (["create"], False), (["get", "create"], True)]
)
async def test_exec_needs_both_verbs(
    cluster: SimulatedCluster, api: Client, verbs: list[str], allowed: bool
) -> None:
    rule = {"namespace": "kube-system", "apiGroups": [""], "resources": ["pods/exec"]}
    pod = (await api.agent("node-1"))["metadata"]["name"]
    api.token = cluster.add_user("runner", [rule | {"verbs": verbs}]).token

    if allowed:
        assert (await api.exec(pod, ["cilium", "status", "--brief"])).stdout == b"OK\n"
        return
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await api.exec(pod, ["cilium", "status"])
    assert refusal.value.status == 403


async def test_without_an_upgrade_it_is_a_bad_request(api: Client) -> None:
    pod = (await api.agent("node-1"))["metadata"]["name"]

    status, body = await api.get(f"{SYSTEM}/pods/{pod}/exec?container=cilium-agent&command=x")

    assert (status, body["message"]) == (400, "Upgrade request required")


async def test_sessions_in_flight_are_counted(api: Client) -> None:
    pods = [await api.agent(f"node-{number}") for number in range(1, 7)]
    names = [pod["metadata"]["name"] for pod in pods]
    api.cluster.inject("agent-silent", "node-1")

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await asyncio.gather(*(api.exec(name, ["cilium", "status"]) for name in names))

    assert api.cluster.execs_in_flight_peak >= 2
    assert api.cluster.requests["get", "", "pods", "exec"] == 6


@pytest.mark.parametrize(("version", "works"), [("1.14.19", False), ("1.15.4", True)])
async def test_the_agents_client_by_version(version: str, works: bool) -> None:
    async with SimulatedCluster(1, 0, version) as old, aiohttp.ClientSession() as session:
        api = Client(old, session)
        by_old_name = await api.on_agent("node-1", "cilium", "status", "--brief")
        by_new_name = await api.on_agent("node-1", "cilium-dbg", "status", "--brief")

    assert by_old_name.stdout == b"OK\n"
    assert (by_new_name.stdout == b"OK\n") is works
