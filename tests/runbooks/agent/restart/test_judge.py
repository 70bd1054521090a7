"""What speaks against a restart: one thing spoiled at a time in a healthy cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runbooks.agent.restart.evidence import Seen
from runbooks.agent.restart.judge import is_broken, refusal
from tests.runbooks.agent.restart.seeing import NODE, agent, daemonset, healthy, with_agents
from tests.runbooks.agent.status.healthy import CRASHED, a_lease, a_node, ago

Spoil = Callable[[Seen], Any]
BACK_OFF = {"waiting": {"reason": "CrashLoopBackOff"}}
CRASHES: dict[str, Any] = {"ready": False, "restarts": 9, "state": BACK_OFF, "last": CRASHED}


def refused(*spoils: Spoil) -> str:
    seen = healthy()
    for spoil in spoils:
        spoil(seen)
    why = refusal(seen)
    return why.message if why else ""


def agents(*nodes: str, **changes: Any) -> Spoil:
    return lambda seen: with_agents(seen, *(agent(node, **changes) for node in nodes))


def node(name: str, ready: str) -> Spoil:
    return lambda seen: seen.nodes.update({name: a_node(name, ready=ready)})


def sets(**fields: Any) -> Spoil:
    def spoil(seen: Seen) -> None:
        for name, value in fields.items():
            setattr(seen, name, value)

    return spoil


def test_nothing_speaks_against_it_in_a_healthy_cluster() -> None:
    assert refused() == ""


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda seen: seen.nodes.pop(NODE), "There is no node node-7 in prod."),
        (node(NODE, "Unknown"), "Kubernetes holds node-7 for not ready"),
        (lambda seen: setattr(seen, "agents", seen.others), "There is no agent on node-7"),
        (agents(NODE, deleted=ago(seconds=3)), "is being replaced already"),
        (lambda seen: setattr(seen, "agents", (*seen.agents, agent(NODE))), "There are 2 agents"),
        (agents(NODE, owners=[]), "is not the DaemonSet's"),
        (agents(NODE, owners=[{"kind": "Job", "name": "cilium", "controller": True}]),
         "is not the DaemonSet's"),
        (sets(daemonset=None), "DaemonSet cilium is not there"),
        (sets(daemonset=daemonset(generation=4)), "was just changed"),
        (sets(lease=None), "No operator leads (Lease cilium-operator-resource-lock)"),
        (sets(lease=a_lease(None)), "No operator leads"),
        (sets(lease=a_lease(ago(minutes=5))), "its Lease was last renewed 5m ago"),
        (agents("node-10", "node-2", ready=False),
         "2 other agents not available (node-2, node-10); on node-2: its container runs and the "
         "readiness probe fails."),
        (sets(daemonset=daemonset(unavailable=1)), "counts 1 unavailable agent although"),
        (sets(daemonset=daemonset(updated=9)), "The agents are being updated (9 of 12)"),
    ],
)  # fmt: skip
def test_what_speaks_against_it(spoil: Spoil, message: str) -> None:
    assert message in refused(spoil)


@pytest.mark.parametrize(
    "spoils",
    [
        (agents(NODE, **CRASHES), agents("node-2", ready=False)),
        (agents(NODE, **CRASHES), agents("node-2", **CRASHES)),
        (agents(NODE, ready=False, since=91), sets(daemonset=daemonset(unavailable=2))),
        # A dead machine explains its own agent.
        (agents(NODE, **CRASHES), agents("node-2", "node-3", ready=False, since=600),
         node("node-2", "Unknown"), node("node-3", "Unknown")),
        # Not Ready, but not for long: the DaemonSet counts the target itself.
        (agents(NODE, ready=False, since=30), sets(daemonset=daemonset(unavailable=1))),
        (sets(daemonset=daemonset(updated=9, strategy="OnDelete")),),
        (agents(NODE, **CRASHES), sets(daemonset=daemonset(updated=9))),
    ],
)  # fmt: skip
def test_what_does_not(spoils: tuple[Spoil, ...]) -> None:
    assert refused(*spoils) == ""


def test_broken_alike_on_three_nodes_is_nothing_a_restart_cures() -> None:
    message = refused(agents(NODE, "node-2", "node-11", **CRASHES))
    assert "3 agents are broken at once (node-2, node-7, node-11)" in message


def test_a_just_unready_target_does_not_excuse_others() -> None:
    spoils = agents(NODE, ready=False, since=30), agents("node-2", ready=False)
    assert "1 other agent not available (node-2)" in refused(*spoils)


@pytest.mark.parametrize(
    ("spoil", "broken"),
    [
        (agents(NODE), False),
        (agents(NODE, **CRASHES), True),
        (agents(NODE, ready=False, since=30), False),
        (agents(NODE, ready=False, since=90), True),
        (agents(NODE, ready=False, since=600, deleted=ago(seconds=9)), False),
        (agents(NODE, restarts=9, last=CRASHED), False),
    ],
)
def test_what_is_certainly_broken(spoil: Spoil, broken: bool) -> None:
    seen = healthy()
    spoil(seen)
    assert is_broken(seen.here[0], seen) is broken
