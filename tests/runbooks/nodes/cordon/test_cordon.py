"""``cordon`` and ``uncordon`` on a simulated cluster, carried by the engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.clients.cluster import Cluster
from bot.clients.kubernetes.objects import Node
from bot.model.change import Change, ChangeState, StepState
from bot.model.errors import Unreachable
from bot.model.expiry import ExpiryState
from bot.playground.cluster import SimulatedCluster
from runbooks.nodes.cordon.mark import BY, REASON, UNTIL
from runbooks.nodes.cordon.remedies import Cordon, Uncordon
from tests.runbooks.changing import Changing, changing

NODE = "node-3"


@pytest.fixture
async def house(
    simulated: SimulatedCluster, cluster: Cluster, tmp_path: Path
) -> AsyncIterator[Changing]:
    async with changing(simulated, cluster, tmp_path, Cordon, Uncordon) as running:
        yield running


async def node(house: Changing) -> Node:
    return await house.cluster.reads.node(NODE)


def write(house: Changing, **spec: Any) -> None:
    """Somebody else writes the node."""
    there = house.simulated.objects.get("nodes", NODE)
    annotations = spec.pop("annotations", None)
    there["spec"] |= spec
    if annotations is not None:
        there["metadata"]["annotations"] = annotations
    house.simulated.objects.put("nodes", there)


async def ended_expiry(house: Changing, change: Change, within: float = 20.0) -> ExpiryState:
    async with asyncio.timeout(within):
        while True:
            told = [one for one in house.engine.teller.expiries if one.change == change.id]
            if told and told[-1].state is not ExpiryState.OPEN:
                return told[-1].state
            await asyncio.sleep(0.02)


async def cordoned(house: Changing, lasts: str = "4h") -> Change:
    change = await house.carried("cordon", **{"node": NODE, "for": lasts})
    assert change.state is ChangeState.DONE, change.outcome
    return change


async def test_a_cordon_is_marked_promised_first_and_taken_back_by_us(house: Changing) -> None:
    change = await cordoned(house)
    assert [step.name for step in change.steps] == ["promise to uncordon", f"cordon {NODE}"]
    there = await node(house)
    assert there.spec.unschedulable
    annotations = there.metadata.annotations or {}
    assert annotations[BY] == change.id
    assert annotations[UNTIL] > change.asked_at.isoformat()[:10]
    assert REASON in annotations

    back = await house.ended(await house.request("uncordon", node=NODE))
    assert back.state is ChangeState.DONE, back.outcome
    assert back.decisions == ()
    there = await node(house)
    assert not there.spec.unschedulable
    assert BY not in (there.metadata.annotations or {})
    assert house.effects("nodes") == ["patch", "patch"]


async def test_a_cordon_ends_by_itself(house: Changing) -> None:
    change = await cordoned(house, "2m")
    assert await ended_expiry(house, change) is ExpiryState.REVERTED
    there = await node(house)
    assert not there.spec.unschedulable
    assert BY not in (there.metadata.annotations or {})


async def test_what_somebody_else_took_back_and_cordoned_anew_is_theirs(house: Changing) -> None:
    change = await cordoned(house, "2m")
    write(house, unschedulable=True, annotations={"who": "the node team"})
    assert await ended_expiry(house, change) is ExpiryState.GONE
    assert (await node(house)).spec.unschedulable
    refused = await house.ended(await house.request("uncordon", node=NODE))
    assert refused.state is ChangeState.REFUSED
    assert "Only cordons of this bot are taken back." in refused.outcome


async def test_a_mark_that_somebody_left_behind_is_removed(house: Changing) -> None:
    change = await cordoned(house, "2m")
    write(house, unschedulable=False)
    assert await ended_expiry(house, change) is ExpiryState.GONE
    assert BY not in ((await node(house)).metadata.annotations or {})


async def test_a_kubelets_write_in_between_is_no_reason_to_give_up(
    house: Changing, monkeypatch: pytest.MonkeyPatch
) -> None:
    patch, left = house.cluster.api.patch, iter(range(2))

    async def disturbed(path: str, changes: Any, **more: Any) -> bytes:
        if "/nodes/" in path and not more.get("dry_run") and next(left, None) is not None:
            write(house, annotations={"seen": str(asyncio.get_running_loop().time())})
        return await patch(path, changes, **more)

    monkeypatch.setattr(house.cluster.api, "patch", disturbed)
    await cordoned(house)
    assert "seen" in ((await node(house)).metadata.annotations or {})


async def test_a_cordon_of_somebody_else_in_between_is_left_alone(
    house: Changing, monkeypatch: pytest.MonkeyPatch
) -> None:
    patch = house.cluster.api.patch

    async def overtaken(path: str, changes: Any, **more: Any) -> bytes:
        if "/nodes/" in path and not more.get("dry_run"):
            write(house, unschedulable=True, annotations={"who": "the node team"})
        return await patch(path, changes, **more)

    monkeypatch.setattr(house.cluster.api, "patch", overtaken)
    change = await house.carried("cordon", **{"node": NODE, "for": "2m"})
    assert change.state is ChangeState.FAILED
    assert f"{NODE} was cordoned meanwhile" in change.outcome
    assert await ended_expiry(house, change) is ExpiryState.GONE
    assert (await node(house)).metadata.annotations == {"who": "the node team"}


async def test_a_lost_answer_and_a_killed_carrier_cordon_once(
    house: Changing, monkeypatch: pytest.MonkeyPatch
) -> None:
    patch, patched = house.cluster.api.patch, asyncio.Event()

    async def never_returns(path: str, changes: Any, **more: Any) -> bytes:
        answer = await patch(path, changes, **more)
        if "/nodes/" in path and not more.get("dry_run"):
            if patched.is_set():
                raise Unreachable("The connection broke before the answer came.")
            patched.set()
            await asyncio.sleep(3600)
        return answer

    monkeypatch.setattr(house.cluster.api, "patch", never_returns)
    change = await house.approved("cordon", node=NODE)
    await patched.wait()
    await house.restarted()
    ended = await house.ended(change)
    assert ended.state is ChangeState.DONE, ended.outcome
    assert {step.state for step in ended.steps} == {StepState.DONE}
    back = await house.ended(await house.request("uncordon", node=NODE))
    assert back.state is ChangeState.DONE, back.outcome
    assert house.effects("nodes") == ["patch", "patch"]
