"""The endpoints of the playground's page."""

from __future__ import annotations

from bot.playground.cluster import SimulatedCluster

from .conftest import Client


async def test_the_page_can_break_and_mend_the_cluster(
    cluster: SimulatedCluster, api: Client
) -> None:
    asked = {"name": "agent-silent", "target": "node-3", "options": {}}
    status, fault = await api.call("POST", "/playground/faults", asked)
    assert (status, fault["target"]) == (201, "node-3")

    _, state = await api.get("/playground/state")
    assert {node["name"]: node["agent"] for node in state["nodes"]}["node-3"] == "silent"
    assert [one["id"] for one in state["faults"]] == [fault["id"]]
    entry = next(one for one in state["catalogue"] if one["name"] == "link-down")
    assert (entry["target"], entry["options"]) == ("node-pair", {})

    assert (await api.call("DELETE", f"/playground/faults/{fault['id']}"))[0] == 200
    assert (await api.call("DELETE", f"/playground/faults/{fault['id']}"))[0] == 404
    assert cluster.faults == []


async def test_a_mistake_is_explained(api: Client) -> None:
    status, body = await api.call("POST", "/playground/faults", {"name": "agent-slient"})

    assert status == 400
    assert "did you mean 'agent-silent'?" in body["message"]


async def test_the_ledger_is_shown_to_the_admin_only(
    cluster: SimulatedCluster, api: Client
) -> None:
    await api.patch("/api/v1/nodes/node-1", {"spec": {"unschedulable": True}})
    _, body = await api.get("/playground/ledger")
    (mutation,) = body["mutations"]
    assert (mutation["verb"], mutation["name"], mutation["code"]) == ("patch", "node-1", 200)

    api.token = cluster.add_user("viewer").token
    assert (await api.get("/playground/ledger"))[0] == 403
    api.token = ""
    assert (await api.get("/playground/state"))[0] == 403


async def test_it_answers_while_the_api_is_slow(cluster: SimulatedCluster, api: Client) -> None:
    cluster.inject("api-slow", seconds=60)

    assert (await api.get("/playground/state"))[0] == 200


async def test_requests_and_execs_are_counted_for_benchmarks(
    cluster: SimulatedCluster, api: Client
) -> None:
    _, before = await api.get("/playground/counters")
    await api.get("/api/v1/nodes")
    _, after = await api.get("/playground/counters")
    assert after["requests"] > before["requests"]
    assert (
        after["execs"]
        == before["execs"]
        == sum(
            count for what, count in cluster.requests.items() if what == ("get", "", "pods", "exec")
        )
    )
