"""A plan's digest: the same for what does the same, another for what does not."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from bot.model.plan import BlastRadius, Bounds, Call, ObjectRef, Plan, Risk, what_changed

POD = ObjectRef(kind="Pod", name="cilium-x", namespace="kube-system", uid="u-1")
PLAN = Plan(
    cluster="prod",
    remedy="restart-agent",
    parameters={"node": "node-7", "other": "x"},
    title="Restart the agent on node-7",
    risk=Risk.GUARDED,
    target="node/node-7",
    calls=(Call(verb="delete", object=POD),),
    undo="none",
    checks=("it is Ready",),
    stops_when=("it is another pod",),
    pinned={"template": "abc"},
    agent_restarts=1,
)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"cluster": "stage"}, ""),
        ({"parameters": {"node": "node-8", "other": "x"}}, "parameters"),
        ({"risk": Risk.BREAKGLASS}, "risk: guarded became breakglass"),
        (
            {"calls": (Call(verb="delete", object=msgspec.structs.replace(POD, uid="u-2")),)},
            "delete Pod kube-system/cilium-x: it is another object now",
        ),
        (
            {"calls": (Call(verb="delete", object=POD, changes=("+ x",)),)},
            "delete Pod kube-system/cilium-x: it changes more",
        ),
        ({"calls": ()}, "no longer: delete Pod kube-system/cilium-x"),
        ({"calls": (*PLAN.calls, Call(verb="create", object=POD))}, "new: create Pod"),
        ({"checks": ()}, "checks"),
        ({"stops_when": ()}, "stops when"),
        ({"bounds": Bounds(most_nodes=5)}, "'most_nodes': 5"),
        ({"pinned": {"template": "def"}}, "pinned"),
        ({"agent_restarts": 2}, "agent restarts: 1 became 2"),
    ],
)
def test_what_does_something_else_has_another_digest(changes: dict[str, Any], told: str) -> None:
    other = msgspec.structs.replace(PLAN, **changes)
    assert other.digest != PLAN.digest
    assert told in "; ".join(what_changed(PLAN, other))


@pytest.mark.parametrize(
    "changes",
    [
        {"seconds": 90.0},
        {"notes": ("9 restarts",)},
        {"dry_run": "it would"},
        {"blast_radius": BlastRadius(nodes=("node-7",), pods=40)},
        {"broken": True},
        {"parameters": {"other": "x", "node": "node-7"}},
    ],
)
def test_what_changes_by_itself_does_not(changes: dict[str, Any]) -> None:
    other = msgspec.structs.replace(PLAN, **changes)
    assert other.digest == PLAN.digest
    assert what_changed(PLAN, other) == ()


def test_it_survives_the_store() -> None:
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(PLAN), type=Plan)
    assert again.digest == PLAN.digest
