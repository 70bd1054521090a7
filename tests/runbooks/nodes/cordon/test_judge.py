"""Cordons as plans: what is refused, whose a cordon is, and what is approved."""

from __future__ import annotations

from typing import Any

import pytest

from bot.authoring import PlanRefused, Risk
from bot.clients.kubernetes.objects import Node
from bot.model.names import parse_duration
from runbooks.nodes.cordon.judge import cordon_plan, typed, uncordon_plan
from runbooks.nodes.cordon.mark import BY, REASON, UNTIL
from tests.runbooks.agent.status.healthy import NOW, ago, as_object

OURS = "c-abcdefghjk"


def a_node(name: str = "node-7", *, off: bool = False, ready: str = "True", **meta: Any) -> Node:
    return as_object(  # type: ignore[no-any-return]
        Node,
        metadata={"name": name, "uid": f"uid-{name}", "resourceVersion": "7", **meta},
        spec={"unschedulable": off},
        status={"conditions": [{"type": "Ready", "status": ready}]},
    )


OTHERS = (a_node("node-1"), a_node("node-2", off=True), a_node("node-7"))
MINE = {"annotations": {BY: OURS, REASON: "bad disk INC-1", UNTIL: "2026-11-23T07:00:00+00:00"}}


@pytest.mark.parametrize(
    ("node", "others", "seconds", "message"),
    [
        (a_node(), OTHERS, 30.0, "cordoned for 1m to 7d, not for 30s"),
        (a_node(), OTHERS, 8 * 86_400.0, "not for 8d"),
        (a_node(off=True), OTHERS, 60.0, "node-7 is cordoned already, by somebody else"),
        (a_node(off=True, **MINE), OTHERS, 60.0,
         f"by change {OURS} until 2026-11-23T07:00:00+00:00 (bad disk INC-1)"),
        (a_node(off=True, managedFields=[
            {"manager": "kubelet", "time": ago(seconds=1), "subresource": "status"},
            {"manager": "kubectl-cordon", "time": ago(minutes=12)},
            {"manager": "cloud", "time": ago(days=2)}]),
         OTHERS, 60.0, "kubectl-cordon wrote the node last, 12m ago"),
        (a_node(off=True, annotations={BY: "<!channel>"}), OTHERS, 60.0, "by somebody else"),
        (a_node(), (a_node(), a_node("node-2", off=True), a_node("node-3", ready="Unknown")), 60.0,
         "No other node takes new pods"),
    ],
)  # fmt: skip
def test_what_is_not_cordoned(
    node: Node, others: tuple[Node, ...], seconds: float, message: str
) -> None:
    with pytest.raises(PlanRefused) as refused:
        cordon_plan("prod", node, others, seconds, NOW)
    assert message in refused.value.message


def test_a_cordon_is_guarded_and_says_when_it_ends() -> None:
    plan = cordon_plan("prod", a_node(), OTHERS, 4 * 3600.0, NOW)
    assert (plan.risk, plan.parameters) == (Risk.GUARDED, {"node": "node-7", "for": "4h"})
    assert plan.undo == "/cilium uncordon node-7; by itself after 4h."
    assert plan.calls[0].object.uid == "uid-node-7"
    assert "+ unschedulable: true" in plan.calls[0].changes
    longer = cordon_plan("prod", a_node(), OTHERS, 5 * 3600.0, NOW)
    assert longer.digest != plan.digest


@pytest.mark.parametrize(
    ("node", "message"),
    [
        (a_node(), "node-7 is not cordoned."),
        (a_node(**MINE), "node-7 is not cordoned."),
        (a_node(off=True), "Only cordons of this bot are taken back."),
    ],
)
def test_what_is_not_uncordoned(node: Node, message: str) -> None:
    with pytest.raises(PlanRefused) as refused:
        uncordon_plan("prod", node, NOW)
    assert message in refused.value.message


def test_taking_back_our_own_cordon_is_safe_and_pinned_to_it() -> None:
    plan = uncordon_plan("prod", a_node(off=True, **MINE), NOW)
    assert (plan.risk, plan.pinned) == (Risk.SAFE, {"cordoned-by": OURS})
    assert "bad disk INC-1" in plan.notes[0]


@pytest.mark.parametrize("text", ["4h", "90m", "61s", "61.5s", "36h"])
def test_durations_are_written_as_they_can_be_typed(text: str) -> None:
    seconds = parse_duration(text)
    assert seconds is not None
    assert typed(seconds) == text
