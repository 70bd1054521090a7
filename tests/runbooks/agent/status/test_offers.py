"""Which restart a finding offers, and where none would help."""

from __future__ import annotations

from typing import Any

import pytest

from bot.clients.kubernetes.objects import ConfigMap, Pod
from bot.model.report import RemedyOffer
from runbooks.agent.status.evidence import Seen
from runbooks.agent.status.judge import judge

from .healthy import (
    CRASHED,
    NODES,
    a_daemonset,
    a_deployment,
    a_lease,
    a_pod,
    ago,
    an_agent,
    as_object,
    healthy,
)

BACK_OFF = {"waiting": {"reason": "CrashLoopBackOff"}}
ALL = RemedyOffer("rollout-restart")
OPERATOR = (RemedyOffer("restart-operator"),)


def offered(seen: Seen, finding: str) -> tuple[RemedyOffer, ...]:
    (found,) = [one for one in judge(seen) if one.id == finding]
    return found.remedies


def configured(older: int, *, node: str | None = None, nodes: int = 12, **strategy: Any) -> Seen:
    """The configuration changed two hours ago; so many agents are older."""
    seen = healthy(node=node)
    metadata = {"name": "cilium-config", "creationTimestamp": ago(hours=2)}
    seen.config = as_object(ConfigMap, metadata=metadata)
    seen.agents = {
        name: an_agent(name, created=ago(days=7) if place < older else ago(hours=1))
        for place, name in enumerate(NODES[:nodes])
    }
    assert seen.daemonsets is not None
    seen.daemonsets["cilium"] = a_daemonset("cilium", **strategy)
    return seen


@pytest.mark.parametrize(
    ("seen", "wanted"),
    [
        (configured(12), (ALL,)),
        (configured(3), (ALL,)),
        (configured(3, node="node-1"), (ALL,)),
        (configured(2), tuple(RemedyOffer("restart-agent", {"node": n}) for n in NODES[:2])),
        (configured(1, node="node-1"), (RemedyOffer("restart-agent", {"node": "node-1"}),)),
        (configured(2, nodes=2), (ALL,)),
        # Its rollout restarts them anyway; and with OnDelete there is none.
        (configured(12, updated=4), ()),
        (configured(12, updateStrategy={"type": "OnDelete"}), ()),
        (configured(1, updated=4, updateStrategy={"type": "OnDelete"}),
         (RemedyOffer("restart-agent", {"node": "node-1"}),)),
    ],
)  # fmt: skip
def test_a_configuration_that_agents_have_not_read(
    seen: Seen, wanted: tuple[RemedyOffer, ...]
) -> None:
    assert offered(seen, "config-not-rolled-out") == wanted


CRASHING = a_pod("cilium-operator", "node-1", ready=False, restarts=9, state=BACK_OFF, last=CRASHED)
HUNG = a_pod("cilium-operator", "node-2", ready=False)
WELL = a_pod("cilium-operator", "node-3")


@pytest.mark.parametrize(
    ("pods", "wanted"),
    [((CRASHING,), ()), ((), ()), ((HUNG,), OPERATOR), ((CRASHING, HUNG), OPERATOR)],
)
def test_an_operator_that_is_down(pods: tuple[Pod, ...], wanted: tuple[RemedyOffer, ...]) -> None:
    seen = healthy()
    seen.operators = pods
    assert seen.deployments is not None
    seen.deployments["cilium-operator"] = a_deployment("cilium-operator", 2, 0)
    assert offered(seen, "operator-down") == wanted


@pytest.mark.parametrize(("pods", "wanted"), [((WELL,), OPERATOR), ((CRASHING,), ())])
def test_operators_of_which_none_leads(
    pods: tuple[Pod, ...], wanted: tuple[RemedyOffer, ...]
) -> None:
    seen = healthy()
    seen.operators, seen.lease = pods, a_lease(ago(minutes=10))
    assert offered(seen, "operator-lease-stale") == wanted
