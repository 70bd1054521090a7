"""The plan of a restart, and whether its checks hold: tables."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from bot.clients.kubernetes.objects import Pod
from runbooks.agent.restart.checks import checks, names_of
from runbooks.agent.restart.evidence import After, Inside, Peering
from runbooks.agent.restart.planning import plan_of
from tests.runbooks.agent.restart.seeing import (
    FINE,
    NODE,
    afterwards,
    agent,
    healthy,
    with_agents,
)
from tests.runbooks.agent.status.healthy import a_pod, ago, as_object

OLD = "uid-of-the-old-one"
SILENT = Inside(trouble="the agent does not run")


def but(**changes: Any) -> Inside:
    return msgspec.structs.replace(FINE, **changes)


def held(now: After, before: Inside = FINE, old: str = OLD) -> list[bool | None]:
    return [check.held for check in checks(NODE, now, before, old=old)]


def test_checks_have_the_names_of_the_plan() -> None:
    judged = checks(NODE, afterwards(), FINE, old=OLD)
    assert tuple(check.name for check in judged) == names_of(NODE) == plan_of(healthy()).checks


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        (afterwards(), [True, True, True, True, True]),
        (afterwards(pods=()), [False, False, True, True, True]),
        (afterwards(pods=(agent(NODE), agent(NODE))), [False, False, True, True, True]),
        (afterwards(pods=(agent(NODE, ready=False),)), [True, False, True, True, True]),
        (afterwards(pods=(agent(NODE, revision="old"),)), [True, False, True, True, True]),
        (afterwards(newest=""), [True, True, True, True, True]),
        (afterwards(inside=SILENT), [True, True, None, None, None]),
        (afterwards(inside=but(state="Failure")), [True, True, False, True, True]),
        (afterwards(inside=but(unreachable=("node-9",))), [True, True, True, False, True]),
        (afterwards(peering=Peering(asked=("node-1",), missing=("node-1",))),
         [True, True, True, False, True]),
        (afterwards(inside=but(unreachable=("node-9",)), peering=Peering(lost=("node-9",))),
         [True, True, True, True, True]),
        (afterwards(peering=Peering()), [True, True, True, True, True]),
        (afterwards(inside=but(endpoints_ready=9)), [True, True, True, True, False]),
        (afterwards(inside=but(endpoints=0, endpoints_ready=0)), [True, True, True, True, True]),
    ],
)  # fmt: skip
def test_what_holds(now: After, wanted: list[bool | None]) -> None:
    assert held(now) == wanted


def test_the_old_agent_is_no_new_one() -> None:
    now = afterwards()
    assert held(now, old=now.pods[0].metadata.uid)[0] is False


@pytest.mark.parametrize(
    ("before", "ready", "enough"),
    [
        (FINE, 200, True),
        (FINE, 198, True),
        (FINE, 197, False),
        (but(endpoints_ready=5), 100, True),
        (but(endpoints_ready=5), 99, False),
        (SILENT, 198, True),
        (SILENT, 197, False),
    ],
)
def test_endpoints_are_ready_as_before(before: Inside, ready: int, enough: bool) -> None:
    now = afterwards(inside=but(endpoints=200, endpoints_ready=ready))
    assert held(now, before)[-1] is enough


def test_what_is_touched_are_pods_behind_the_agent() -> None:
    seen = healthy()
    served, host, done = (a_pod(name, NODE) for name in ("cart", "proxy", "job"))
    seen.on_node = (
        served,
        as_object(Pod, **_with(host, "spec", hostNetwork=True)),
        as_object(Pod, **_with(done, "status", phase="Succeeded")),
    )
    touched = plan_of(seen).blast_radius
    assert (touched.nodes, touched.pods, touched.namespaces) == ((NODE,), 1, ("kube-system",))


def _with(pod: Pod, part: str, **fields: Any) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.to_builtins(pod)
    document[part] |= fields
    return document


def test_a_restart_that_is_an_update_says_so_and_pins_it() -> None:
    seen = healthy()
    image = "quay.io/cilium/cilium:v1.17.4"
    with_agents(seen, agent(NODE, revision="old", image=image))
    plan = plan_of(seen)
    assert plan.calls[0].changes == (
        "- template old",
        "+ template new",
        f"- image {image}",
        "+ image quay.io/cilium/cilium:v1.18.6",
    )
    assert any("1.17.4 becomes 1.18.6" in note for note in plan.notes)
    assert plan.digest != plan_of(healthy()).digest


def test_what_changes_by_itself_is_not_in_the_digest() -> None:
    seen = healthy()
    seen.inside = SILENT
    with_agents(seen, agent(NODE, restarts=3))
    assert plan_of(seen).digest == plan_of(healthy()).digest


def test_the_estimate_is_this_clusters_own() -> None:
    seen = healthy()
    young = [agent(name, created=ago(seconds=120), since=76) for name in ("node-1", "node-2")]
    seen.agents = (*young, agent(NODE, created=ago(days=7), since=0))
    plan = plan_of(seen)
    assert plan.seconds == 104
    assert any("the 2 agents here took 44s (median)" in note for note in plan.notes)
    seen.agents = (agent(NODE, ready=False),)
    assert plan_of(seen).seconds == 120
