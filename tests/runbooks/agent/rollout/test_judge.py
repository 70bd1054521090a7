"""What speaks against a restart of all agents: one thing spoiled at a time."""

from __future__ import annotations

from typing import Any

import pytest

from bot.clients.kubernetes.field_owners import FieldOwner
from bot.clients.kubernetes.objects import Pod
from runbooks.agent.rollout.judge import refusal
from runbooks.agent.rollout.strategy import max_surge, max_unavailable
from tests.runbooks.agent.restart.seeing import agent
from tests.runbooks.agent.rollout.seeing import config, daemonset, healthy, in_place_of
from tests.runbooks.agent.status.healthy import CRASHED, a_lease, a_node, ago

BACK_OFF = {"waiting": {"reason": "CrashLoopBackOff"}}
CRASHES: dict[str, Any] = {"ready": False, "restarts": 9, "state": BACK_OFF, "last": CRASHED}


def agents(*nodes: str, **changes: Any) -> tuple[Pod, ...]:
    return in_place_of(healthy().agents, *(agent(node, **changes) for node in nodes))


def refused(**changes: Any) -> str:
    why = refusal(healthy(**changes))
    return f"{why.message} {why.hint}" if why else ""


def test_nothing_speaks_against_it_in_a_healthy_cluster() -> None:
    assert refused() == ""


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"daemonset": None}, "DaemonSet cilium is not there"),
        ({"daemonset": daemonset(strategy="OnDelete")}, "is OnDelete: no agent would be restarted"),
        ({"daemonset": daemonset(strategy="OnDelete", updated=4)}, "never a patch"),
        ({"daemonset": daemonset(strategy="Sometimes")}, "which this bot does not know"),
        ({"daemonset": daemonset(rolling={"maxUnavailable": 0, "maxSurge": 1})},
         "an old and a new agent would run on one node at once"),
        ({"daemonset": daemonset(rolling={"maxUnavailable": 1, "maxSurge": "10%"})}, "to surge"),
        ({"daemonset": daemonset(generation=4)}, "was just changed"),
        ({"daemonset": daemonset(updated=9)}, "A rollout is under way: 9 of 12 agents are new"),
        ({"owners": (FieldOwner("argocd-controller", "Apply"),)},
         "argocd-controller declares kubectl.kubernetes.io/restartedAt of DaemonSet cilium"),
        ({"lease": None}, "No operator leads (Lease cilium-operator-resource-lock); new agents"),
        ({"lease": a_lease(ago(minutes=5))}, "its Lease was last renewed 5m ago"),
        ({"agents": agents("node-2", **CRASHES)},
         "1 agent broken (node-2): too few for a restart of all. /cilium restart-agent node-2"),
        ({"agents": agents("node-10", "node-2", **CRASHES)}, "2 agents broken (node-2, node-10)"),
        ({"agents": agents("node-3", ready=False, since=30)},
         "1 agent not available (node-3); on node-3: its container runs and the readiness probe"),
        ({"agents": agents("node-3", deleted=ago(seconds=3))}, "its pod is being deleted"),
        ({"agents": agents("node-3", ready=False, since=600),
          "nodes": healthy().nodes | {"node-3": a_node("node-3", ready="Unknown")}},
         "on node-3: the node is not ready"),
        ({"agents": (*agents("node-1", "node-2", "node-3", **CRASHES)[:-1],
                     agent("node-3", ready=False, since=30))}, "2 agents broken"),
        ({"daemonset": daemonset(available=11)}, "counts 1 unavailable agent although"),
        ({"reason": ""}, "Nothing that is seen from here asks for a restart of all agents"),
        ({"reason": "", "config": config(ago(days=3)),
          "agents": agents(*[f"node-{n}" for n in range(1, 11)], created=ago(days=2))},
         "Only 2 agents older than cilium-config (node-11, node-12)"),
    ],
)  # fmt: skip
def test_what_speaks_against_it(changes: dict[str, Any], message: str) -> None:
    assert message in refused(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"reason": "", "config": config(ago(days=3))},
        {"config": None},
        {"owners": (FieldOwner("kubectl-rollout", "Update"),)},
        {
            "reason": "",
            "agents": agents("node-1", "node-2", "node-3", **CRASHES),
            "daemonset": daemonset(available=9),
        },
        # In a cluster of two nodes two are all of them.
        {
            "reason": "",
            "agents": tuple(agent(f"node-{n}", **CRASHES) for n in (1, 2)),
            "daemonset": daemonset(available=10),
        },
    ],
)
def test_what_does_not(changes: dict[str, Any]) -> None:
    assert refused(**changes) == ""


@pytest.mark.parametrize(
    ("value", "pods"), [(None, 1), (1, 1), (3, 3), ("5%", 1), ("25%", 3), ("26%", 4), ("x", 1)]
)
def test_a_share_is_rounded_up_as_the_controller_does(value: Any, pods: int) -> None:
    there = daemonset(rolling={"maxUnavailable": value})
    assert max_unavailable(there) == pods
    assert max_surge(there) == 0
