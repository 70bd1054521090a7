"""How far a rollout is, when it is given up, and what must hold in the end: tables."""

from __future__ import annotations

from typing import Any

import pytest

from runbooks.agent.rollout.checks import NAMES, checks
from runbooks.agent.rollout.evidence import After, Rolling
from runbooks.agent.rollout.progress import Limits, is_done, told, trouble
from tests.runbooks.agent.restart.seeing import agent
from tests.runbooks.agent.rollout.seeing import (
    afterwards,
    but,
    daemonset,
    healthy,
    in_place_of,
    restart,
    rolled,
    rolling,
)
from tests.runbooks.agent.status.healthy import CRASHED, a_node, ago

LIMITS = Limits(ready_within=300, away=2, away_for=180)
BACK_OFF = {"waiting": {"reason": "CrashLoopBackOff"}}
CRASHES: dict[str, Any] = {"ready": False, "restarts": 4, "state": BACK_OFF, "last": CRASHED}


def young(node: str, seconds: float, **changes: Any) -> Any:
    return agent(node, created=ago(seconds=seconds), since=seconds, ready=False, **changes)


@pytest.mark.parametrize(
    ("seen", "done"),
    [
        (rolling(), True),
        (rolling(daemonset=rolled(observed=3)), False),
        (rolling(daemonset=rolled(updated=11)), False),
        (rolling(daemonset=rolled(available=11)), False),
        (rolling(agent("node-3", revision="old")), False),
    ],
)
def test_when_it_is_through(seen: Rolling, done: bool) -> None:
    assert is_done(seen) is done


def test_it_says_how_far_it_is_and_where() -> None:
    seen = rolling(young("node-3", 9), agent("node-4", revision="old"))
    assert told(seen) == "10 of 12 agents are new and Ready; now node-3"
    assert "has not seen the change" in told(rolling(daemonset=rolled(observed=3)))


@pytest.mark.parametrize(
    "seen",
    [
        rolling(),
        rolling(young("node-3", 200), young("node-4", 200)),
        # What crashes comes from the template before: it is replaced.
        rolling(agent("node-3", revision="old", **CRASHES)),
        # Just deleted, although it was Ready for a week.
        rolling(*(agent(f"node-{n}", deleted=ago(seconds=1)) for n in (1, 2, 3))),
        rolling(agent("node-3", **CRASHES), daemonset=rolled(observed=3)),
    ],
)
def test_what_is_no_trouble(seen: Rolling) -> None:
    assert trouble(seen, restart(), LIMITS) is None


@pytest.mark.parametrize(
    ("seen", "message"),
    [
        (rolling(agent("node-3", **CRASHES)),
         "The new agent on node-3 crashes again and again; 11 of 12 agents are new and Ready"),
        (rolling(young("node-5", 301)), "The new agent on node-5 is not Ready for 5m 1s"),
        (rolling(young("node-5", 301), nodes=healthy().nodes | {
            "node-5": a_node("node-5", ready="Unknown")}), "its node is not ready"),
        (rolling(*(young(f"node-{n}", 200, revision="old") for n in (8, 7, 9))),
         "3 agents away for more than 3m, and 2 may be; on node-7"),
        (rolling(daemonset=rolled(strategy="OnDelete", updated=5)), "Somebody paused the rollout"),
        (rolling(daemonset=daemonset(generation=5, observed=5, mark="2026-11-28T04:00:00Z")),
         "was changed by somebody else while its agents were restarted"),
    ],
)  # fmt: skip
def test_when_it_is_given_up(seen: Rolling, message: str) -> None:
    ended = trouble(seen, restart(), LIMITS)
    assert ended is not None
    assert message in ended.message
    assert ended.hint


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        (afterwards(), [True, True, True, True]),
        (afterwards(daemonset=daemonset()), [False, True, True, True]),
        (afterwards(daemonset=rolled(observed=3)), [False, True, True, True]),
        (afterwards(daemonset=rolled(updated=11)), [False, True, True, True]),
        (afterwards(daemonset=rolled(numberMisscheduled=1)), [False, True, True, True]),
        (afterwards(agents=in_place_of(healthy().agents, agent("node-3", revision="old"))),
         [False, True, True, True]),
        (afterwards(agents=in_place_of(healthy().agents, agent("node-3", ready=False))),
         [True, False, True, True]),
        (afterwards(daemonset=rolled(available=11)), [True, False, True, True]),
        (afterwards(inside=but(state="Failure")), [True, True, False, True]),
        (afterwards(inside=but(state=None, unreachable=None)), [True, True, None, None]),
        (afterwards(inside=but(unreachable=("node-9",))), [True, True, True, False]),
        (afterwards(inside={}), [True, True, False, False]),
    ],
)  # fmt: skip
def test_what_holds(now: After, wanted: list[bool | None]) -> None:
    judged = checks(now, restart())
    assert [check.held for check in judged] == wanted
    assert tuple(check.name for check in judged) == NAMES
