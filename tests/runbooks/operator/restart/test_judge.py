"""What speaks against a restart of the operator, and whether a new one leads: tables."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from bot.clients.kubernetes.field_owners import FieldOwner
from bot.clients.kubernetes.objects import Pod
from bot.model.plan import Risk
from runbooks.operator.pods import hangs
from runbooks.operator.restart.checks import NAMES, checks, trouble, waits
from runbooks.operator.restart.evidence import Before, Seen
from runbooks.operator.restart.judge import plan_of, refusal
from tests.runbooks.agent.status.healthy import CRASHED, NOW, ago
from tests.runbooks.operator.restart.seeing import (
    BEFORE,
    CHANGE,
    deployment,
    healthy,
    lease,
    marked,
    operator,
    restart,
    restarted,
)

BACK_OFF = {"waiting": {"reason": "CrashLoopBackOff"}}
CRASHES: dict[str, Any] = {"ready": False, "restarts": 9, "state": BACK_OFF, "last": CRASHED}
PENDING: dict[str, Any] = {
    "conditions": [
        {"type": "PodScheduled", "status": "False", "message": "0/12 nodes are available"}
    ],
    "containerStatuses": [],
}


def refused(**changes: Any) -> str:
    why = refusal(healthy(**changes))
    return f"{why.message} {why.hint}" if why else ""


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"deployment": None}, "Deployment cilium-operator is not there"),
        ({"deployment": deployment(wanted=0)}, "is scaled to 0: a restart would start nothing"),
        ({"deployment": deployment(paused=True)}, "is paused: nothing would restart"),
        ({"deployment": deployment(generation=4)}, "was just changed"),
        ({"deployment": deployment(updatedReplicas=1)}, "is being updated already (1 of 2"),
        ({"deployment": deployment(replicas=3),
          "pods": (operator("node-1"), operator("node-2"), operator("node-3", ready=False,
                                                                    **PENDING))},
         "it is not scheduled (0/12 nodes are available)"),
        ({"owners": (FieldOwner("helm-controller", "Apply"),)}, "helm-controller declares"),
        ({"pods": (operator("node-1", **CRASHES), operator("node-2", **CRASHES))},
         "Every operator crashes by itself: a new one would crash, too."),
    ],
)  # fmt: skip
def test_what_speaks_against_it(changes: dict[str, Any], message: str) -> None:
    assert message in refused(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"lease": None},
        {"lease": lease(renewed=ago(minutes=9))},
        {"pods": (operator("node-1", **CRASHES), operator("node-2"))},
        {"pods": (operator("node-1", ready=False), operator("node-2", ready=False))},
        {"pods": ()},
        {"owners": (FieldOwner("kubectl-rollout", "Update"),)},
    ],
)
def test_what_does_not(changes: dict[str, Any]) -> None:
    assert refused(**changes) == ""


def test_the_plan_says_what_stops_meanwhile_and_who_leads() -> None:
    plan = plan_of(healthy(), CHANGE)
    assert (plan.risk, plan.target) == (Risk.GUARDED, "deployment/cilium-operator")
    assert "For about 30 s no node gets new pod addresses" in plan.meanwhile[0]
    assert plan.notes == ("2 of 2 are available. node-1-abc leads.",)
    assert plan.checks == NAMES
    hung = plan_of(healthy(lease=lease(renewed=ago(minutes=9))), CHANGE)
    assert "its Lease was last renewed 9m ago; it was held by node-1-abc" in hung.notes[0]
    assert hung.digest == plan.digest


@pytest.mark.parametrize(
    ("now", "missing"),
    [
        (restarted(), ""),
        (healthy(), "it was not restarted by this change"),
        (restarted(deployment=marked(observed=3)), "the Deployment's controller has not seen"),
        (restarted(pods=(operator("node-1"), operator("node-2", ready=False))),
         "cilium-operator--2: its container runs and the readiness probe fails"),
        (restarted(deployment=marked(replicas=3)), "only 2 of 2 available"),
        (restarted(deployment=marked(availableReplicas=1)), "only 1 of 2 available"),
    ],
)  # fmt: skip
def test_what_is_waited_for(now: Seen, missing: str) -> None:
    found = waits(now, BEFORE, restart())
    assert found.startswith(missing)
    assert bool(found) is bool(missing)
    assert checks(now, BEFORE, restart())[0].held is not bool(missing)


def test_an_old_one_that_is_still_there_is_waited_for() -> None:
    before = Before(pods=("uid-cilium-operator-node-2",))
    assert waits(restarted(), before, restart()) == "cilium-operator--2 is still there"


@pytest.mark.parametrize(
    ("now", "leads"),
    [
        (restarted(), True),
        (restarted(lease=None), False),
        (restarted(lease=lease(renewed=None)), False),
        (restarted(lease=lease(renewed=ago(minutes=3))), False),
        (restarted(lease=lease("")), False),
        (restarted(lease=lease(BEFORE.holder)), False),
        (restarted(lease=lease("node-5-abc")), False),
        (restarted(lease=lease("node-11-abc")), False),
        (restarted(pods=(operator("node-1", created=ago(seconds=2)), operator("node-2"))), False),
        (restarted(pods=(operator("node-1", ready=False), operator("node-2"))), False),
    ],
)
def test_who_leads(now: Seen, leads: bool) -> None:
    assert checks(now, BEFORE, restart())[1].held is leads


@pytest.mark.parametrize(
    ("now", "message"),
    [
        (restarted(), ""),
        (healthy(), "was changed by somebody else while it restarted"),
        (restarted(deployment=None), "was changed by somebody else"),
        (restarted(pods=(operator("node-1", **CRASHES), operator("node-2"))),
         "The new operator cilium-operator--1 crashes again and again"),
    ],
)  # fmt: skip
def test_when_it_is_given_up(now: Seen, message: str) -> None:
    ended = trouble(now, BEFORE, restart())
    assert (ended.message if ended else "").find(message) >= 0
    assert (ended is None) is not bool(message)


def test_an_old_one_that_crashes_is_no_trouble() -> None:
    now = restarted(pods=(operator("node-1", **CRASHES), operator("node-2")))
    before = msgspec.structs.replace(BEFORE, pods=("uid-cilium-operator-node-1",))
    assert trouble(now, before, restart()) is None


@pytest.mark.parametrize(
    ("pod", "helps"),
    [
        (operator("node-1"), True),
        (operator("node-1", ready=False), True),
        (operator("node-1", **CRASHES), False),
        (operator("node-1", ready=False, restarts=9, last=CRASHED), False),
        (operator("node-1", ready=False, **PENDING), False),
    ],
)
def test_what_a_restart_may_cure(pod: Pod, helps: bool) -> None:
    assert hangs(pod, NOW) is helps
