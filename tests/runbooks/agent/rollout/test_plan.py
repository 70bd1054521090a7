"""The plan of a rolling restart."""

from __future__ import annotations

import msgspec
import pytest

from bot.model.plan import Risk, what_changed
from runbooks.agent.rollout.gather import sample
from runbooks.agent.rollout.planning import limit, most_nodes, patience, plan_of
from tests.runbooks.agent.restart.seeing import agent
from tests.runbooks.agent.rollout.seeing import CHANGE, config, daemonset, healthy
from tests.runbooks.agent.status.healthy import NODES, ago


def test_it_touches_all_nodes_a_few_at_a_time() -> None:
    plan = plan_of(healthy(), CHANGE)
    assert plan.blast_radius.nodes == tuple(NODES)
    assert (plan.bounds.most_nodes, plan.bounds.max_unavailable) == (20, 2)
    assert (plan.risk, plan.target) == (Risk.GUARDED, "daemonset/cilium")
    assert plan.agent_restarts == 0
    assert not plan.broken
    assert "updateStrategy.type=OnDelete. Never a patch" in plan.undo
    assert plan.pinned["template"] == "new"
    assert plan.pinned["generation"] == "3"


def test_a_node_that_joins_voids_nothing_and_another_template_does() -> None:
    before = plan_of(healthy(), CHANGE)
    joined = healthy(agents=(*healthy().agents, agent("node-13")))
    assert plan_of(joined, CHANGE).digest == before.digest
    changed = plan_of(healthy(daemonset=daemonset(generation=4, observed=4)), CHANGE)
    assert any(line.startswith("pinned:") for line in what_changed(before, changed))


def test_it_says_what_asks_for_it() -> None:
    assert "the reason is the requester's" in plan_of(healthy(), CHANGE).notes[0]
    notes = plan_of(healthy(config=config(ago(days=2))), CHANGE).notes
    assert notes[0].startswith("12 agents older than cilium-config")


def test_a_gitops_owner_is_named() -> None:
    there = daemonset()
    labels = {f"helm.toolkit.fluxcd.io/{key}": "cilium" for key in ("name", "namespace")}
    metadata = msgspec.structs.replace(there.metadata, labels=labels)
    owned = healthy(daemonset=msgspec.structs.replace(there, metadata=metadata))
    notes = plan_of(owned, CHANGE).notes
    assert notes[0].startswith("Flux HelmRelease cilium/cilium owns the DaemonSet. It does not")


def test_the_estimate_is_of_rounds_of_what_agents_took_here() -> None:
    took = tuple(agent(name, since=7 * 86_400 - 40) for name in NODES)
    plan = plan_of(healthy(agents=took), CHANGE)
    assert plan.seconds == 6 * 40 + 60
    assert any("6 rounds of 2, an agent here takes 40s" in note for note in plan.notes)


@pytest.mark.parametrize(("nodes", "most"), [(0, 10), (6, 10), (10, 10), (11, 20), (500, 500)])
def test_the_bound_is_rounded_up(nodes: int, most: int) -> None:
    assert most_nodes(nodes) == most


def test_time_is_given_by_rounds() -> None:
    assert limit(10, 3) == 600 + 4 * 180


@pytest.mark.parametrize(("took", "given"), [(40, 300.0), (200, 400.0)])
def test_patience_is_twice_what_agents_take(took: float, given: float) -> None:
    assert patience(tuple(agent(name, since=7 * 86_400 - took) for name in NODES)) == given
    assert patience(()) == 300.0


def test_a_sample_is_spread_and_the_same_each_time() -> None:
    agents = healthy().agents
    assert [pod.spec.node_name for pod in sample(agents, 4)] == [
        "node-1",
        "node-4",
        "node-7",
        "node-10",
    ]
    assert len(sample(agents, 50)) == 12
