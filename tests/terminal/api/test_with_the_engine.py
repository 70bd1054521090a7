"""The API in front of the real engine on a real store: a change from a terminal to its proof."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.engine.executor import Executor
from bot.terminal.api.understanding import understanding
from tests.engine.changes.conftest import engine, server, store
from tests.engine.changes.house import ANA, BEN, EVE, POD, Engine
from tests.terminal.api.conftest import Served, served

__all__ = ["engine", "server", "store"]

PEOPLE = {"ana@corp": ANA.id, "ben@corp": BEN.id, "eve@corp": EVE.id}


@pytest.fixture
async def api(engine: Engine, tmp_path: Path) -> AsyncIterator[Served]:
    executor = Executor(engine.parts.registry, engine.parts.clusters)
    async with served(
        tmp_path,
        changes=engine.changes,
        person=engine.changes.person,
        read=understanding(executor),
        people=PEOPLE,
    ) as found:
        yield found


async def until(api: Served, change_id: str, *states: str, who: str = "ana@corp") -> Any:
    async with asyncio.timeout(10):
        while True:
            status, body = await api.call("GET", f"/changes/{change_id}", who)
            assert status == 200, body
            if body["state"] in states:
                return body
            await asyncio.sleep(0.02)


async def asked(api: Served, *words: str, who: str = "ana@corp", **more: str) -> Any:
    status, body = await api.call("POST", "/changes", who, json={"command": list(words), **more})
    assert status == 201, body
    return await until(api, body["change"], "waiting", "refused", who=who)


async def test_asked_for_approved_and_proven(api: Served, engine: Engine) -> None:
    change = await asked(api, "delete", "node-1", reason="it hangs")
    status, said = await api.call("POST", f"/approvals/{change['ask']}/approve", "ana@corp")
    assert (status, said["error"]["code"]) == (403, "not-allowed")
    status, said = await api.call("POST", f"/approvals/{change['ask']}/approve", "eve@corp")
    assert (status, said["error"]["code"]) == (403, "not-allowed")
    assert engine.cluster.api.effects == []
    (waiting,) = (await api.call("GET", "/approvals", "ben@corp"))[1]
    assert (waiting["may_decide"], waiting["change"]["ask"]) == (True, change["ask"])
    answers = await asyncio.gather(
        *(api.call("POST", f"/approvals/{change['ask']}/approve", "ben@corp") for _ in range(8))
    )
    assert {status for status, _ in answers} == {200}
    done = await until(api, change["change"], "done")
    assert [one.verb for one in engine.cluster.api.effects] == ["delete"]
    assert (done["given"], done["reason"]) == (1, "it hangs")
    records = [record.event for record in await engine.changes.audit.records(99)]
    decided = [event for event in records if event.event == "decided"]
    assert [(event.who, event.where) for event in decided] == [(BEN.id, "terminal")]
    refused = [event for event in records if event.event == "not-allowed"]
    assert {(event.who, event.where) for event in refused} == {
        (ANA.id, "terminal"),
        (EVE.id, "terminal"),
    }


async def test_a_plan_that_changed_is_not_approved_by_its_old_id(
    api: Served,
    engine: Engine,
) -> None:
    change = await asked(api, "delete", "node-2")
    engine.cluster.api.put(f"{POD}/node-2")
    await api.call("POST", f"/approvals/{change['ask']}/approve", "ben@corp")
    async with asyncio.timeout(10):
        while (now := await until(api, change["change"], "waiting", "approved"))["ask"] == (
            change["ask"]
        ):
            await asyncio.sleep(0.02)
    assert now["voided"]
    status, said = await api.call("POST", f"/approvals/{change['ask']}/approve", "ben@corp")
    assert status in (403, 404), said
    assert engine.cluster.api.effects == []


async def test_breakglass_wants_the_clusters_name(api: Served, engine: Engine) -> None:
    change = await asked(api, "smash", "node-3", reason="now", incident="INC-7")
    path = f"/approvals/{change['ask']}/approve"
    for typed in ({}, {"cluster": "other"}):
        status, said = await api.call("POST", path, "ben@corp", json=typed)
        assert (status, said["error"]["code"]) == (400, "usage")
    status, body = await api.call("POST", path, "ben@corp", json={"cluster": engine.cluster.name})
    assert (status, body["given"], body["needed"]) == (200, 1, 2)


@pytest.mark.parametrize(("words", "said"), [
    (("delet", "node-1"), "delete"),
    (("delete",), "NODE"),
    (("delete", "node-1", "--incident", "two words"), "incident"),
    (("delete", "node-1", "--cluster", "nowhere"), "nowhere"),
])  # fmt: skip
async def test_the_grammar_is_every_doors(api: Served, words: tuple[str, ...], said: str) -> None:
    status, body = await api.call("POST", "/changes", "ana@corp", json={"command": list(words)})
    assert status == 400
    assert said in str(body["error"])


async def test_a_terminal_is_in_no_channel(api: Served, engine: Engine) -> None:
    change = await asked(api, "delete", "node-4")
    kept = await engine.changes.get(change["change"])
    assert kept is not None
    assert kept.request.channel == ""
    assert kept.request.requester.name == "ana@corp"
